package op

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// AttentionWeights are the projections of MultiHeadAttention. Biases may be nil.
type AttentionWeights struct {
	Query, Key *gorgonia.Node // (width of queries or keys, heads·d)
	Value      *gorgonia.Node // (width of values, heads·e)
	Out        *gorgonia.Node // (heads·e, width of the result)

	QueryBias, KeyBias, ValueBias, OutBias *gorgonia.Node // (columns of the matrix)
}

// MultiHeadAttention lets each position of a sequence look at those of another (Vaswani et al. 2017, arXiv:1706.03762),
// with the formulas of PyTorch's module: in each head
//
//	softmax(Q·Kᵀ/√d + mask)·V,   Q = q·W_q + b_q, …
//
// and the heads' results side by side go through Out:
//
//	q (batch, time, …)   k, v (batch, length, …)   →   (batch, time, width)
//
// Self-attention has one node for all three. The mask is added and broadcast to (batch, heads, time, length), −∞ where a
// position must not look; nil for none. A head can be pruned whole, or each head's d and e.
func MultiHeadAttention(q, k, v *gorgonia.Node, w AttentionWeights, heads int, mask *gorgonia.Node) (*gorgonia.Node, error) {
	const what = "attention"
	if err := dims(what, q, k, v, w.Query, w.Key, w.Value, w.Out); err != nil {
		return nil, err
	}
	for _, x := range []*gorgonia.Node{q, k, v} {
		if len(x.Shape()) != 3 {
			return nil, errors.Errorf("%s: an input is %v, want (batch, time, width)", what, x.Shape())
		}
	}
	for _, m := range []*gorgonia.Node{w.Query, w.Key, w.Value} {
		if s := m.Shape(); heads < 1 || len(s) != 2 || s[1]%heads != 0 {
			return nil, errors.Errorf("%s: weight %v cannot be shared out to %d heads", what, s, heads)
		}
	}
	var b builder
	split := func(x, weight, bias *gorgonia.Node) *gorgonia.Node { // (batch, heads, time, d)
		y := b.do(Linear(x, weight, bias, Identity, 0))
		if b.err != nil {
			return nil
		}
		return b.do(Transpose(b.do(Reshape(y, 0, 0, heads, -1)), 0, 2, 1, 3))
	}
	query, key, value := split(q, w.Query, w.QueryBias), split(k, w.Key, w.KeyBias), split(v, w.Value, w.ValueBias)
	if b.err != nil {
		return nil, errors.Wrap(b.err, what)
	}
	d := w.Query.Shape()[1] / heads
	query = b.do(Mul(query, number(query.Dtype(), 1/math.Sqrt(float64(d))))) // fewer than the scores, mostly
	scores := b.do(BatchMatMul(query, key, false, true))
	if mask != nil {
		scores = b.do(Add(scores, mask))
	}
	if b.err != nil {
		return nil, errors.Wrap(b.err, what)
	}
	y := b.do(BatchMatMul(b.do(SoftmaxAxis(scores, -1)), value, false, false))
	if b.err != nil {
		return nil, errors.Wrap(b.err, what)
	}
	y = b.do(Reshape(b.do(Transpose(y, 0, 2, 1, 3)), 0, 0, -1))
	y = b.do(Linear(y, w.Out, w.OutBias, Identity, 0))
	return y, errors.Wrap(b.err, what)
}

// number is a constant.
func number(dt tensor.Dtype, v float64) *gorgonia.Node {
	if dt == tensor.Float32 {
		return gorgonia.NewConstant(float32(v))
	}
	return gorgonia.NewConstant(v)
}

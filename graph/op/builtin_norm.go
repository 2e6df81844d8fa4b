package op

import (
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ownBatchNorm is gorgonia.BatchNorm without the scale and shift that Gorgonia puts behind it as operations of their own.
// Its running statistics live in the operation: a network of another batch size shares them, and one that is cut has a
// copy of what is left.
type ownBatchNorm struct {
	op       *gorgonia.BatchNormOp
	momentum float64
	eps      float64
	training bool
}

var _ interface {
	Binder
	Coupler
	Cutter
	Exporter
	Stateful
} = ownBatchNorm{}

func parseBatchNorm(o gorgonia.Op, f private.Fields) any {
	b, ok := o.(*gorgonia.BatchNormOp)
	if !ok {
		return nil
	}
	return ownBatchNorm{b, f.Float("momentum"), f.Float("epsilon"), f.Bool("training")}
}

// ForeignBatchNorm is what gorgonia.BatchNorm holds: y = (x − mean)/√(variance + eps), with the batch's statistics, which
// move Mean and Variance by Momentum as BatchNorm's do, or with these.
type ForeignBatchNorm struct {
	Eps, Momentum  float64
	Training       bool
	Mean, Variance *tensor.Dense // the operation's own memory, (channels)
}

// GorgoniaBatchNorm takes gorgonia.BatchNorm apart; ok is false for any other op.
func GorgoniaBatchNorm(o gorgonia.Op) (b ForeignBatchNorm, ok bool) {
	n, ok := builtin(o).(ownBatchNorm)
	if !ok {
		return b, false
	}
	mean, variance := n.op.Stats()
	b = ForeignBatchNorm{Eps: n.eps, Momentum: n.momentum, Training: n.training}
	var isMean, isVariance bool
	b.Mean, isMean = mean.(*tensor.Dense)
	b.Variance, isVariance = variance.(*tensor.Dense)
	return b, isMean && isVariance
}

// Stateful implements Stateful: training changes the running statistics.
func (ownBatchNorm) Stateful() {}

// Couple implements Coupler.
func (ownBatchNorm) Couple(t Ties) {
	t.Tie(In(0, 0), Out(0))
	t.Tie(In(0, 1), Out(1))
	for a := 2; a < len(t.Dims(0)); a++ {
		t.Freeze(In(0, a), "batch norm takes means over it")
		t.Freeze(Out(a), "batch norm takes means over it")
	}
}

// Cut implements Cutter.
func (n ownBatchNorm) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	stay := k.Keep(In(0, 1))
	if len(stay) == k.Dims(0)[1] {
		return gorgonia.ApplyOp(n.op, in[0])
	}
	// Only gorgonia.BatchNorm can make the operation; it wants scale and shift, which stay behind.
	x := gorgonia.NewTensor(gorgonia.NewGraph(), in[0].Dtype(), in[0].Dims(), gorgonia.WithShape(in[0].Shape()...),
		gorgonia.WithName("x"))
	_, _, _, made, err := gorgonia.BatchNorm(x, x, x, n.momentum, n.eps)
	if err != nil {
		return nil, errors.Wrap(err, "batch norm")
	}
	if !n.training {
		if err := made.SetTraining(false); err != nil {
			return nil, errors.Wrap(err, "batch norm")
		}
	}
	mean, variance := n.op.Stats()
	if mean, err = chosen(mean, stay); err == nil {
		variance, err = chosen(variance, stay)
	}
	if err == nil {
		err = made.SetStats(mean, variance)
	}
	if err != nil {
		return nil, errors.Wrap(err, "batch norm: running statistics")
	}
	return gorgonia.ApplyOp(made, in[0])
}

// chosen is some numbers of a vector.
func chosen(v tensor.Tensor, indices []int) (tensor.Tensor, error) {
	switch x := v.Data().(type) {
	case []float32:
		return tensor.New(tensor.WithBacking(pickFrom(x, indices)), tensor.WithShape(len(indices))), nil
	case []float64:
		return tensor.New(tensor.WithBacking(pickFrom(x, indices)), tensor.WithShape(len(indices))), nil
	}
	return nil, errors.Errorf("statistics of %v", v.Dtype())
}

func pickFrom[T any](x []T, indices []int) []T {
	r := make([]T, len(indices))
	for k, i := range indices {
		r[k] = x[i]
	}
	return r
}

// Export implements Exporter: a file is for inference, with the running statistics.
func (n ownBatchNorm) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	mean, variance := n.op.Stats()
	c := shapes[0][1]
	ones, zeros := make([]float64, c), make([]float64, c)
	for i := range ones {
		ones[i] = 1
	}
	vector := func(x []float64) *tensor.Dense { return tensor.New(tensor.WithBacking(x), tensor.WithShape(c)) }
	em.Node("BatchNormalization", []string{in[0], em.Const("scale", vector(ones)), em.Const("shift", vector(zeros)),
		em.Const("running_mean", mean), em.Const("running_variance", variance)}, out, Attr{"epsilon", float32(n.eps)})
	return nil
}

// Bind implements Binder: it runs through its own Do.
func (ownBatchNorm) Bind(gorgonia.Value, []gorgonia.Value) (Kernel, error) { return nil, ErrNoKernel }

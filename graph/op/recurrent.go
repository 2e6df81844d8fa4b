package op

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// RecurrentWeights are those of an LSTM or GRU, with k = 4 gates for an LSTM and 3 for a GRU side by side in their
// columns, in PyTorch's order (its matrices are the transposed ones).
type RecurrentWeights struct {
	Input  *gorgonia.Node // (in, k·hidden)
	Hidden *gorgonia.Node // (hidden, k·hidden)

	InputBias, HiddenBias *gorgonia.Node // (k·hidden), or nil
}

func (w RecurrentWeights) hidden(what string, gates int) (int, error) {
	if err := dims(what, w.Input, w.Hidden); err != nil {
		return 0, err
	}
	in, hidden := w.Input.Shape(), w.Hidden.Shape()
	if len(in) != 2 || len(hidden) != 2 || in[1] != hidden[1] || hidden[1] != gates*hidden[0] {
		return 0, errors.Errorf("%s: weights %v and %v do not fit: want (in, %d·hidden) and (hidden, %d·hidden)", what, in, hidden,
			gates, gates)
	}
	return hidden[0], nil
}

// project is x·W + b of the inputs.
func (w RecurrentWeights) project(x *gorgonia.Node) (*gorgonia.Node, error) {
	return Linear(x, w.Input, w.InputBias, Identity, 0)
}

// recur is h·W + b, and only b without a state.
func (w RecurrentWeights) recur(h *gorgonia.Node) (*gorgonia.Node, error) {
	if h == nil {
		return w.HiddenBias, nil
	}
	return Linear(h, w.Hidden, w.HiddenBias, Identity, 0)
}

// plus is a + b where either may be missing.
func plus(a, b *gorgonia.Node) (*gorgonia.Node, error) {
	switch {
	case a == nil:
		return b, nil
	case b == nil:
		return a, nil
	}
	return Add(a, b)
}

// LSTMCell is one step of a long short-term memory (Hochreiter & Schmidhuber 1997, Neural Computation 9(8), with the
// forget gate of Gers et al. 2000), as PyTorch's:
//
//	i, f, o = σ(gate)   g = tanh(gate)   each gate = x·W + b + h·U + d
//	c' = f·c + i·g   h' = o·tanh(c')
//
//	x (batch, in)   h, c (batch, hidden)   →   h', c' (batch, hidden)
//
// The gates' order is i, f, g, o. A state that is nil is zero.
func LSTMCell(x, h, c *gorgonia.Node, w RecurrentWeights) (hNext, cNext *gorgonia.Node, err error) {
	size, err := w.hidden("LSTM", 4)
	if err != nil {
		return nil, nil, err
	}
	z, err := w.project(x)
	if err != nil {
		return nil, nil, err
	}
	return lstmStep(z, h, c, w, size)
}

// lstmStep is a step whose input has been projected.
func lstmStep(z, h, c *gorgonia.Node, w RecurrentWeights, size int) (hNext, cNext *gorgonia.Node, err error) {
	var b builder
	z = b.do(plus(z, b.do(w.recur(h))))
	gate := b.split(z, size, 4)
	cNext = b.do(Mul(b.act(gate[0], Sigmoid), b.act(gate[2], Tanh)))
	if c != nil {
		cNext = b.do(Add(b.do(Mul(b.act(gate[1], Sigmoid), c)), cNext))
	}
	hNext = b.do(Mul(b.act(gate[3], Sigmoid), b.act(cNext, Tanh)))
	return hNext, cNext, errors.Wrap(b.err, "LSTM")
}

// LSTM runs LSTMCell over a sequence, unrolled:
//
//	x (batch, time, in)   h, c (batch, hidden) or nil   →   every h (batch, time, hidden), the last h and c
func LSTM(x, h, c *gorgonia.Node, w RecurrentWeights) (hs, hLast, cLast *gorgonia.Node, err error) {
	size, err := w.hidden("LSTM", 4)
	if err != nil {
		return nil, nil, nil, err
	}
	hs, err = unroll("LSTM", x, w, func(z *gorgonia.Node) (*gorgonia.Node, error) {
		var err error
		h, c, err = lstmStep(z, h, c, w, size)
		return h, err
	})
	return hs, h, c, err
}

// GRUCell is one step of a gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), as PyTorch's:
//
//	r, z = σ(x·W + b + h·U + d)   n = tanh(x·W + b + r·(h·U + d))
//	h' = (1 − z)·n + z·h
//
//	x (batch, in)   h (batch, hidden) or nil for zero   →   h' (batch, hidden)
//
// The gates' order is r, z, n.
func GRUCell(x, h *gorgonia.Node, w RecurrentWeights) (*gorgonia.Node, error) {
	size, err := w.hidden("GRU", 3)
	if err != nil {
		return nil, err
	}
	z, err := w.project(x)
	if err != nil {
		return nil, err
	}
	return gruStep(z, h, w, size)
}

func gruStep(z, h *gorgonia.Node, w RecurrentWeights, size int) (*gorgonia.Node, error) {
	var b builder
	in := b.split(z, size, 3)
	state := make(gorgonia.Nodes, 3)
	if u := b.do(w.recur(h)); u != nil {
		state = b.split(u, size, 3)
	}
	r := b.act(b.do(plus(in[0], state[0])), Sigmoid)
	keep := b.act(b.do(plus(in[1], state[1])), Sigmoid)
	n := in[2]
	if state[2] != nil {
		n = b.do(Add(n, b.do(Mul(r, state[2]))))
	}
	n = b.act(n, Tanh)
	// (1 − z)·n + z·h = n − z·(n − h)
	change := n
	if h != nil {
		change = b.do(Sub(n, h))
	}
	out := b.do(Sub(n, b.do(Mul(keep, change))))
	return out, errors.Wrap(b.err, "GRU")
}

// GRU runs GRUCell over a sequence, unrolled:
//
//	x (batch, time, in)   h (batch, hidden) or nil   →   every h (batch, time, hidden), and the last
func GRU(x, h *gorgonia.Node, w RecurrentWeights) (hs, hLast *gorgonia.Node, err error) {
	size, err := w.hidden("GRU", 3)
	if err != nil {
		return nil, nil, err
	}
	hs, err = unroll("GRU", x, w, func(z *gorgonia.Node) (*gorgonia.Node, error) {
		var err error
		h, err = gruStep(z, h, w, size)
		return h, err
	})
	return hs, h, err
}

// unroll projects the inputs of all steps at once, calls step for each, and joins the results.
func unroll(what string, x *gorgonia.Node, w RecurrentWeights, step func(z *gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node,
	error) {
	if err := dims(what, x); err != nil {
		return nil, err
	}
	if len(x.Shape()) != 3 {
		return nil, errors.Errorf("%s: x is %v, want (batch, time, in)", what, x.Shape())
	}
	var b builder
	all := b.do(w.project(x))
	var hs gorgonia.Nodes
	for t := range x.Shape()[1] {
		if b.err != nil {
			break
		}
		z := b.do(Squeeze(b.do(Slice(all, 1, t, t+1, 1)), 1))
		hs = append(hs, b.do(Unsqueeze(b.do(step(z)), 1)))
	}
	return b.do(Concat(1, hs...)), errors.Wrap(b.err, what)
}

// builder keeps the first error of a composition.
type builder struct{ err error }

func (b *builder) do(n *gorgonia.Node, err error) *gorgonia.Node {
	if b.err == nil {
		b.err = err
	}
	return n
}

func (b *builder) act(x *gorgonia.Node, act Activation) *gorgonia.Node {
	return b.do(Activate(x, act, 0))
}

// split cuts the last axis into pieces of one size.
func (b *builder) split(x *gorgonia.Node, size, pieces int) gorgonia.Nodes {
	sizes := make([]int, pieces)
	for i := range sizes {
		sizes[i] = size
	}
	ps, err := Split(x, -1, sizes...)
	if b.do(nil, err); b.err != nil {
		return make(gorgonia.Nodes, pieces)
	}
	return ps
}

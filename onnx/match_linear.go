package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// linear is x·W, with or without a bias, however a file spells it: Gemm, MatMul, or MatMul and Add.
type linear struct {
	x, w, bias string // bias is empty if there is none
	transpose  bool   // of W
	alpha      float32
	beta       float32
}

// matchLinear is for Gemm and MatMul.
func matchLinear(im *importer, n *node) (*plan, error) {
	l, err := im.linearOf(n)
	if err != nil {
		return nil, err
	}
	return l.plan(im, op.Identity, 0), nil
}

// linearOf reads a node as a linear layer; nil if it is an Add of something else.
func (im *importer) linearOf(n *node) (*linear, error) {
	switch n.OpType {
	case "Gemm":
		a := n.attrs
		l := &linear{
			x: n.in(0), w: n.in(1), bias: n.in(2),
			transpose: a.integer("transB", 0) != 0, alpha: a.float("alpha", 1), beta: a.float("beta", 1),
		}
		if l.beta == 0 {
			l.bias = ""
		}
		if a.integer("transA", 0) != 0 {
			return nil, unsupportedf("transA would turn the batch into an inner axis")
		}
		return l, im.checkWeight(l)
	case "MatMul":
		l := &linear{x: n.in(0), w: n.in(1), alpha: 1, beta: 1}
		if t := im.makers[l.w]; t != nil && t.OpType == "Transpose" && im.consts[t.in(0)] != nil {
			l.w, l.transpose = t.in(0), true
			if err := isMatrixTranspose(t); err != nil {
				return nil, err
			}
		}
		return l, im.checkWeight(l)
	case "Add":
		for i := range 2 {
			product, bias := im.only(n.in(i), 1), n.in(1-i)
			if product == nil || product.OpType != "MatMul" || im.consts[bias] == nil {
				continue
			}
			l, err := im.linearOf(product)
			if err != nil {
				return nil, im.located(product, err)
			}
			l.bias = bias
			return l, product.attrs.done()
		}
	}
	return nil, nil
}

func (im *importer) checkWeight(l *linear) error {
	if im.consts[l.x] != nil || im.consts[l.w] == nil {
		return unsupportedf("a product is supported of a computed value and a constant matrix, not of %q and %q", l.x, l.w)
	}
	if dims := im.consts[l.w].dims; len(dims) != 2 {
		return unsupportedf("the weight %q has dimensions %v; a matrix is supported", l.w, dims)
	}
	return nil
}

func (l *linear) plan(im *importer, act op.Activation, slope float64) *plan {
	return &plan{in: []string{l.x}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if l.bias == "" {
			w, err := im.param(l.w, form{scale: l.alpha}, true)
			if err != nil {
				return nil, err
			}
			return op.Apply(op.MatMul{TransB: l.transpose}, in[0], w)
		}
		w, err := im.param(l.w, form{scale: l.alpha, transpose: l.transpose}, true)
		if err != nil {
			return nil, err
		}
		b, err := im.param(l.bias, form{scale: l.beta, row: w.Shape()[1]}, true)
		if err != nil {
			return nil, err
		}
		return op.Dense(in[0], w, b, act, slope)
	}}
}

// activated is an activation, fused with the linear layer in front of it if nothing else reads that layer's result.
// The activation reads it the given number of times.
func (im *importer) activated(x string, reads int, act op.Activation, slope float64) (*plan, error) {
	if m := im.only(x, reads); m != nil {
		l, err := im.linearOf(m)
		if err == nil && l != nil && l.bias != "" {
			if err = m.attrs.done(); err == nil {
				return l.plan(im, act, slope), nil
			}
		}
		if err != nil {
			return nil, im.located(m, err)
		}
	}
	return &plan{in: []string{x}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return op.Activate(in[0], act, slope)
	}}, nil
}

// only returns the node that makes a value if that value may disappear into the operation that reads it: it is read so
// many times and no more, and has no name that somebody gave it in a file of ours.
func (im *importer) only(value string, reads int) *node {
	m := im.makers[value]
	if m == nil || im.consts[value] != nil || im.reads[value] != reads || im.ours && !im.temporary(m) {
		return nil
	}
	return m
}

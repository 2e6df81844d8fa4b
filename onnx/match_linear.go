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

// matchGemm is a linear layer, or a product of two computed matrices.
func matchGemm(im *importer, n *node) (*plan, error) {
	l, err := im.linearOf(n)
	if err != nil {
		return nil, err
	}
	return l.plan(im, op.Identity, 0), nil
}

// matchMatMul is a linear layer where the second factor is a constant matrix, and a batch of products otherwise.
func matchMatMul(im *importer, n *node) (*plan, error) {
	if w := im.consts[n.in(1)]; w != nil && len(w.dims) == 2 && im.consts[n.in(0)] == nil {
		return matchGemm(im, n)
	}
	if w := im.consts[n.in(1)]; w != nil && len(w.dims) == 1 && im.consts[n.in(0)] == nil {
		return matchVectorProduct(im, n)
	}
	p, names, trans := &plan{}, [2]string{n.in(0), n.in(1)}, [2]bool{}
	for i, name := range names {
		if t := im.only(name, 1); t != nil && t.OpType == "Transpose" && swapsLast(t.attrs.integers("perm")) {
			if err := t.attrs.done(); err != nil {
				return nil, im.located(t, err)
			}
			names[i], trans[i] = t.in(0), true
		}
		if im.consts[names[i]] == nil {
			p.in = append(p.in, names[i])
		}
	}
	p.make = func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		var factors gorgonia.Nodes
		for _, name := range names {
			if im.consts[name] == nil {
				factors, in = append(factors, in[0]), in[1:]
				continue
			}
			w, err := im.param(name, form{scale: 1}, trained)
			if err != nil {
				return nil, err
			}
			factors = append(factors, w)
		}
		for i, f := range factors {
			if f.Dims() < 2 {
				return nil, unsupportedf("the factor %q has shape %v; products of matrices are supported", names[i], f.Shape())
			}
		}
		return op.BatchMatMul(factors[0], factors[1], trans[0], trans[1])
	}
	return p, nil
}

// swapsLast tells whether a permutation swaps the last two axes and leaves the others.
func swapsLast(perm []int64) bool {
	n := int64(len(perm))
	if n < 2 {
		return false
	}
	for i, p := range perm[:n-2] {
		if p != int64(i) {
			return false
		}
	}
	return perm[n-2] == n-1 && perm[n-1] == n-2
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
		if err := im.turn(l); err != nil {
			return nil, err
		}
		return l, im.checkWeight(l)
	case "MatMul":
		if w := im.consts[n.in(1)]; w != nil && len(w.dims) == 1 {
			return nil, nil // see matchVectorProduct
		}
		l := &linear{x: n.in(0), w: n.in(1), alpha: 1, beta: 1}
		if err := im.turn(l); err != nil {
			return nil, err
		}
		return l, im.checkWeight(l)
	case "Add":
		for i := range 2 {
			product, bias := im.only(n.in(i), 1), n.in(1-i)
			if product == nil || product.OpType != "MatMul" || !im.isBias(bias, product) {
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

// turn takes a Transpose of the weight into the layer, so that tied weights stay one parameter.
func (im *importer) turn(l *linear) error {
	t := im.makers[l.w]
	if t == nil || t.OpType != "Transpose" || im.consts[t.in(0)] == nil || len(im.consts[t.in(0)].dims) != 2 {
		return nil
	}
	l.w, l.transpose = t.in(0), !l.transpose
	return isMatrixTranspose(t)
}

// isBias tells whether a constant is a bias of a MatMul's results: a row, or a number.
func (im *importer) isBias(name string, product *node) bool {
	c, w := im.consts[name], im.consts[product.in(1)]
	if c == nil || w == nil || len(w.dims) != 2 || c.i64 != nil || im.consts[product.in(0)] != nil {
		return false
	}
	for i, d := range c.dims {
		if i < len(c.dims)-1 && d != 1 {
			return false
		}
	}
	return len(c.dims) <= 2 && (c.len() == 1 || c.len() == w.dims[1])
}

// matchVectorProduct is the product of rows and a constant vector: a number for each row.
func matchVectorProduct(im *importer, n *node) (*plan, error) {
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		w, err := im.param(n.in(1), form{scale: 1}, trained)
		if err != nil {
			return nil, err
		}
		if in[0].Dims() != 2 {
			return nil, unsupportedf("a product of %d axes and the vector %q; rows of features are supported", in[0].Dims(),
				n.in(1))
		}
		if in[0].Shape()[1] != w.Shape()[0] {
			return nil, invalidf("rows of %d and the vector %q of %d numbers do not fit", in[0].Shape()[1], n.in(1), w.Shape()[0])
		}
		return gorgonia.Mul(in[0], w)
	}}, nil
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
		if err := im.fitsProduct(l.x, l.w, l.transpose); err != nil {
			return nil, err
		}
		if l.bias == "" {
			w, err := im.param(l.w, form{scale: l.alpha}, trained)
			if err != nil {
				return nil, err
			}
			if in[0].Dims() != 2 {
				return op.BatchMatMul(in[0], w, false, l.transpose)
			}
			return op.Apply(op.MatMul{TransB: l.transpose}, in[0], w)
		}
		w, err := im.param(l.w, form{scale: l.alpha, transpose: l.transpose}, trained)
		if err != nil {
			return nil, err
		}
		b, err := im.param(l.bias, form{scale: l.beta, row: w.Shape()[1]}, trained)
		if err != nil {
			return nil, err
		}
		return op.Linear(in[0], w, b, act, slope)
	}}
}

// activated is an activation, fused with the layer in front of it if nothing else reads that layer's result. The
// activation reads it the given number of times.
func (im *importer) activated(x string, reads int, act op.Activation, slope float64) (*plan, error) {
	if m := im.only(x, reads); m != nil {
		p, err := im.fused(m, act, slope)
		if err == nil && p != nil {
			err = m.attrs.done()
		}
		if err != nil {
			return nil, im.located(m, err)
		}
		if p != nil {
			return p, nil
		}
	}
	return &plan{in: []string{x}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return op.Activate(in[0], act, slope)
	}}, nil
}

// fused is the plan of a layer that takes an activation, nil if m is none.
func (im *importer) fused(m *node, act op.Activation, slope float64) (*plan, error) {
	switch m.OpType {
	case "MatMul": // there is no bias, so that it takes none; it may be of two computed values
		return nil, nil
	case "Conv":
		c, err := im.convOf(m)
		if err != nil {
			return nil, err
		}
		return c.plan(im, act, slope), nil
	}
	l, err := im.linearOf(m)
	if err != nil || l == nil || l.bias == "" {
		return nil, err
	}
	return l.plan(im, act, slope), nil
}

// only returns the node that makes a value if that value may disappear into the operation that reads it: it is read so
// many times and no more, and has no name that somebody gave it in a file of ours.
func (im *importer) only(value string, reads int) *node {
	m := im.makers[value]
	if m == nil || im.consts[value] != nil || im.reads[value] != reads || im.ours && !im.temporary(m, 0) {
		return nil
	}
	return m
}

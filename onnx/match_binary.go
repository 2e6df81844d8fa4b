package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func matchAdd(im *importer, n *node) (*plan, error) {
	if l, err := im.linearOf(n); l != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return l.plan(im, op.Identity, 0), nil
	}
	return im.binary(n, gorgonia.Add)
}

func matchSub(im *importer, n *node) (*plan, error) { return im.binary(n, gorgonia.Sub) }

func matchMul(im *importer, n *node) (*plan, error) {
	if p, err := im.matchErfGELU(n); p != nil || err != nil {
		return p, err
	}
	return im.binary(n, gorgonia.HadamardProd)
}

// matchDiv takes a subtraction in front of it into one operation, (x − mean)/scale.
func matchDiv(im *importer, n *node) (*plan, error) {
	sub := im.only(n.in(0), 1)
	if sub == nil || sub.OpType != "Sub" || im.consts[sub.in(0)] != nil {
		return im.binary(n, gorgonia.HadamardDiv)
	}
	mean, scale := im.consts[sub.in(1)], im.consts[n.in(1)]
	if mean == nil || scale == nil || mean.len() == 1 && scale.len() == 1 {
		return im.binary(n, gorgonia.HadamardDiv)
	}
	return &plan{in: []string{sub.in(0)}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		m, err := im.row(in[0], sub.in(1), false)
		if err != nil {
			return nil, im.located(sub, err)
		}
		s, err := im.row(in[0], n.in(1), false)
		if err != nil {
			return nil, err
		}
		return op.Standardise(in[0], m, s)
	}}, nil
}

func matchPow(im *importer, n *node) (*plan, error) {
	if _, ok := im.scalar(n.in(1)); !ok || im.consts[n.in(0)] != nil {
		return nil, unsupportedf("only a constant number is supported as the exponent")
	}
	return im.binary(n, gorgonia.Pow)
}

// binary is an elementwise operator of two computed values of one shape, or of one and a constant: a number, or a row
// that is broadcast over the batch.
func (im *importer) binary(n *node, f func(a, b *gorgonia.Node) (*gorgonia.Node, error)) (*plan, error) {
	a, b := im.consts[n.in(0)], im.consts[n.in(1)]
	switch {
	case a == nil && b == nil:
		return &plan{in: n.Input[:2], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			if x, y := in[0].Shape(), in[1].Shape(); !sameDims(x, y) {
				return nil, unsupportedf("shapes %v and %v differ; computed values are not broadcast", x, y)
			}
			return f(in[0], in[1])
		}}, nil
	case a != nil && b != nil:
		return nil, unsupportedf("it computes on constants only; fold constants first")
	}
	c, constAt := b, 1
	if a != nil {
		c, constAt = a, 0
	}
	return &plan{in: n.Input[1-constAt : 2-constAt], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if v, ok := im.scalar(n.in(constAt)); ok && len(c.dims) <= len(in[0].Shape()) {
			if _, err := im.float(n.in(constAt)); err != nil {
				return nil, err
			}
			number := im.number(v)
			if constAt == 0 {
				return f(number, in[0])
			}
			return f(in[0], number)
		}
		return im.withRow(n.OpType, in[0], n.in(constAt), constAt == 0)
	}}, nil
}

// withRow is x ∘ row, or row ∘ x if reversed.
func (im *importer) withRow(operator string, x *gorgonia.Node, name string, reversed bool) (*gorgonia.Node, error) {
	if operator == "Div" && reversed {
		return nil, unsupportedf("a constant row divided by a computed value is not supported")
	}
	if reversed && operator == "Sub" { // row − x = −x + row
		var err error
		if x, err = gorgonia.Neg(x); err != nil {
			return nil, err
		}
		operator = "Add"
	}
	row, err := im.row(x, name, operator == "Add")
	if err != nil {
		return nil, err
	}
	switch operator {
	case "Add", "Sub":
		return op.Apply(op.RowShift{Subtract: operator == "Sub"}, x, row)
	default:
		return op.Apply(op.RowScale{Divide: operator == "Div"}, x, row)
	}
}

// row gives a constant as a row that fits x (batch, n).
func (im *importer) row(x *gorgonia.Node, name string, trained bool) (*gorgonia.Node, error) {
	s := x.Shape()
	if len(s) != 2 {
		return nil, unsupportedf("the constant %q is broadcast to shape %v; (batch, n) is supported", name, s)
	}
	return im.param(name, form{scale: 1, row: s[1]}, trained)
}

// number makes a constant of the network's type.
func (im *importer) number(v float64) *gorgonia.Node {
	if im.dt == tensor.Float64 {
		return gorgonia.NewConstant(v)
	}
	return gorgonia.NewConstant(float32(v))
}

func sameDims(a, b tensor.Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

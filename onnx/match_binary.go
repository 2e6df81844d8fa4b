package onnx

import (
	"strings"

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
	if p, err := im.layerNormOf(n); p != nil || err != nil {
		return p, err
	}
	if p := im.unscaleOf(n); p != nil {
		return p, nil
	}
	return im.binary(n)
}

func matchBinary(im *importer, n *node) (*plan, error) { return im.binary(n) }

func matchMul(im *importer, n *node) (*plan, error) {
	if p, err := im.matchErfGELU(n); p != nil || err != nil {
		return p, err
	}
	if p, err := im.matchForm(n); p != nil || err != nil {
		return p, err
	}
	return im.binary(n)
}

// matchDiv takes a subtraction in front of it into one operation, (x − mean)/scale, where x is (batch, n).
func matchDiv(im *importer, n *node) (*plan, error) {
	sub := im.only(n.in(0), 1)
	if sub == nil || sub.OpType != "Sub" || im.consts[sub.in(0)] != nil {
		return im.binary(n)
	}
	mean, scale := im.consts[sub.in(1)], im.consts[n.in(1)]
	if mean == nil || scale == nil || mean.len() == 1 && scale.len() == 1 {
		return im.binary(n)
	}
	return &plan{in: []string{sub.in(0)}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if !im.isRow(sub.in(1), in[0].Shape()) || !im.isRow(n.in(1), in[0].Shape()) {
			centred, err := im.combine("Sub", in[0], sub.in(1), false)
			if err != nil {
				return nil, im.located(sub, err)
			}
			return im.combine("Div", centred, n.in(1), false)
		}
		m, err := im.row(in[0], sub.in(1), fixed)
		if err != nil {
			return nil, im.located(sub, err)
		}
		s, err := im.row(in[0], n.in(1), fixed)
		if err != nil {
			return nil, err
		}
		return op.Standardize(in[0], m, s)
	}}, nil
}

// arithmetic gives the operations of two tensors: Gorgonia's for one shape or a number, ours that broadcast.
var arithmetic = map[string]struct {
	same, broadcast func(a, b *gorgonia.Node) (*gorgonia.Node, error)
}{
	"Add": {gorgonia.Add, op.Add}, "Sub": {gorgonia.Sub, op.Sub}, "Mul": {gorgonia.HadamardProd, op.Mul},
	"Div": {gorgonia.HadamardDiv, op.Div},
}

// binary is an elementwise operator of two computed values, or of one and a constant.
func (im *importer) binary(n *node) (*plan, error) {
	a, b := im.consts[n.in(0)], im.consts[n.in(1)]
	p, err := im.binaryOf(n, a, b)
	if err != nil {
		return nil, err
	}
	make := p.make
	p.make = func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if err := im.fitsBroadcast(n.in(0), n.in(1)); err != nil {
			return nil, err
		}
		return make(in)
	}
	return p, nil
}

func (im *importer) binaryOf(n *node, a, b *constant) (*plan, error) {
	switch {
	case a != nil && b != nil:
		return nil, unsupportedf("it computes on constants only; fold constants first")
	case a != nil:
		return &plan{in: n.Input[1:2], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return im.combine(n.OpType, in[0], n.in(0), true)
		}}, nil
	case b != nil:
		return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return im.combine(n.OpType, in[0], n.in(1), false)
		}}, nil
	}
	return &plan{in: n.Input[:2], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return combined(n.OpType, in[0], in[1])
	}}, nil
}

func combined(operator string, a, b *gorgonia.Node) (*gorgonia.Node, error) {
	if x, y := a.Shape(), b.Shape(); len(x) == 0 || len(y) == 0 || sameDims(x, y) {
		return arithmetic[operator].same(a, b)
	}
	return arithmetic[operator].broadcast(a, b)
}

// combine is x ∘ constant, or constant ∘ x if reversed. The constant is a number, a row that fits x (batch, n), or
// broadcast in another way.
func (im *importer) combine(operator string, x *gorgonia.Node, name string, reversed bool) (*gorgonia.Node, error) {
	c, err := im.float(name)
	if err != nil {
		return nil, err
	}
	if im.isNumber(c) && len(c.dims) <= x.Dims() {
		number := im.number(c.number(0))
		if reversed {
			return arithmetic[operator].same(number, x)
		}
		return arithmetic[operator].same(x, number)
	}
	r := fixed
	if operator == "Add" { // a bias
		r = trained
	}
	if im.isRow(name, x.Shape()) && !(reversed && operator == "Div") {
		if reversed && operator == "Sub" { // row − x = −x + row
			if x, err = gorgonia.Neg(x); err != nil {
				return nil, err
			}
			operator = "Add"
		}
		row, err := im.row(x, name, r)
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
	p, err := im.param(name, form{scale: 1}, r)
	if err != nil {
		return nil, err
	}
	if operator == "Mul" && !reversed && im.ours && im.untrained[name] && isAxis(c.dims, x.Shape()) {
		return op.Mask(x, p)
	}
	if reversed {
		return combined(operator, p, x)
	}
	return combined(operator, x, p)
}

// isNumber tells whether a constant is one number rather than a tensor of one element. In files of ours a parameter
// has axes.
func (im *importer) isNumber(c *constant) bool { return c.len() == 1 && !(im.ours && len(c.dims) > 0) }

// isRow tells whether a constant is the same for each example of a value of shape s, which is (batch, n).
func (im *importer) isRow(name string, s tensor.Shape) bool {
	c := im.consts[name]
	if len(s) != 2 || len(c.dims) > 2 || len(c.dims) == 2 && c.dims[0] != 1 {
		return false
	}
	return c.len() == s[1] || c.len() == 1
}

// isAxis tells whether a constant runs along one axis of s and is the same along all others, as a mask is.
func isAxis(dims []int, s tensor.Shape) bool {
	axis := len(s) - len(dims)
	if axis < 0 || len(dims) == 0 || dims[0] != s[axis] {
		return false
	}
	for _, d := range dims[1:] {
		if d != 1 {
			return false
		}
	}
	return true
}

// row gives a constant as a row that fits x (batch, n).
func (im *importer) row(x *gorgonia.Node, name string, r role) (*gorgonia.Node, error) {
	return im.param(name, form{scale: 1, row: x.Shape()[1]}, r)
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

// matchPow raises to a constant power.
func matchPow(im *importer, n *node) (*plan, error) {
	if im.consts[n.in(0)] == nil && im.consts[n.in(1)] == nil {
		return &plan{in: n.Input[:2], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			if !in[0].Shape().Eq(in[1].Shape()) {
				return nil, unsupportedf("a power of %q and %q, which have other shapes", n.in(0), n.in(1))
			}
			return gorgonia.Pow(in[0], in[1])
		}}, nil
	}
	if _, ok := im.scalar(n.in(1)); !ok || im.consts[n.in(0)] != nil {
		return nil, unsupportedf("only a constant number is supported as the exponent of a computed value")
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if _, err := im.float(n.in(1)); err != nil {
			return nil, err
		}
		v, _ := im.scalar(n.in(1))
		if im.ours && strings.HasPrefix(n.in(1), "constant") { // not Pow's own exponent
			return gorgonia.Pow(in[0], im.number(v))
		}
		return op.Pow(in[0], v)
	}}, nil
}

var comparisons = map[string]func(a, b *gorgonia.Node, retSame bool) (*gorgonia.Node, error){
	"Equal": gorgonia.Eq, "Greater": gorgonia.Gt, "GreaterOrEqual": gorgonia.Gte, "Less": gorgonia.Lt,
	"LessOrEqual": gorgonia.Lte,
}

// matchCompare gives 1 where a comparison holds and 0 elsewhere, in the network's type: what a Cast makes of ONNX's
// booleans. Gorgonia writes its rectifiers in this way.
func matchCompare(im *importer, n *node) (*plan, error) {
	if im.uncast[n.out()] {
		return nil, unsupportedf("a comparison is supported only where a Cast makes numbers of it")
	}
	p := &plan{}
	for _, in := range n.Input {
		if im.consts[in] == nil {
			p.in = append(p.in, in)
		}
	}
	p.make = func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		var args gorgonia.Nodes
		for _, name := range n.Input {
			if im.consts[name] == nil {
				args, in = append(args, in[0]), in[1:]
				continue
			}
			c, err := im.float(name)
			if err != nil {
				return nil, err
			}
			if c.len() != 1 {
				return nil, unsupportedf("a comparison with the constant %q of dimensions %v is not supported", name, c.dims)
			}
			args = append(args, im.number(c.number(0)))
		}
		if a, b := args[0].Shape(), args[1].Shape(); len(a) > 0 && len(b) > 0 && !sameDims(a, b) {
			return nil, unsupportedf("a comparison of shapes %v and %v is not supported", a, b)
		}
		return comparisons[n.OpType](args[0], args[1], true)
	}
	return p, nil
}

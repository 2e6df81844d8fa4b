package onnx

import (
	"math"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

type matcher = func(*importer, *node) (*plan, error)

func activation(act op.Activation) matcher {
	return func(im *importer, n *node) (*plan, error) { return im.activated(n.in(0), 1, act, 0) }
}

func matchLeakyRelu(im *importer, n *node) (*plan, error) {
	alpha := n.attrs.float("alpha", 0.01)
	if !(alpha >= 0 && alpha < 1) {
		return nil, unsupportedf("alpha is %v; from 0 to below 1 is supported", alpha)
	}
	return im.activated(n.in(0), 1, op.LeakyReLU, shortest(alpha))
}

// shortest is the float64 with the fewest digits that rounds to f: 0.01 comes back from a file as 0.01.
func shortest(f float32) float64 {
	for digits := 0; digits < 9; digits++ {
		p := math.Pow10(digits)
		if v := math.Round(float64(f)*p) / p; float32(v) == f {
			return v
		}
	}
	return float64(f)
}

// matchClip limits a value. Until opset 10 the limits were attributes.
func matchClip(im *importer, n *node) (*plan, error) {
	low, high := math.Inf(-1), math.Inf(1)
	if im.opset < 11 {
		low, high = limit(n.attrs.float("min", -math.MaxFloat32)), limit(n.attrs.float("max", math.MaxFloat32))
	} else {
		for i, limit := range []*float64{&low, &high} {
			name := n.in(i + 1)
			if name == "" {
				continue
			}
			v, ok := im.scalar(name)
			if !ok {
				return nil, unsupportedf("its limit %q is not a constant number", name)
			}
			*limit = v
		}
	}
	if low == 0 && math.IsInf(high, 1) {
		return im.activated(n.in(0), 1, op.ReLU, 0)
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return op.Clip(in[0], low, high)
	}}, nil
}

// limit takes the largest numbers, which exporters write for none, for infinity.
func limit(v float32) float64 {
	if math.Abs(float64(v)) == math.MaxFloat32 {
		return math.Copysign(math.Inf(1), float64(v))
	}
	return float64(v)
}

// matchGelu: the approximation by tanh has no operation of its own; it is spelled out.
func matchGelu(im *importer, n *node) (*plan, error) {
	switch a := n.attrs.text("approximate", "none"); a {
	case "none":
		return im.activated(n.in(0), 1, op.GELU, 0)
	case "tanh":
		return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) { return im.tanhGELU(in[0]) }}, nil
	default:
		return nil, unsupportedf("the approximation %q is not known", a)
	}
}

// tanhGELU is 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
func (im *importer) tanhGELU(x *gorgonia.Node) (v *gorgonia.Node, err error) {
	for _, step := range []func(v *gorgonia.Node) (*gorgonia.Node, error){
		func(*gorgonia.Node) (*gorgonia.Node, error) { return op.Pow(x, 3) },
		func(v *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.HadamardProd(v, im.number(0.044715)) },
		func(v *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Add(x, v) },
		func(v *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.HadamardProd(v, im.number(math.Sqrt(2/math.Pi)))
		},
		func(v *gorgonia.Node) (*gorgonia.Node, error) { return op.Activate(v, op.Tanh, 0) },
		func(v *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Add(v, im.number(1)) },
		func(v *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.HadamardProd(v, x) },
		func(v *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.HadamardProd(v, im.number(0.5)) },
	} {
		if v, err = step(v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// matchErfGELU recognises x·0.5·(1 + erf(x/√2)), the factors in any order, from its last Mul; nil if it is not that.
func (im *importer) matchErfGELU(n *node) (*plan, error) {
	factors := []string{n.in(0), n.in(1)}
	for i, f := range factors {
		if m := im.only(f, 1); m != nil && m.OpType == "Mul" {
			factors = []string{factors[1-i], m.in(0), m.in(1)}
			break
		}
	}
	if len(factors) != 3 {
		return nil, nil
	}
	x, half, inner := "", false, ""
	for _, f := range factors {
		switch v, isNumber := im.scalar(f); {
		case isNumber && v == 0.5 && !half:
			half = true
		case !isNumber && inner == "" && im.onePlusErf(f) != "":
			inner = im.onePlusErf(f)
		default:
			x = f
		}
	}
	if !half || inner == "" || inner != x {
		return nil, nil
	}
	return im.activated(x, 2, op.GELU, 0)
}

// onePlusErf returns x if value is 1 + erf(x/√2), and "" otherwise.
func (im *importer) onePlusErf(value string) string {
	add := im.only(value, 1)
	if add == nil || add.OpType != "Add" {
		return ""
	}
	for i := range 2 {
		one, isNumber := im.scalar(add.in(i))
		erf := im.only(add.in(1-i), 1)
		if !isNumber || one != 1 || erf == nil || erf.OpType != "Erf" {
			continue
		}
		scaled := im.only(erf.in(0), 1)
		if scaled == nil {
			return ""
		}
		for j := range 2 {
			c, isNumber := im.scalar(scaled.in(j))
			if !isNumber {
				continue
			}
			if scaled.OpType == "Div" && j == 1 && near(c, math.Sqrt2) || scaled.OpType == "Mul" && near(c, 1/math.Sqrt2) {
				return scaled.in(1 - j)
			}
		}
	}
	return ""
}

// near allows for the rounding of a constant to float32, and for the few digits that people write.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// matchSoftmax is for Softmax and LogSoftmax. Until opset 12 the axis, 1 unless given, began the axes that were taken
// together; that is supported where only one of them is longer than 1. Since then it is one axis, the last unless given.
func matchSoftmax(im *importer, n *node) (*plan, error) {
	otherwise := int64(-1)
	if im.opset < 13 {
		otherwise = 1
	}
	axis := n.attrs.integer("axis", otherwise)
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		a, err := axisOf(axis, len(s))
		if err != nil {
			return nil, err
		}
		if im.opset < 13 {
			for ; a < len(s)-1 && s[a] == 1; a++ {
			}
			if s[a+1:].TotalSize() != 1 && a < len(s)-1 {
				return nil, unsupportedf("it takes axes %v of shape %v together, as until opset 12; export for a later opset",
					axis, s)
			}
		}
		switch {
		case n.OpType == "LogSoftmax" && len(s) == 2 && a == 1:
			return gorgonia.LogSoftMax(in[0], 1)
		case n.OpType == "LogSoftmax":
			return op.LogSoftmax(in[0], a)
		case len(s) == 2 && a == 1:
			return op.Softmax(in[0])
		}
		return op.SoftmaxAxis(in[0], a)
	}}, nil
}

var unaries = map[string]func(*gorgonia.Node) (*gorgonia.Node, error){
	"Abs": gorgonia.Abs, "Ceil": gorgonia.Ceil, "Cos": gorgonia.Cos, "Erf": op.Erf, "Exp": gorgonia.Exp,
	"Floor": gorgonia.Floor, "Log": gorgonia.Log, "Neg": gorgonia.Neg, "Reciprocal": gorgonia.Inverse,
	"Sign": gorgonia.Sign, "Sin": gorgonia.Sin, "Sqrt": gorgonia.Sqrt,
}

// unary is for operators that are functions of Gorgonia.
func unary(name string) matcher {
	return func(_ *importer, n *node) (*plan, error) {
		return &plan{in: []string{n.in(0)}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return unaries[name](in[0])
		}}, nil
	}
}

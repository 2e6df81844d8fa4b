package onnx

import (
	"math"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

type matcher = func(*importer, *node) (*plan, error)

// activationOperators are the rows of the activations that are an operator of ONNX.
func activationOperators() (rows []operator) {
	for _, act := range op.Activations() {
		if d := act.Def(); d != nil && d.ONNX != nil {
			rows = append(rows, operator{name: d.ONNX.Name, since: d.ONNX.Since, min: 1, max: 1, match: matchActivation(act)})
		}
	}
	return rows
}

func matchActivation(act op.Activation) matcher {
	d := act.Def()
	return func(im *importer, n *node) (*plan, error) {
		slope := 0.0
		if r := d.Slope; r != nil {
			alpha := n.attrs.float("alpha", float32(d.ONNX.Alpha))
			if !(float64(alpha) >= r.Min && float64(alpha) < r.Below) {
				return nil, unsupportedf("alpha is %v; from %v to below %v is supported", alpha, r.Min, r.Below)
			}
			slope = shortest(alpha)
		}
		return im.activated(n.in(0), 1, act, slope)
	}
}

// matchForm finds an activation that has no operator of its own by how it is spelled out, from its last node; nil if the
// node is not the end of one.
func (im *importer) matchForm(n *node) (*plan, error) {
	for _, act := range op.Activations() {
		d := act.Def()
		if d == nil || d.Form == nil {
			continue
		}
		if x, ok := im.formOf(d.Form, n, ""); ok {
			return im.activated(x, d.Form.Reads(), act, 0)
		}
	}
	return nil, nil
}

// formOf tells whether a node computes a form, and of which value: x, where that is known already.
func (im *importer) formOf(f *op.Form, n *node, x string) (string, bool) {
	if n.OpType != f.Op || len(n.Input) != len(f.Args) {
		return "", false
	}
	if found, ok := im.formArgs(f.Args, n.Input, x); ok {
		return found, true
	}
	if len(f.Args) == 2 && (f.Op == "Add" || f.Op == "Mul") {
		return im.formArgs(f.Args, []string{n.Input[1], n.Input[0]}, x)
	}
	return "", false
}

func (im *importer) formArgs(args []*op.Form, in []string, x string) (string, bool) {
	for i, a := range args {
		switch {
		case a == op.X:
			if x != "" && x != in[i] || im.known(in[i]) != nil {
				return "", false
			}
			x = in[i]
		case a.Op == "":
			if v, ok := im.scalar(in[i]); !ok || !near(v, a.Number) {
				return "", false
			}
		default:
			m := im.only(in[i], 1)
			if m == nil {
				return "", false
			}
			var ok bool
			if x, ok = im.formOf(a, m, x); !ok {
				return "", false
			}
		}
	}
	return x, x != ""
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

// functionOperators are the rows of the functions of one number.
func functionOperators() (rows []operator) {
	for _, f := range op.Functions() {
		if f.ONNX != "" {
			rows = append(rows, operator{name: f.ONNX, since: f.Since, min: 1, max: 1, match: matchFunction(f), fold: foldUnary(f.Value)})
		}
	}
	return rows
}

func matchFunction(f *op.Function) matcher {
	return func(_ *importer, n *node) (*plan, error) {
		return &plan{in: []string{n.in(0)}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) { return f.Build(in[0]) }}, nil
	}
}

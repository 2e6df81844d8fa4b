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

// matchClip: until opset 10 the limits were attributes. Only max(x, 0) is known here.
func matchClip(im *importer, n *node) (*plan, error) {
	low, high := math.Inf(-1), math.Inf(1)
	if im.opset < 11 {
		low = float64(n.attrs.float("min", -math.MaxFloat32))
		high = float64(n.attrs.float("max", math.MaxFloat32))
	} else {
		for i, limit := range []*float64{&low, &high} {
			name := n.in(i + 1)
			v, ok := im.scalar(name)
			if name == "" {
				continue
			}
			if !ok {
				return nil, unsupportedf("its limit %q is not a constant number", name)
			}
			*limit = v
		}
	}
	if low != 0 || high < math.MaxFloat32 {
		return nil, unsupportedf("limits [%g, %g] are not supported, only [0, ∞), which is Relu", low, high)
	}
	return im.activated(n.in(0), 1, op.ReLU, 0)
}

func matchGelu(im *importer, n *node) (*plan, error) {
	if a := n.attrs.text("approximate", "none"); a != "none" {
		return nil, unsupportedf("the approximation %q is not supported, only the exact form with erf", a)
	}
	return im.activated(n.in(0), 1, op.GELU, 0)
}

func matchErf(*importer, *node) (*plan, error) {
	return nil, unsupportedf("it is supported only inside of GELU, x·0.5·(1 + erf(x/√2))")
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

// matchSoftmax is for Softmax and LogSoftmax. Until opset 12 the axis began the axes that were taken together and was 1
// unless given; for a matrix, which alone is supported, that is the last axis, the default since.
func matchSoftmax(_ *importer, n *node) (*plan, error) {
	axis := n.attrs.integer("axis", -1)
	return &plan{in: []string{n.in(0)}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if s := in[0].Shape(); len(s) != 2 || axis != 1 && axis != -1 {
			return nil, unsupportedf("axis %d of shape %v is not supported, only the last of a matrix", axis, s)
		}
		if n.OpType == "LogSoftmax" {
			return gorgonia.LogSoftMax(in[0], 1)
		}
		return op.Softmax(in[0])
	}}, nil
}

var unaries = map[string]func(*gorgonia.Node) (*gorgonia.Node, error){
	"Abs": gorgonia.Abs, "Ceil": gorgonia.Ceil, "Cos": gorgonia.Cos, "Exp": gorgonia.Exp, "Floor": gorgonia.Floor,
	"Log": gorgonia.Log, "Neg": gorgonia.Neg, "Reciprocal": gorgonia.Inverse, "Sign": gorgonia.Sign, "Sin": gorgonia.Sin,
	"Sqrt": gorgonia.Sqrt,
}

// unary is for operators that are functions of Gorgonia.
func unary(name string) matcher {
	return func(_ *importer, n *node) (*plan, error) {
		return &plan{in: []string{n.in(0)}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return unaries[name](in[0])
		}}, nil
	}
}

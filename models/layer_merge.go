package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Layers that make one of several.
const (
	KindAdd      Kind = "add"      // elementwise sum, then an activation
	KindMultiply Kind = "multiply" // elementwise product
	KindConcat   Kind = "concat"   // side by side along an axis
)

// Add sums layers of one shape, and applies an activation if one is given: what ends a residual block.
func Add(from []string, opts ...LayerOption) Layer {
	return Layer{Kind: KindAdd, Inputs: from}.with(opts)
}

// Multiply is the elementwise product of layers of one shape: a gate.
func Multiply(from []string, opts ...LayerOption) Layer {
	return Layer{Kind: KindMultiply, Inputs: from}.with(opts)
}

// Concat puts layers side by side along an axis, 1 (channels, or features) unless OnAxis says otherwise; all other axes
// must agree.
func Concat(from []string, opts ...LayerOption) Layer {
	return Layer{Kind: KindConcat, Inputs: from}.with(opts)
}

var mergeKinds = []LayerType{
	{Kind: KindAdd, Summary: "sum of layers of one shape", Inputs: Several, Keys: "activation slope", Build: buildAdd},
	{Kind: KindMultiply, Summary: "elementwise product of layers of one shape", Inputs: Several,
		Build: func(_ *Builder, _ Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) { return fold(in, op.Mul) }},
	{Kind: KindConcat, Summary: "layers side by side along an axis", Inputs: Several, Keys: "axis", Check: checkAxis,
		Build: buildConcat},
}

func buildAdd(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	sum, err := fold(in, op.Add)
	if err != nil || l.Activation == op.Identity {
		return sum, err
	}
	return one(op.Activate(sum[0], l.Activation, l.slope()))
}

// fold applies an operation of two to all.
func fold(in gorgonia.Nodes, f func(a, b *gorgonia.Node) (*gorgonia.Node, error)) (gorgonia.Nodes, error) {
	acc := in[0]
	for _, x := range in[1:] {
		if !x.Shape().Eq(in[0].Shape()) {
			return nil, errors.Errorf("its inputs are %s and %s: their shapes must be the same", shapeText(in[0]), shapeText(x))
		}
		var err error
		if acc, err = f(acc, x); err != nil {
			return nil, err
		}
	}
	return gorgonia.Nodes{acc}, nil
}

func buildConcat(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	axis, err := l.axis(in[0])
	if err != nil {
		return nil, err
	}
	for _, x := range in[1:] {
		a, b := in[0].Shape(), x.Shape()
		same := len(a) == len(b)
		for i := 0; same && i < len(a); i++ {
			same = i == axis || a[i] == b[i]
		}
		if !same {
			return nil, errors.Errorf("its inputs are %s and %s: they may differ in axis %d alone", shapeText(in[0]),
				shapeText(x), axis)
		}
	}
	return one(op.Concat(axis, in...))
}

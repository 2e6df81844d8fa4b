package models

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Layers that move numbers around. N is the batch.
const (
	KindFlatten   Kind = "flatten"   // (N, …) → (N, product)
	KindReshape   Kind = "reshape"   // (N, …) → (N, shape…)
	KindTranspose Kind = "transpose" // axes in another order
	KindSplit     Kind = "split"     // parts along an axis
	KindMean      Kind = "mean"      // the mean over an axis, which goes
)

// Flatten makes one row of each example: (N, a, b, …) → (N, a·b·…).
func Flatten(opts ...LayerOption) Layer { return Layer{Kind: KindFlatten}.with(opts) }

// Reshape gives each example another shape, in row-major order: (N, …) → (N, shape…). One size may be −1, which then
// follows from the others.
func Reshape(shape ...int) Layer { return Layer{Kind: KindReshape, Shape: shape} }

// Transpose puts the axes in another order, axis perm[i] in place i. The batch, axis 0, stays first: Transpose(0, 2, 1)
// makes channels of a sequence's features, (N, tokens, features) → (N, features, tokens).
func Transpose(perm ...int) Layer { return Layer{Kind: KindTranspose, Perm: perm} }

// Split cuts an axis, 1 unless OnAxis says otherwise, into parts of the given sizes. Part i of a split called NAME is
// called NAME.i; the layers that read them name them.
func Split(sizes []int, opts ...LayerOption) Layer {
	return Layer{Kind: KindSplit, Sizes: sizes}.with(opts)
}

// Mean is the mean over an axis, 1 unless OnAxis says otherwise: (N, tokens, features) → (N, features).
func Mean(opts ...LayerOption) Layer { return Layer{Kind: KindMean}.with(opts) }

// OnAxis sets the axis that a layer works along, counted with the batch, which is 0.
func OnAxis(axis int) LayerOption { return optionFunc(func(l *Layer) { l.Axis = axis }) }

var shapeKinds = []LayerType{
	{Kind: KindFlatten, Summary: "makes one row of each example", Reforms: true,
		Build: func(_ *Builder, _ Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) { return one(op.Flatten(in[0], 1)) }},
	{Kind: KindReshape, Summary: "another shape for each example", Keys: "shape", Reforms: true, Check: checkReshape,
		Build: buildReshape},
	{Kind: KindTranspose, Summary: "axes in another order", Keys: "perm", Reforms: true, Check: checkTranspose,
		Build: buildTranspose},
	{Kind: KindSplit, Summary: "cuts an axis into parts, NAME.0, NAME.1, …", Keys: "sizes axis", Reforms: true,
		Check: checkSplit, Build: buildSplit},
	{Kind: KindMean, Summary: "the mean over an axis", Keys: "axis", Reforms: true, Check: checkAxis,
		Build: func(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			axis, err := l.axis(in[0])
			if err != nil {
				return nil, err
			}
			return one(op.Reduce(op.ReduceMean, in[0], false, axis))
		}},
}

func checkAxis(l Layer) error {
	if l.Axis < 0 {
		return errors.Errorf("axis %d: counted with the batch, which is 0, and must be 1 or more", l.Axis)
	}
	return nil
}

// axis is the one to work along.
func (l Layer) axis(x *gorgonia.Node) (int, error) {
	axis := max(l.Axis, 1)
	if axis >= len(x.Shape()) {
		return 0, errors.Errorf("axis %d: it gets %s, which has none", axis, shapeText(x))
	}
	return axis, nil
}

func checkReshape(l Layer) error {
	open := 0
	for _, n := range l.Shape {
		switch {
		case n == -1:
			open++
		case n < 1 || n > maxUnits:
			return errors.Errorf("shape %v: every size must be from 1 to %d, or -1 once", l.Shape, maxUnits)
		}
	}
	if len(l.Shape) == 0 || open > 1 {
		return errors.Errorf("shape %v: it needs one size or more, and -1 at most once", l.Shape)
	}
	return nil
}

func buildReshape(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	size, left := in[0].Shape().TotalSize(), 1
	shape := slices.Clone(l.Shape)
	for _, n := range shape {
		if n > 0 {
			left *= n
		}
	}
	if i := slices.Index(shape, -1); i >= 0 && left > 0 {
		shape[i] = size / left
		left *= shape[i]
	}
	if left != size {
		return nil, errors.Errorf("shape %v has no room for the %d values of %s", l.Shape, size, shapeText(in[0]))
	}
	return one(op.Reshape(in[0], append([]int{1}, shape...)...))
}

func checkTranspose(l Layer) error {
	seen := make([]bool, len(l.Perm))
	for i, axis := range l.Perm {
		if axis < 0 || axis >= len(l.Perm) || seen[axis] || i == 0 && axis != 0 {
			return errors.Errorf("perm %v: every axis once, and the batch, 0, first", l.Perm)
		}
		seen[axis] = true
	}
	if len(l.Perm) < 2 {
		return errors.Errorf("perm %v: every axis once, and the batch, 0, first", l.Perm)
	}
	return nil
}

func buildTranspose(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], itoa(len(l.Perm))+" axes", len(l.Perm)); err != nil {
		return nil, err
	}
	return one(op.Transpose(in[0], l.Perm...))
}

func checkSplit(l Layer) error {
	if len(l.Sizes) < 2 {
		return errors.Errorf("sizes %v: it needs those of two parts or more", l.Sizes)
	}
	if err := positive("sizes", l.Sizes); err != nil {
		return err
	}
	return checkAxis(l)
}

func buildSplit(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	axis, err := l.axis(in[0])
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range l.Sizes {
		total += n
	}
	if have := in[0].Shape()[axis]; total != have {
		return nil, errors.Errorf("sizes %v sum up to %d; axis %d of %s has %d", l.Sizes, total, axis, shapeText(in[0]), have)
	}
	return op.Split(in[0], axis, l.Sizes...)
}

package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
)

// passThrough is an operator that gives its input on.
func passThrough(_ *importer, n *node) (*plan, error) {
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) { return in[0], nil }}, nil
}

// matchDropout is the identity of inference. The ratio changes nothing then; a training mode that is switched on would.
func matchDropout(im *importer, n *node) (*plan, error) {
	n.attrs.ignore("ratio", "seed")
	if im.opset >= 12 && n.in(2) != "" {
		if c := im.consts[n.in(2)]; c == nil || c.i64 == nil || c.i64[0] != 0 {
			return nil, unsupportedf("it sets training_mode; export the model for inference")
		}
	}
	return passThrough(im, n)
}

// matchCast allows a cast to the type that the value has, or of what holds integers to integers, as indices need it.
func matchCast(im *importer, n *node) (*plan, error) {
	n.attrs.ignore("saturate")
	to := n.attrs.integer("to", 0)
	if pb.TensorProto_DataType(to) != elemType(im.dt) && !(isInteger(int32(to)) && !im.numbers[n.out()]) {
		return nil, unsupportedf("a cast to %v in a model of %v is not supported", pb.TensorProto_DataType(to), im.dt)
	}
	return passThrough(im, n)
}

// matchFlatten merges the axes before an axis and those from it on.
func matchFlatten(im *importer, n *node) (*plan, error) {
	axis := n.attrs.integer("axis", 1)
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		if axis < -int64(len(s)) || axis > int64(len(s)) {
			return nil, invalidf("axis %d of a value of %d axes", axis, len(s))
		}
		if a := (int(axis) + len(s)) % len(s); a == 1 {
			if len(s) == 2 {
				return in[0], nil
			}
			if p := im.flattened(in[0], []int{s[0], s[1:].TotalSize()}); p != nil {
				return p, nil
			}
		}
		return op.Flatten(in[0], int(axis))
	}}, nil
}

// matchReshape leaves the batch open: the size that it decides becomes 0, which keeps an axis, or −1, which takes what is
// left.
func matchReshape(im *importer, n *node) (*plan, error) {
	if im.known(n.in(1)) == nil && !im.shapey[n.in(1)] {
		return nil, unsupportedf("its shape %q depends on what the network computes", n.in(1))
	}
	if n.attrs.integer("allowzero", 0) != 0 {
		return nil, unsupportedf("allowzero is not supported")
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		to, err := im.target(n)
		if err != nil {
			return nil, err
		}
		s := in[0].Shape()
		dims, err := reshaped(s, to)
		if err != nil {
			return nil, err
		}
		if sameDims(dims, s) {
			return in[0], nil
		}
		if p := im.flattened(in[0], dims); p != nil {
			return p, nil
		}
		ints := make([]int, len(to))
		for i, d := range to {
			ints[i] = int(d)
		}
		return op.Reshape(in[0], ints...)
	}}, nil
}

// target is the target of a Reshape that serves every batch size.
func (im *importer) target(n *node) ([]int64, error) {
	shapes := im.shapesOf(n.in(0))
	known, same := im.knownAt(n.in(1))
	var lists, dims [2][]int64
	for i, c := range known {
		if c.i64 == nil || len(c.dims) > 1 || c.len() > maxRank {
			return nil, unsupportedf("its shape %q is not a list of up to %d integers", n.in(1), maxRank)
		}
		lists[i] = slices.Clone(c.i64)
		if batch := trialBatches[i]; im.fixed > 0 && same && lists[i][0] == int64(im.fixed) && len(shapes[i]) > 0 &&
			shapes[i][0] == batch {
			lists[i][0] = 0 // the batch size that the model was exported for
		}
		d, err := reshaped(shapes[i], lists[i])
		if err != nil {
			return nil, err
		}
		dims[i] = int64s(d)
	}
	if len(dims[0]) != len(dims[1]) {
		return nil, unsupportedf("the number of axes depends on the batch size")
	}
	if slices.Equal(lists[0], lists[1]) {
		return lists[0], nil
	}
	to, open := slices.Clone(lists[0]), 0
	for i := range to {
		switch moved := dims[0][i] != dims[1][i]; {
		case !moved && to[i] == -1: // there may be one only, and it is needed for the batch
			to[i] = dims[0][i]
		case moved && i < len(shapes[0]) && dims[0][i] == int64(shapes[0][i]) && dims[1][i] == int64(shapes[1][i]):
			to[i] = 0
		case moved:
			to[i] = -1
			open++
		}
	}
	if open > 1 {
		return nil, unsupportedf("its shape depends on the batch size in %d places", open)
	}
	if open == 0 { // then −1 may stay where the file has it
		for i := range to {
			if lists[0][i] == -1 && to[i] != 0 {
				to[i] = -1
			}
		}
	}
	return to, nil
}

func int64s(s []int) []int64 {
	r := make([]int64, len(s))
	for i, v := range s {
		r[i] = int64(v)
	}
	return r
}

// matchTranspose is reached where what is transposed is no weight.
func matchTranspose(_ *importer, n *node) (*plan, error) {
	given := n.attrs.integers("perm")
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		perm, err := permutation(given, in[0].Dims())
		if err != nil {
			return nil, err
		}
		if slices.IsSorted(perm) {
			return in[0], nil
		}
		return op.Transpose(in[0], perm...)
	}}, nil
}

func isMatrixTranspose(t *node) error {
	if perm := t.attrs.integers("perm"); len(perm) > 0 && !slices.Equal(perm, []int64{1, 0}) {
		return unsupportedf("%s: perm %v is not supported, only [1, 0]", t.label, perm)
	}
	return t.attrs.done()
}

// matchSqueeze drops axes of size 1: those listed, or all but the batch.
func matchSqueeze(im *importer, n *node) (*plan, error) {
	axes, err := im.intsOrAttribute(n, "axes", 13, 1)
	if err != nil {
		return nil, err
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		gone, err := squeezed(s, axes)
		if err != nil {
			return nil, err
		}
		var dims []int
		for a, d := range s {
			if !slices.Contains(gone, a) {
				dims = append(dims, d)
			}
		}
		if p := im.flattened(in[0], dims); p != nil {
			return p, nil
		}
		if len(gone) == 0 {
			return in[0], nil
		}
		return op.Squeeze(in[0], gone...)
	}}, nil
}

// matchUnsqueeze inserts axes of size 1.
func matchUnsqueeze(im *importer, n *node) (*plan, error) {
	axes, err := im.intsOrAttribute(n, "axes", 13, 1)
	if err != nil {
		return nil, err
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if _, err := unsqueezed(in[0].Shape(), axes); err != nil {
			return nil, err
		}
		at, err := axesOf(axes, in[0].Dims()+len(axes))
		if err != nil {
			return nil, err
		}
		return op.Unsqueeze(in[0], at...)
	}}, nil
}

// matchExpand broadcasts a value to a shape: it is added to zeroes of that shape.
func matchExpand(im *importer, n *node) (*plan, error) {
	p := &plan{in: n.Input[:1]}
	constant := im.consts[n.in(0)] != nil
	if constant {
		p.in = nil
	}
	if im.known(n.in(1)) == nil && !im.shapey[n.in(1)] {
		return nil, unsupportedf("its shape %q depends on what the network computes", n.in(1))
	}
	p.make = func(in gorgonia.Nodes) (x *gorgonia.Node, err error) {
		if constant {
			if x, err = im.param(n.in(0), form{scale: 1}, trained); err != nil {
				return nil, err
			}
		} else {
			x = in[0]
		}
		known, _ := im.knownAt(n.in(1))
		var dims [2][]int
		for i, c := range known {
			if c.i64 == nil || len(c.dims) > 1 {
				return nil, unsupportedf("its shape %q is not a list of integers", n.in(1))
			}
			if dims[i], err = dimsFrom(c.i64); err != nil {
				return nil, err
			}
		}
		full, err := broadcastDims(x.Shape(), dims[im.trial()])
		if err != nil {
			return nil, err
		}
		if sameDims(full, x.Shape()) {
			return x, nil
		}
		zeroes, err := im.filled(0, dims)
		if err != nil {
			return nil, err
		}
		return combined("Add", x, zeroes)
	}
	return p, nil
}

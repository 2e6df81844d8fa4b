package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// matchConcat joins values along an axis; constants among them become parameters.
func matchConcat(im *importer, n *node) (*plan, error) {
	axis := n.attrs.integer("axis", 1)
	p := &plan{}
	for _, in := range n.Input {
		if im.consts[in] == nil {
			p.in = append(p.in, in)
		}
	}
	p.make = func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		parts := make(gorgonia.Nodes, len(n.Input))
		for i, name := range n.Input {
			if im.consts[name] == nil {
				parts[i], in = in[0], in[1:]
				continue
			}
			var err error
			if parts[i], err = im.param(name, form{scale: 1}, trained); err != nil {
				return nil, err
			}
		}
		a, err := axisOf(axis, parts[0].Dims())
		if err != nil {
			return nil, err
		}
		if len(parts) == 1 {
			return parts[0], nil
		}
		return op.Concat(a, parts...)
	}
	return p, nil
}

// matchSplit cuts a value in pieces. Their sizes are an attribute until opset 12 and an input since; where they are left
// out the pieces are equal, the last one smaller if need be.
func matchSplit(im *importer, n *node) (*plan, error) {
	axis := n.attrs.integer("axis", 0)
	given, err := im.intsOrAttribute(n, "split", 13, 1)
	if err != nil {
		return nil, err
	}
	if im.opset >= 18 {
		if k := n.attrs.integer("num_outputs", int64(len(n.Output))); k != int64(len(n.Output)) {
			return nil, invalidf("num_outputs is %d, and it has %d outputs", k, len(n.Output))
		}
	}
	return &plan{in: n.Input[:1], split: func(in gorgonia.Nodes) (gorgonia.Nodes, error) {
		s := in[0].Shape()
		a, err := axisOf(axis, len(s))
		if err != nil {
			return nil, err
		}
		if err := im.uncut(n.in(0), a); err != nil {
			return nil, err
		}
		sizes, err := pieces(given, s[a], len(n.Output))
		if err != nil {
			return nil, err
		}
		out := make(gorgonia.Nodes, len(sizes))
		at := 0
		for i, size := range sizes {
			if name := n.Output[i]; name != "" && im.reads[name] > 0 {
				if size == s[a] {
					out[i] = in[0]
				} else if out[i], err = op.Slice(in[0], a, at, at+size, 1); err != nil {
					return nil, err
				}
			}
			at += size
		}
		return out, nil
	}}, nil
}

// pieces gives the sizes of a Split.
func pieces(given []int64, size, n int) ([]int, error) {
	refused := func() error {
		return invalidf("an axis of %d cannot be split into %d pieces of sizes %v", size, n, given)
	}
	sizes := make([]int, n)
	if given == nil {
		each := (size + n - 1) / n
		for i := range sizes {
			sizes[i] = min(each, size-i*each)
		}
	} else if len(given) != n {
		return nil, refused()
	}
	for i, d := range given {
		if d < 1 || d > int64(size) {
			return nil, refused()
		}
		sizes[i] = int(d)
	}
	sum := 0
	for _, d := range sizes {
		if sum += d; d < 1 || sum > size {
			return nil, refused()
		}
	}
	if sum != size {
		return nil, refused()
	}
	return sizes, nil
}

// uncut refuses to cut the axis that the batch size decides.
func (im *importer) uncut(name string, axis int) error {
	s, err := im.sizes(name)
	if err == nil && s[axis].per != 0 {
		err = unsupportedf("it cuts axis %d of %q, whose size the batch decides", axis, name)
	}
	return err
}

// matchSlice takes parts of axes.
func matchSlice(im *importer, n *node) (*plan, error) {
	if im.opset < 10 {
		for _, name := range cutLists {
			n.attrs.integers(name)
		}
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (v *gorgonia.Node, err error) {
		sizes, err := im.sizes(n.in(0))
		if err != nil {
			return nil, err
		}
		cuts, err := im.cuts(n, sizes)
		if err != nil {
			return nil, err
		}
		v = in[0]
		for _, c := range cuts {
			if c.step < 0 {
				return nil, unsupportedf("step %d is not supported, only positive ones", c.step)
			}
			if v, err = op.Slice(v, c.axis, c.start, c.end, c.step); err != nil {
				return nil, err
			}
		}
		return v, nil
	}}, nil
}

// matchGather is a lookup in a table of weights, or takes constant indices of a computed value.
func matchGather(im *importer, n *node) (*plan, error) {
	axis := n.attrs.integer("axis", 0)
	if table := im.consts[n.in(0)]; table != nil {
		if axis != 0 && axis != -int64(len(table.dims)) {
			return nil, unsupportedf("a lookup along axis %d of the constant %q is not supported, only along axis 0", axis,
				n.in(0))
		}
		return &plan{in: n.Input[1:2], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			w, err := im.param(n.in(0), form{scale: 1}, trained)
			if err != nil {
				return nil, err
			}
			return op.Embedding(w, in[0])
		}}, nil
	}
	idx := im.consts[n.in(1)]
	if idx == nil || idx.i64 == nil || len(idx.dims) > 1 {
		return nil, unsupportedf("its indices %q are not a constant list of integers", n.in(1))
	}
	if im.integers[n.in(0)] {
		return nil, unsupportedf("it computes on the integers of input %q, which can only be indices", n.in(0))
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		a, err := axisOf(axis, len(s))
		if err != nil {
			return nil, err
		}
		if err := im.uncut(n.in(0), a); err != nil {
			return nil, err
		}
		at := make([]int, len(idx.i64))
		for i, v := range idx.i64 {
			if at[i], err = axisOf(v, s[a]); err != nil {
				return nil, invalidf("index %d of axis %d of shape %s", v, a, im.shapeOf(n.in(0)))
			}
		}
		if len(idx.dims) == 1 {
			return op.Select(in[0], a, at...)
		}
		return pickOne(in[0], a, at[0])
	}}, nil
}

// pickOne takes one index of an axis, which is dropped.
func pickOne(x *gorgonia.Node, axis, i int) (*gorgonia.Node, error) {
	if x.Shape()[axis] > 1 {
		var err error
		if x, err = op.Slice(x, axis, i, i+1, 1); err != nil {
			return nil, err
		}
	}
	return op.Squeeze(x, axis)
}

// matchPad adds to the ends of axes. Pads, and since opset 11 the number to add, are inputs; until then attributes.
func matchPad(im *importer, n *node) (*plan, error) {
	if mode := n.attrs.text("mode", "constant"); mode != "constant" {
		return nil, unsupportedf("mode %q is not supported, only constant", mode)
	}
	value := 0.0
	if im.opset < 11 {
		n.attrs.integers("pads")
		value = float64(n.attrs.float("value", 0))
	} else if name := n.in(2); name != "" {
		v, ok := im.scalar(name)
		if !ok {
			return nil, unsupportedf("what it pads with, %q, is not a constant number", name)
		}
		value = v
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		pads, err := im.padding(n, in[0].Shape())
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(pads, func(p int) bool { return p != 0 }) {
			return in[0], nil
		}
		return op.Pad(in[0], value, pads...)
	}}, nil
}

// padding gives what is added before each axis, then behind each.
func (im *importer) padding(n *node, s tensor.Shape) ([]int, error) {
	given, err := im.intsOrAttribute(n, "pads", 11, 1)
	if err != nil {
		return nil, err
	}
	listed, err := im.ints(n, 3)
	if err != nil {
		return nil, err
	}
	axes, err := axesOf(listed, len(s))
	if err != nil {
		return nil, err
	}
	if len(given) != 2*len(axes) {
		return nil, invalidf("%d pads for %d axes", len(given), len(axes))
	}
	pads := make([]int, 2*len(s))
	for i, a := range axes {
		for end := range 2 {
			p := given[end*len(axes)+i]
			if p < 0 || p > maxSize {
				return nil, unsupportedf("pads %v are not supported, only from 0 to %d", given, maxSize)
			}
			pads[end*len(s)+a] = int(p)
		}
	}
	if pads[0] != 0 || pads[len(s)] != 0 {
		return nil, unsupportedf("it pads the leading axis, which is the batch")
	}
	return pads, nil
}

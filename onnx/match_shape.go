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
		s, err := im.sizes(n.in(0))
		if err != nil {
			return nil, err
		}
		if axis < -int64(len(s)) || axis > int64(len(s)) {
			return nil, invalidf("axis %d of a value of %d axes", axis, len(s))
		}
		a := int(axis)
		if a < 0 {
			a += len(s)
		}
		cols := in[0].Shape()[a:].TotalSize()
		switch {
		case a == 1 && len(s) == 2:
			return in[0], nil
		case a == 1:
			if p := im.flattened(in[0], []int{in[0].Shape()[0], cols}); p != nil {
				return p, nil
			}
		case a == 0 || slices.ContainsFunc(s[a:], func(d affine) bool { return d.per != 0 }):
			rows := 1
			if a > 0 {
				rows = in[0].Shape()[:a].TotalSize()
			}
			return op.Reshape(in[0], rows, -1)
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
		dims, to, err := im.target(n)
		if err != nil {
			return nil, err
		}
		from, err := im.sizes(n.in(0))
		if err != nil {
			return nil, err
		}
		if slices.Equal(dims, from) {
			return in[0], nil
		}
		if p := im.flattened(in[0], im.numbersOf(dims)); p != nil {
			return p, nil
		}
		return op.Reshape(in[0], to...)
	}}, nil
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
		gone, err := im.dropped(n.in(0), axes)
		if err != nil {
			return nil, err
		}
		var dims []int
		for a, d := range in[0].Shape() {
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

// dropped lists the axes of a computed value that a Squeeze drops. Without a list these are all of size 1: the batch stays,
// also where it is 1, unless the file declares that.
func (im *importer) dropped(name string, axes []int64) (gone []int, err error) {
	s, err := im.sizes(name)
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 {
		for a, d := range s {
			if d.is(1) {
				gone = append(gone, a)
			}
			if d.per != 0 && d.at(im.fixed) == 1 && im.fixed > 0 {
				return nil, unsupportedf("it drops axis %d of %q, which is the batch", a, name)
			}
		}
		return gone, nil
	}
	if gone, err = axesOf(axes, len(s)); err != nil {
		return nil, err
	}
	for _, a := range gone {
		switch {
		case s[a].per != 0 && (im.fixed == 0 || s[a].at(im.fixed) == 1):
			return nil, unsupportedf("it drops axis %d of %q, which is the batch", a, name)
		case !s[a].is(1):
			return nil, invalidf("axis %d of %s has not size 1", a, im.sizesText(s))
		}
	}
	return gone, nil
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
		full, err := im.expanded(n, x)
		if err != nil {
			return nil, err
		}
		if sameDims(im.numbersOf(full), x.Shape()) {
			return x, nil
		}
		zeroes, err := im.filled(0, full)
		if err != nil {
			return nil, err
		}
		return combined("Add", x, zeroes)
	}
	return p, nil
}

// expanded gives the sizes that an Expand makes of x: of a size and 1 the size. The batch may stand there as 1, as itself
// or, in a file that declares it, as its number.
func (im *importer) expanded(n *node, x *gorgonia.Node) ([]affine, error) {
	from := make([]affine, x.Dims())
	for a, d := range x.Shape() {
		from[a] = affine{n: int64(d)}
	}
	if im.consts[n.in(0)] == nil {
		var err error
		if from, err = im.sizes(n.in(0)); err != nil {
			return nil, err
		}
	}
	to, err := im.affines(n, 1)
	if err != nil {
		return nil, err
	}
	rank := max(len(from), len(to))
	full := make([]affine, rank)
	for a := range full {
		f, t := affine{n: 1}, affine{n: 1}
		if i := a - rank + len(from); i >= 0 {
			f = from[i]
		}
		if i := a - rank + len(to); i >= 0 {
			t = to[i]
		}
		switch {
		case f == t || t.is(1):
			full[a] = f
		case f.is(1) && (t.per != 0 || t.n > 0):
			full[a] = t
		case im.fixed > 0 && f.at(im.fixed) == t.at(im.fixed):
			if full[a] = f; t.per != 0 {
				full[a] = t
			}
		case f.per == 0 && t.per == 0 || im.fixed > 0:
			return nil, invalidf("a value of shape %s cannot be expanded to %s", im.sizesText(from), im.sizesText(to))
		default:
			return nil, unsupportedf("a value of shape %s is expanded to %s, which fits only some batch sizes",
				im.sizesText(from), im.sizesText(to))
		}
	}
	return full, nil
}

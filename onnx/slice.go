package onnx

import (
	"math"
	"slices"
)

// cut is what a Slice takes of one axis: start, start+step, …, up to but without end. A negative step goes down.
type cut struct{ axis, start, end, step int }

func (c cut) size() int {
	if c.step < 0 {
		return (c.start - c.end - c.step - 1) / -c.step
	}
	return (c.end - c.start + c.step - 1) / c.step
}

var cutLists = [4]string{"starts", "ends", "axes", "steps"}

// cuts reads a Slice of a value of these sizes, without the axes that it leaves whole. An axis that follows the batch
// must be whole at every batch size. Until opset 9 the bounds are attributes.
func (im *importer) cuts(n *node, dims []affine) ([]cut, error) {
	var lists [4][]affine
	for i, name := range cutLists {
		var err error
		if lists[i], err = im.bounds(n, name, i+1); err != nil {
			return nil, err
		}
	}
	starts, ends, steps := lists[0], lists[1], lists[3]
	listed := make([]int64, len(lists[2]))
	for i, a := range lists[2] {
		if a.per != 0 {
			return nil, unsupportedf("its axes depend on the batch size")
		}
		listed[i] = a.n
	}
	if len(ends) != len(starts) || lists[2] != nil && len(listed) != len(starts) ||
		steps != nil && len(steps) != len(starts) || len(starts) > len(dims) {
		return nil, invalidf("%d starts, %d ends, %d axes and %d steps for %d axes", len(starts), len(ends), len(listed),
			len(steps), len(dims))
	}
	if len(starts) == 0 {
		return nil, nil
	}
	axes, err := axesOf(listed, len(dims))
	if err != nil {
		return nil, err
	}
	var all []cut
	for i := range starts {
		step := affine{n: 1}
		if steps != nil {
			step = steps[i]
		}
		c, err := im.cutOf(n.in(0), dims, axes[i], starts[i], ends[i], step)
		if err != nil {
			return nil, err
		}
		if c.step != 1 || c.size() != int(dims[c.axis].at(im.at.batch)) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b cut) int { return a.axis - b.axis })
	return all, nil
}

// bounds reads a list of a Slice; nil where it is left out.
func (im *importer) bounds(n *node, name string, i int) ([]affine, error) {
	if im.opset >= 10 {
		if n.in(i) == "" {
			return nil, nil
		}
		return im.affines(n, i)
	}
	var list []affine
	for _, v := range n.attrs.integers(name) {
		list = append(list, affine{n: v})
	}
	return list, nil
}

// cutOf is a cut of one axis of the value called name.
func (im *importer) cutOf(name string, dims []affine, axis int, start, end, step affine) (c cut, err error) {
	if step.per != 0 {
		return c, unsupportedf("its step depends on the batch size")
	}
	if step.n == 0 {
		return c, invalidf("step 0 of axis %d", axis)
	}
	d := dims[axis]
	if d.per != 0 {
		if step.n == 1 && im.whole(d, start, end) {
			return cut{axis, 0, int(d.at(im.at.batch)), 1}, nil
		}
		return c, unsupportedf("it cuts axis %d of %q, whose size the batch decides: from %s to %s by %d", axis, name,
			im.dimText(start), im.dimText(end), step.n)
	}
	if start.per != 0 || end.per != 0 {
		return c, unsupportedf("what it takes of axis %d of %q depends on the batch size: from %s to %s", axis, name,
			im.dimText(start), im.dimText(end))
	}
	size := int(d.n)
	c = cut{axis: axis, step: int(max(min(step.n, d.n), -d.n))}
	c.start, c.end = clampIndex(start.n, size), clampIndex(end.n, size)
	if c.step < 0 { // from the last index at most, down to and with the first at least
		c.start = min(c.start, size-1)
		if end.n < -d.n {
			c.end = -1
		}
	}
	if c.size() < 1 || (c.start >= c.end) == (c.step > 0) {
		return c, unsupportedf("the part from %d to %d of axis %d, which has %d, is empty", start.n, end.n, axis, size)
	}
	return c, nil
}

// whole tells whether all of an axis that follows the batch lies between two bounds, at every batch size or, where the
// file declares one, at that.
func (im *importer) whole(d, start, end affine) bool {
	if im.fixed > 0 {
		size := d.at(im.fixed)
		s, e := start.at(im.fixed), end.at(im.fixed)
		return (s == 0 || s <= -size) && (e >= size)
	}
	if d.n != 0 {
		return false
	}
	begins := start.is(0) || start == affine{per: -d.per} || start.per == 0 && start.n <= math.MinInt32
	ends := end.per == d.per && end.n >= 0 || end.per > d.per && end.n >= 0 || end.per == 0 && end.n >= math.MaxInt32
	return begins && ends
}

package onnx

import "slices"

// cut is what a Slice takes of one axis: start, start+step, …, up to but without end. A negative step goes down.
type cut struct{ axis, start, end, step int }

func (c cut) size() int {
	if c.step < 0 {
		return (c.start - c.end - c.step - 1) / -c.step
	}
	return (c.end - c.start + c.step - 1) / c.step
}

var cutLists = [4]string{"starts", "ends", "axes", "steps"}

// cuts reads a Slice of a value of these dimensions. Until opset 9 the bounds are attributes.
func (im *importer) cuts(n *node, dims []int) ([]cut, error) {
	var lists [4][]int64
	for i, name := range cutLists {
		var err error
		if lists[i], err = im.intsOrAttribute(n, name, 10, i+1); err != nil {
			return nil, err
		}
	}
	starts, ends, listed, steps := lists[0], lists[1], lists[2], lists[3]
	if len(starts) == 0 || len(ends) != len(starts) || listed != nil && len(listed) != len(starts) ||
		steps != nil && len(steps) != len(starts) || len(starts) > len(dims) {
		return nil, invalidf("%d starts, %d ends, %d axes and %d steps for %d axes", len(starts), len(ends), len(listed),
			len(steps), len(dims))
	}
	axes, err := axesOf(listed, len(dims))
	if err != nil {
		return nil, err
	}
	var all []cut
	for i := range starts {
		a := axes[i]
		c := cut{axis: a, step: 1}
		if steps != nil {
			if steps[i] == 0 {
				return nil, invalidf("step 0 of axis %d", a)
			}
			c.step = int(max(min(steps[i], int64(dims[a])), -int64(dims[a])))
		}
		c.start, c.end = clampIndex(starts[i], dims[a]), clampIndex(ends[i], dims[a])
		if c.step < 0 { // from the last index at most, down to and with the first at least
			c.start = min(c.start, dims[a]-1)
			if ends[i] < -int64(dims[a]) {
				c.end = -1
			}
		}
		if c.size() < 1 || (c.start >= c.end) == (c.step > 0) {
			return nil, unsupportedf("the part from %d to %d of axis %d, which has %d, is empty", starts[i], ends[i], a, dims[a])
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b cut) int { return a.axis - b.axis })
	return all, nil
}

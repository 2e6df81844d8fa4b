package onnx

import "slices"

// foldConcat joins constants along an axis.
func foldConcat(im *importer, n *node) (*constant, error) {
	parts := make([]*constant, len(n.Input))
	for i := range n.Input {
		var err error
		if parts[i], err = im.operand(n, i); err != nil {
			return nil, err
		}
	}
	first := parts[0]
	axis, err := axisOf(n.attrs.integer("axis", 0), len(first.dims))
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(first.dims)
	dims[axis] = 0
	inner := make([]int, len(parts)) // what one part gives in a row
	for i, p := range parts {
		if len(p.dims) != len(dims) || !p.sameType(first) {
			return nil, invalidf("%q and %q cannot be joined", n.in(0), n.in(i))
		}
		inner[i] = 1
		for a, d := range p.dims {
			if a != axis && d != dims[a] {
				return nil, invalidf("dimensions %v and %v cannot be joined along axis %d", first.dims, p.dims, axis)
			}
			if a >= axis {
				inner[i] *= d
			}
		}
		dims[axis] += p.dims[axis]
	}
	if _, err := im.sized(dims); err != nil {
		return nil, err
	}
	outer := 1
	for _, d := range dims[:axis] {
		outer *= d
	}
	r := &constant{dims: dims}
	follows := slices.ContainsFunc(parts, (*constant).follows)
	var per []int64
	for row := range outer {
		for i, p := range parts {
			lo, hi := row*inner[i], (row+1)*inner[i]
			switch {
			case p.f32 != nil:
				r.f32 = append(r.f32, p.f32[lo:hi]...)
			case p.f64 != nil:
				r.f64 = append(r.f64, p.f64[lo:hi]...)
			default:
				r.i64 = append(r.i64, p.i64[lo:hi]...)
			}
			for j := lo; j < hi && follows; j++ {
				per = append(per, p.perAt(j))
			}
		}
	}
	r.per = per
	return r, n.attrs.done()
}

func (c *constant) sameType(o *constant) bool {
	return (c.f32 != nil) == (o.f32 != nil) && (c.f64 != nil) == (o.f64 != nil)
}

// foldGather picks indices along an axis of a constant: an element of a shape, for example.
func foldGather(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	idx, err := im.operand(n, 1)
	if err != nil {
		return nil, err
	}
	axis, err := axisOf(n.attrs.integer("axis", 0), len(c.dims))
	if err != nil {
		return nil, err
	}
	if idx.i64 == nil {
		return nil, invalidf("the indices %q are not integers", n.in(1))
	}
	if idx.follows() {
		return nil, unsupportedf("its indices %q depend on the batch size", n.in(1))
	}
	if err := im.steady(n.in(0), axis); err != nil {
		return nil, err
	}
	at := make([]int, len(idx.i64))
	for i, v := range idx.i64 {
		if at[i], err = axisOf(v, c.dims[axis]); err != nil {
			return nil, invalidf("index %d of an axis of %d", v, c.dims[axis])
		}
	}
	dims := slices.Concat(c.dims[:axis], idx.dims, c.dims[axis+1:])
	inner := 1
	for _, d := range c.dims[axis+1:] {
		inner *= d
	}
	r, err := im.gathered(c, dims, func(i int) int {
		row, col := i/inner, i%inner
		return (row/len(at)*c.dims[axis]+at[row%len(at)])*inner + col
	})
	if err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

// foldSlice takes a part of a constant.
func foldSlice(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	sizes, err := im.sizes(n.in(0))
	if err != nil {
		return nil, err
	}
	cuts, err := im.cuts(n, sizes)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(c.dims)
	for _, cut := range cuts {
		dims[cut.axis] = cut.size()
	}
	from := make([]int, len(dims))
	r, err := im.gathered(c, dims, func(i int) int {
		coordinates(from, i, dims)
		for _, cut := range cuts {
			from[cut.axis] = cut.start + from[cut.axis]*cut.step
		}
		return flat(from, c.dims)
	})
	if err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

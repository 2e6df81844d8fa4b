package onnx

import "slices"

// foldShape gives the shape of a value, or since opset 15 a part of it.
func foldShape(im *importer, n *node) (*constant, error) {
	dims, err := im.dimsOf(n)
	if err != nil {
		return nil, err
	}
	start, end := n.attrs.integer("start", 0), n.attrs.integer("end", int64(len(dims)))
	lo, hi := clampIndex(start, len(dims)), clampIndex(end, len(dims))
	if lo >= hi {
		return nil, unsupportedf("a part of a shape from %d to %d is empty", start, end)
	}
	r := &constant{dims: []int{hi - lo}}
	for _, d := range dims[lo:hi] {
		r.i64 = append(r.i64, int64(d))
	}
	return r, n.attrs.done()
}

// foldSize gives the number of elements of a value.
func foldSize(im *importer, n *node) (*constant, error) {
	dims, err := im.dimsOf(n)
	if err != nil {
		return nil, err
	}
	size := int64(1)
	for _, d := range dims {
		size *= int64(d)
	}
	return &constant{i64: []int64{size}}, n.attrs.done()
}

// dimsOf gives the dimensions of what a node reads, computed or known.
func (im *importer) dimsOf(n *node) ([]int, error) {
	if v := im.at.values[n.in(0)]; v != nil {
		return v.Shape(), nil
	}
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	return c.dims, nil
}

func clampIndex(i int64, n int) int {
	if i < 0 {
		i += int64(n)
	}
	return int(min(max(i, 0), int64(n)))
}

// foldReshape gives a constant other dimensions.
func foldReshape(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	to, err := im.ints(n, 1)
	if err != nil {
		return nil, err
	}
	if n.attrs.integer("allowzero", 0) != 0 {
		return nil, unsupportedf("allowzero is not supported")
	}
	dims, err := reshaped(c.dims, to)
	if err != nil {
		return nil, err
	}
	r := c.relabelled()
	r.dims = dims
	return r, n.attrs.done()
}

// relabelled is a copy that gets other dimensions. As a parameter it keeps its name, if it can.
func (c *constant) relabelled() *constant {
	r := *c
	r.origin = c.paramName()
	return &r
}

func (c *constant) paramName() string {
	if c.origin != "" {
		return c.origin
	}
	return c.name
}

// reshaped follows ONNX's rules for the target of a Reshape: 0 keeps a dimension, one −1 takes what is left.
func reshaped(from []int, to []int64) ([]int, error) {
	refused := func() error { return invalidf("dimensions %v cannot be reshaped to %v", from, to) }
	total := 1
	for _, d := range from {
		total *= d
	}
	dims, open, size := make([]int, 0, len(to)), -1, 1
	for i, d := range to {
		if d == 0 && i < len(from) {
			d = int64(from[i])
		}
		if d == -1 && open < 0 {
			open, d = i, 1
		}
		if d < 1 || d > int64(total/size) {
			return nil, refused()
		}
		size *= int(d)
		dims = append(dims, int(d))
	}
	if open >= 0 {
		dims[open] = total / size
		size *= dims[open]
	}
	if size != total {
		return nil, refused()
	}
	return dims, nil
}

// foldTranspose permutes the axes of a constant.
func foldTranspose(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	perm, err := permutation(n.attrs.integers("perm"), len(c.dims))
	if err != nil {
		return nil, err
	}
	dims, from, to := make([]int, len(perm)), make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		dims[i] = c.dims[p]
	}
	r, err := im.gathered(c, dims, func(i int) int {
		coordinates(to, i, dims)
		for a, p := range perm {
			from[p] = to[a]
		}
		return flat(from, c.dims)
	})
	if err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

// permutation reads the perm of a Transpose, which reverses the axes unless it is given.
func permutation(given []int64, rank int) ([]int, error) {
	if len(given) == 0 {
		perm := make([]int, rank)
		for i := range perm {
			perm[i] = rank - 1 - i
		}
		return perm, nil
	}
	perm, err := axesOf(given, rank)
	if err == nil && len(perm) != rank {
		err = invalidf("perm %v does not permute %d axes", given, rank)
	}
	return perm, err
}

// foldUnsqueeze inserts axes of size 1.
func foldUnsqueeze(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	axes, err := im.intsOrAttribute(n, "axes", 13, 1)
	if err != nil {
		return nil, err
	}
	r := c.relabelled()
	if r.dims, err = unsqueezed(c.dims, axes); err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

func unsqueezed(dims []int, axes []int64) ([]int, error) {
	if len(axes) == 0 {
		return nil, invalidf("no axes to insert")
	}
	if len(axes) > maxRank {
		return nil, unsupportedf("%d axes to insert; values of up to %d axes are supported", len(axes), maxRank)
	}
	rank := len(dims) + len(axes)
	at, err := axesOf(axes, rank)
	if err != nil {
		return nil, err
	}
	out := make([]int, 0, rank)
	for a, next := 0, 0; a < rank; a++ {
		if slices.Contains(at, a) {
			out = append(out, 1)
			continue
		}
		out = append(out, dims[next])
		next++
	}
	return out, nil
}

// foldSqueeze drops axes of size 1.
func foldSqueeze(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	axes, err := im.intsOrAttribute(n, "axes", 13, 1)
	if err != nil {
		return nil, err
	}
	gone, err := squeezed(c.dims, axes)
	if err != nil {
		return nil, err
	}
	r := c.relabelled()
	r.dims = nil
	for a, d := range c.dims {
		if !slices.Contains(gone, a) {
			r.dims = append(r.dims, d)
		}
	}
	return r, n.attrs.done()
}

// squeezed lists the axes that a Squeeze drops; without a list all of size 1.
func squeezed(dims []int, axes []int64) (gone []int, err error) {
	if len(axes) == 0 {
		for a, d := range dims {
			if d == 1 {
				gone = append(gone, a)
			}
		}
		return gone, nil
	}
	if gone, err = axesOf(axes, len(dims)); err != nil {
		return nil, err
	}
	for _, a := range gone {
		if dims[a] != 1 {
			return nil, invalidf("axis %d of %v has not size 1", a, dims)
		}
	}
	return gone, nil
}

// foldConstantOfShape fills a shape with one number.
func foldConstantOfShape(im *importer, n *node) (*constant, error) {
	to, err := im.ints(n, 0)
	if err != nil {
		return nil, err
	}
	value := &constant{f32: []float32{0}}
	if t := n.attrs.tensor("value"); t != nil {
		if value, err = decodeConstant(t, nil); err != nil {
			return nil, err
		}
	}
	if value.len() != 1 {
		return nil, invalidf("its value has %d numbers where one is needed", value.len())
	}
	dims, err := dimsFrom(to)
	if err != nil {
		return nil, err
	}
	r, err := im.gathered(value, dims, func(int) int { return 0 })
	if err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

// dimsFrom reads dimensions that a file computes.
func dimsFrom(list []int64) ([]int, error) {
	dims := make([]int, len(list))
	for i, d := range list {
		if d < 0 || d > maxBytes {
			return nil, invalidf("dimensions %v", list)
		}
		dims[i] = int(d)
	}
	return dims, nil
}

// foldExpand broadcasts a constant to a shape.
func foldExpand(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	to, err := im.ints(n, 1)
	if err != nil {
		return nil, err
	}
	dims, err := dimsFrom(to)
	if err != nil {
		return nil, err
	}
	if dims, err = broadcastDims(c.dims, dims); err != nil {
		return nil, err
	}
	r, err := im.broadcast(c, dims)
	if err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

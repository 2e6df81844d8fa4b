package onnx

import "slices"

// foldShape gives the shape of a value, or since opset 15 a part of it.
func foldShape(im *importer, n *node) (*constant, error) {
	dims, err := im.sizes(n.in(0))
	if err != nil {
		return nil, err
	}
	start, end := n.attrs.integer("start", 0), n.attrs.integer("end", int64(len(dims)))
	lo, hi := clampIndex(start, len(dims)), clampIndex(end, len(dims))
	if lo >= hi {
		return nil, unsupportedf("a part of a shape from %d to %d is empty", start, end)
	}
	r := &constant{dims: []int{hi - lo}}
	r.i64 = make([]int64, hi-lo)
	for i, d := range dims[lo:hi] {
		r.i64[i] = d.at(im.at.batch)
		r.setPer(i, d.per)
	}
	return r, n.attrs.done()
}

// foldSize gives the number of elements of a value.
func foldSize(im *importer, n *node) (*constant, error) {
	dims, err := im.sizes(n.in(0))
	if err != nil {
		return nil, err
	}
	r := &constant{i64: []int64{1}}
	for _, d := range dims {
		if err := r.multiply(affine{d.at(im.at.batch), d.per}); err != nil {
			return nil, err
		}
	}
	return r, n.attrs.done()
}

// multiply multiplies the number that c holds by another, of which n is the value at the present batch. Two factors that
// follow the batch give a product that is loose.
func (c *constant) multiply(by affine) error {
	v, ok := mulInts(c.i64[0], by.n)
	per, fits := c.perAt(0), true
	switch {
	case per == loose || by.per == loose || per != 0 && by.per != 0:
		per = loose
	case per != 0:
		per, fits = mulInts(per, by.n)
	default:
		per, fits = mulInts(by.per, c.i64[0])
	}
	if !ok || !fits {
		return unsupportedf("the product of sizes overflows")
	}
	c.i64[0] = v
	c.setPer(0, per)
	return nil
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
	from, err := im.sizes(n.in(0))
	if err != nil {
		return nil, err
	}
	to, err := im.affines(n, 1)
	if err != nil {
		return nil, err
	}
	if n.attrs.integer("allowzero", 0) != 0 {
		return nil, unsupportedf("allowzero is not supported")
	}
	dims, err := im.reshaped(from, to)
	if err != nil {
		return nil, err
	}
	r := c.relabelled()
	r.dims = im.numbersOf(dims)
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
	to, err := im.affines(n, 0)
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
	dims, err := im.dimsFrom(to)
	if err != nil {
		return nil, err
	}
	r, err := im.gathered(value, dims, func(int) int { return 0 })
	if err != nil {
		return nil, err
	}
	return r, n.attrs.done()
}

// dimsFrom gives dimensions that a file computes, at the present batch.
func (im *importer) dimsFrom(list []affine) ([]int, error) {
	dims := make([]int, len(list))
	for i, a := range list {
		d := a.at(im.at.batch)
		if a.per == 0 && d < 0 {
			return nil, invalidf("dimensions %s", im.sizesText(list))
		}
		if d < 0 || d > maxBytes {
			return nil, unsupportedf("dimensions %s", im.sizesText(list))
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
	to, err := im.affines(n, 1)
	if err != nil {
		return nil, err
	}
	dims, err := im.dimsFrom(to)
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

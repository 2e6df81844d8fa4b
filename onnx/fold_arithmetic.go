package onnx

import "math"

// maxRank bounds the axes of a value.
const maxRank = 16

// broadcastDims is numpy's rule.
func broadcastDims(a, b []int) ([]int, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := append([]int(nil), a...)
	skip := len(a) - len(b)
	for i, d := range b {
		switch o := &out[skip+i]; {
		case *o == 1:
			*o = d
		case d != 1 && d != *o:
			return nil, invalidf("dimensions %v and %v do not fit each other", a, b)
		}
	}
	return out, nil
}

// broadcast repeats a constant to dims, which it fits.
func (im *importer) broadcast(c *constant, dims []int) (*constant, error) {
	at, from := make([]int, len(dims)), make([]int, len(c.dims))
	skip := len(dims) - len(c.dims)
	return im.gathered(c, dims, func(i int) int {
		coordinates(at, i, dims)
		for a, d := range c.dims {
			if from[a] = at[skip+a]; d == 1 {
				from[a] = 0
			}
		}
		return flat(from, c.dims)
	})
}

type folder = func(*importer, *node) (*constant, error)

// foldBinary computes an elementwise operator of two constants. Sizes says what it makes of integers of which one at least
// follows the batch; without it, and of floats, the result is loose.
func foldBinary(onInts func(a, b int64) (int64, bool), onFloats func(a, b float64) float64,
	sizes func(im *importer, a, b affine) (affine, bool)) folder {
	return func(im *importer, n *node) (*constant, error) {
		a, err := im.operand(n, 0)
		if err != nil {
			return nil, err
		}
		b, err := im.operand(n, 1)
		if err != nil {
			return nil, err
		}
		n.attrs.ignore("fmod")
		if !a.sameType(b) {
			return nil, invalidf("%q and %q have different types", n.in(0), n.in(1))
		}
		dims, err := broadcastDims(a.dims, b.dims)
		if err != nil {
			return nil, err
		}
		if a, err = im.broadcast(a, dims); err != nil {
			return nil, err
		}
		if b, err = im.broadcast(b, dims); err != nil {
			return nil, err
		}
		for i := range a.len() {
			if p, q := a.perAt(i), b.perAt(i); p != 0 || q != 0 {
				im.combineSizes(a, b, i, sizes)
			} else if a.i64 != nil {
				v, ok := onInts(a.i64[i], b.i64[i])
				if !ok {
					return nil, unsupportedf("%d and %d have no result that an int64 holds", a.i64[i], b.i64[i])
				}
				a.i64[i] = v
			}
		}
		for i := range a.f32 { // float64 and rounded once: the same as float32 arithmetic for these operators
			a.f32[i] = float32(onFloats(float64(a.f32[i]), float64(b.f32[i])))
		}
		for i := range a.f64 {
			a.f64[i] = onFloats(a.f64[i], b.f64[i])
		}
		return a, n.attrs.done()
	}
}

// combineSizes puts what sizes makes of elements i of a and b into a.
func (im *importer) combineSizes(a, b *constant, i int, sizes func(im *importer, a, b affine) (affine, bool)) {
	if a.i64 != nil && sizes != nil {
		x, ok := im.affineAt(a, i)
		y, ok2 := im.affineAt(b, i)
		if ok && ok2 {
			if r, ok := sizes(im, x, y); ok {
				a.i64[i] = r.at(im.at.batch)
				a.setPer(i, r.per)
				return
			}
		}
	}
	a.setPer(i, loose)
}

// What arithmetic makes of sizes that follow the batch; false where the result is no such size.

func addSizes(_ *importer, a, b affine) (affine, bool) {
	n, ok := addInts(a.n, b.n)
	per, ok2 := addInts(a.per, b.per)
	return affine{n, per}, ok && ok2 && per != loose
}

func subSizes(im *importer, a, b affine) (affine, bool) {
	n, ok := subInts(a.n, b.n)
	per, ok2 := subInts(a.per, b.per)
	return affine{n, per}, ok && ok2 && per != loose
}

func mulSizes(_ *importer, a, b affine) (affine, bool) {
	if a.per != 0 {
		a, b = b, a
	}
	if a.per != 0 {
		return affine{}, false
	}
	n, ok := mulInts(a.n, b.n)
	per, ok2 := mulInts(a.n, b.per)
	return affine{n, per}, ok && ok2 && per != loose
}

// divSizes divides without a rest: (k·N)/k, and (k·N)/N.
func divSizes(_ *importer, a, b affine) (affine, bool) {
	switch {
	case b.per == 0 && b.n > 0 && a.n%b.n == 0 && a.per%b.n == 0:
		return affine{a.n / b.n, a.per / b.n}, true
	case b.per != 0 && a.per%b.per == 0 && a.per/b.per*b.n == a.n:
		return affine{n: a.per / b.per}, true
	}
	return affine{}, false
}

// equalSizes compares at every batch size or, where the file declares one, at that.
func equalSizes(im *importer, a, b affine) (affine, bool) {
	per, n := a.per-b.per, a.n-b.n
	switch {
	case im.fixed > 0:
		return affine{n: truth(a.at(im.fixed) == b.at(im.fixed))}, true
	case per == 0:
		return affine{n: truth(n == 0)}, true
	case n%per == 0 && -n/per >= 1:
		return affine{}, false // at one batch size
	}
	return affine{}, true
}

// foldUnary computes a function of each float of a constant.
func foldUnary(f func(float64) float64) folder {
	return func(im *importer, n *node) (*constant, error) {
		c, err := im.operand(n, 0)
		if err != nil {
			return nil, err
		}
		r, err := im.broadcast(c, c.dims)
		if err != nil {
			return nil, err
		}
		for i, v := range r.i64 { // integers of a shape: exact in float64, or no shape
			r.i64[i] = int64(f(float64(v)))
		}
		for i, v := range r.f32 {
			r.f32[i] = float32(f(float64(v)))
		}
		for i, v := range r.f64 {
			r.f64[i] = f(v)
		}
		for i, p := range r.per {
			if p != 0 {
				r.per[i] = loose
			}
		}
		return r, n.attrs.done()
	}
}

// Integers that overflow are no shape: they are refused.
func addInts(a, b int64) (int64, bool) { s := a + b; return s, (s > a) == (b > 0) }
func subInts(a, b int64) (int64, bool) { d := a - b; return d, (d < a) == (b > 0) }
func divInts(a, b int64) (int64, bool) {
	if b == 0 || b == -1 && a == math.MinInt64 {
		return 0, false
	}
	return a / b, true // rounds towards zero, as ONNX does
}
func mulInts(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	p := a * b
	return p, p/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
}

// powInts is a power of a size; false where it overflows, which no shape comes near.
func powInts(a, b int64) (int64, bool) {
	v := math.Pow(float64(a), float64(b))
	return int64(v), math.Abs(v) < 1<<52
}

func addFloats(a, b float64) float64 { return a + b }
func subFloats(a, b float64) float64 { return a - b }
func mulFloats(a, b float64) float64 { return a * b }
func divFloats(a, b float64) float64 { return a / b }

// foldEqual compares two constants, as the expansion of shapes with −1 does.
func foldEqual(im *importer, n *node) (*constant, error) {
	r, err := foldBinary(func(a, b int64) (int64, bool) { return truth(a == b), true },
		func(a, b float64) float64 { return float64(truth(a == b)) }, equalSizes)(im, n)
	if err == nil && r.i64 == nil {
		return nil, unsupportedf("it compares numbers that are no integers")
	}
	return r, err
}

// foldWhere picks from two constants by a third.
func foldWhere(im *importer, n *node) (*constant, error) {
	var c [3]*constant
	var dims []int
	for i := range c {
		var err error
		if c[i], err = im.operand(n, i); err != nil {
			return nil, err
		}
		if dims, err = broadcastDims(dims, c[i].dims); err != nil {
			return nil, err
		}
	}
	for i := range c {
		var err error
		if c[i], err = im.broadcast(c[i], dims); err != nil {
			return nil, err
		}
	}
	if c[0].i64 == nil || !c[1].sameType(c[2]) {
		return nil, invalidf("%q, %q and %q are not booleans and two values of one type", n.in(0), n.in(1), n.in(2))
	}
	for i, yes := range c[0].i64 {
		switch a, b := c[1], c[2]; {
		case a.number(i) == b.number(i) && a.perAt(i) == b.perAt(i):
		case c[0].perAt(i) != 0:
			a.setPer(i, loose)
		case yes != 0:
		case a.f32 != nil:
			a.f32[i] = b.f32[i]
		case a.f64 != nil:
			a.f64[i] = b.f64[i]
		default:
			a.i64[i] = b.i64[i]
		}
		if c[0].perAt(i) == 0 && yes == 0 {
			c[1].setPer(i, c[2].perAt(i))
		}
	}
	return c[1], n.attrs.done()
}

// foldRange counts, up to a limit that may follow the batch where it counts by one.
func foldRange(im *importer, n *node) (*constant, error) {
	var v [3]affine
	for i := range v {
		c, err := im.operand(n, i)
		if err != nil {
			return nil, err
		}
		var ok bool
		if c.i64 == nil || c.len() != 1 {
			return nil, unsupportedf("its input %q is not an integer", n.in(i))
		}
		if v[i], ok = im.affineAt(c, 0); !ok {
			return nil, unsupportedf("its input %q depends on the batch size in a way that is not followed", n.in(i))
		}
	}
	start, limit, delta := v[0].at(im.at.batch), v[1].at(im.at.batch), v[2].n
	follows := v[0].per != 0 || v[1].per != 0
	if delta <= 0 || v[2].per != 0 || delta > maxBytes || start >= limit || limit > maxBytes || start < -maxBytes ||
		follows && (delta != 1 || v[0].at(1) >= v[1].at(1)) {
		return nil, unsupportedf("a range from %s to %s by %s is not supported", im.dimText(v[0]), im.dimText(v[1]),
			im.dimText(v[2]))
	}
	size := int((limit - start + delta - 1) / delta)
	if err := im.spend(size); err != nil {
		return nil, err
	}
	r := &constant{dims: []int{size}, i64: make([]int64, size)}
	for i := range r.i64 {
		r.i64[i] = start + int64(i)*delta
		r.setPer(i, v[0].per)
	}
	return r, n.attrs.done()
}

// foldProduct is ReduceProd of all elements of a list of integers, the size of a shape.
func foldProduct(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	axes, err := im.intsOrAttribute(n, "axes", 18, 1)
	if err != nil {
		return nil, err
	}
	keep := n.attrs.integer("keepdims", 1) != 0
	n.attrs.ignore("noop_with_empty_axes")
	if c.i64 == nil || len(c.dims) > 1 || len(axes) > 1 || len(axes) == 1 && axes[0] != 0 && axes[0] != -1 {
		return nil, unsupportedf("only the product of a list of integers is supported")
	}
	r := &constant{i64: []int64{1}}
	for i, v := range c.i64 {
		if err := r.multiply(affine{v, c.perAt(i)}); err != nil {
			return nil, err
		}
	}
	if keep && len(c.dims) > 0 {
		r.dims = []int{1}
	}
	return r, n.attrs.done()
}

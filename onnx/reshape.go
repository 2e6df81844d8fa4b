package onnx

import "slices"

// A reshape's sizes: the numbers of an example, and how often the batch is a factor of them.
type product struct {
	n     int64
	times int
}

func (p *product) multiply(a affine) bool {
	f := a.n
	if a.per != 0 {
		if a.n != 0 {
			return false // as of N+1: no reshape makes sense of it
		}
		f = a.per
		p.times++
	}
	var ok bool
	p.n, ok = mulInts(p.n, f)
	return ok && p.n <= maxBytes
}

// reshaped follows ONNX's rules for the target of a Reshape: 0 keeps a dimension, one −1 takes what is left.
func (im *importer) reshaped(from, to []affine) ([]affine, error) {
	what := func() string {
		return "dimensions " + im.sizesText(from) + " cannot be reshaped to " + im.sizesText(to)
	}
	all, given := product{n: 1}, product{n: 1}
	for _, d := range from {
		if !all.multiply(d) {
			return nil, unsupportedf("%s: they depend on the batch size in a way that is not followed", what())
		}
	}
	if len(to) > maxRank {
		return nil, unsupportedf("a shape of %d axes; up to %d are supported", len(to), maxRank)
	}
	dims, open := slices.Clone(to), -1
	for i, d := range to {
		switch {
		case d.is(0) && i < len(from):
			d = from[i]
		case d.is(-1) && open < 0:
			open = i
			continue
		case d.per == 0 && d.n < 1:
			return nil, invalidf("%s", what())
		}
		if !given.multiply(d) {
			return nil, unsupportedf("%s", what())
		}
		dims[i] = d
	}
	left := all.times - given.times
	switch {
	case left < 0 || left > 1:
		return nil, unsupportedf("%s: it mixes the batch with other axes", what())
	case open >= 0 && all.n%given.n == 0:
		if dims[open] = (affine{n: all.n / given.n}); left == 1 {
			dims[open] = affine{per: all.n / given.n}
		}
		return dims, nil
	case open < 0 && left == 0 && all.n == given.n:
		return dims, nil
	case all.times == given.times && (all.times == 0 || im.fixed == 0), im.fixed > 0 && !im.evenAt(all, given, open >= 0):
		return nil, invalidf("%s", what())
	case im.fixed > 0:
		return nil, unsupportedf("%s for a batch other than the %d that the file declares", what(), im.fixed)
	}
	return nil, unsupportedf("%s at every batch size", what())
}

// evenAt tells whether a reshape is right at the batch size that the file declares.
func (im *importer) evenAt(all, given product, open bool) bool {
	a, g := all.n, given.n
	for range all.times {
		a *= int64(im.fixed)
	}
	for range given.times {
		g *= int64(im.fixed)
	}
	return a == g || open && g > 0 && a%g == 0
}

// target gives the sizes that a Reshape of a computed value makes, and what is written for them: 0 for a size that is
// kept in its place, −1 for one that follows the batch otherwise. The file's own 0 and −1 stay where they can.
func (im *importer) target(n *node) (dims []affine, to []int, err error) {
	from, err := im.sizes(n.in(0))
	if err != nil {
		return nil, nil, err
	}
	list, err := im.affines(n, 1)
	if err != nil {
		return nil, nil, err
	}
	plain := !slices.ContainsFunc(list, func(a affine) bool { return a.per != 0 })
	if plain && im.fixed > 0 && len(from) > 0 && from[0] == (affine{per: 1}) && len(list) > 0 && list[0].is(int64(im.fixed)) {
		list = slices.Clone(list)
		list[0] = affine{} // the batch size that the model was exported for
	}
	if dims, err = im.reshaped(from, list); err != nil {
		return nil, nil, err
	}
	to = make([]int, len(list))
	open := false // the batch needs the −1
	for i, d := range dims {
		kept := i < len(from) && from[i] == d
		switch {
		case list[i].is(-1) && plain:
			to[i] = -1
			open = true
		case d.per != 0 && kept:
			to[i] = 0
		case d.per != 0:
			to[i] = -1
			open = true
		case list[i].is(0):
			to[i] = 0
		default:
			to[i] = int(d.n)
		}
	}
	for i := range list {
		if list[i].is(-1) && !plain && dims[i].per == 0 && !open {
			to[i] = -1
		}
	}
	return dims, to, nil
}

package onnx

// What can be said to be wrong with a file, in its own words, is said here, before an operation finds that it does not
// take what it is given: an operation may be narrower than ONNX, and a valid file is not to be called invalid.

// fitsProduct checks the inner sizes of a product of a computed value and a constant matrix.
func (im *importer) fitsProduct(x, w string, transposed bool) error {
	s, err := im.sizes(x)
	dims := im.consts[w].dims
	if err != nil || len(s) == 0 || len(dims) != 2 {
		return err
	}
	inner := dims[0]
	if transposed {
		inner = dims[1]
	}
	if last := s[len(s)-1]; last.per == 0 && !last.is(int64(inner)) {
		return invalidf("%q of shape %s and the weight %q of dimensions %v do not fit", x, im.sizesText(s), w, dims)
	}
	return nil
}

// fitsChannels checks that axis 1 of a computed value has so many places, by the dimensions of a constant.
func (im *importer) fitsChannels(x string, n int, by string) error {
	s, err := im.sizes(x)
	if err == nil && len(s) > 1 && s[1].per == 0 && !s[1].is(int64(n)) {
		err = invalidf("%q of shape %s and %q of dimensions %v do not fit", x, im.sizesText(s), by, im.consts[by].dims)
	}
	return err
}

// fitsBroadcast checks that two values, of which either may be a constant, can be broadcast to one shape.
func (im *importer) fitsBroadcast(a, b string) error {
	x, err := im.sizes(a)
	if err != nil {
		return err
	}
	y, err := im.sizes(b)
	if err != nil {
		return err
	}
	for i := 1; i <= min(len(x), len(y)); i++ {
		p, q := x[len(x)-i], y[len(y)-i]
		if p.per == 0 && q.per == 0 && p != q && !p.is(1) && !q.is(1) {
			return invalidf("%q of shape %s and %q of shape %s cannot be broadcast to each other", a, im.sizesText(x), b,
				im.sizesText(y))
		}
	}
	return nil
}

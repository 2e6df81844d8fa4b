package onnx

import "gorgonia.org/tensor"

// limits bound what a file may ask for by its size in bytes, weights beside it included: a few bytes declare sizes that
// nothing stands behind. They are counted for one example, as the network is handed out.
type limits struct {
	input  int64 // numbers of an input
	most   int64 // numbers of one value
	values int64 // numbers that are left for all values
	places int64 // what is left for the lengths of all axes of all values: each of their indices is looked at when a network is analysed
	file   int
}

// limitsOf allows any file an image of four million numbers, values of 64 million and axes of a million in all, and more
// the more weights there are.
func limitsOf(size int) limits {
	n := int64(min(size, maxBytes))
	values := 1<<26 + 1024*n
	return limits{input: 1<<22 + 64*n, most: values, values: values, places: 1<<20 + 16*n, file: size}
}

// held refuses a value that no limit allows, before anything is computed with its size.
func (im *importer) held(name string, s tensor.Shape) error {
	if len(s) > maxRank {
		return unsupportedf("%q would have %d axes; up to %d are supported", name, len(s), maxRank)
	}
	size, most := int64(1), im.limits.most*int64(im.at.batch)
	for _, d := range s {
		if d < 1 {
			return unsupportedf("%q would have shape %v: no elements", name, s)
		}
		if size > most/int64(d) {
			return unsupportedf("%q would have shape %v, more than %d numbers for one example: too many for a file of %d bytes",
				name, s, im.limits.most, im.limits.file)
		}
		size *= int64(d)
	}
	return nil
}

// account takes a value that was built from the limits on all of them.
func (im *importer) account(name string) error {
	s, err := im.sizes(name)
	if err != nil {
		return err
	}
	size, places := int64(1), int64(0)
	for _, a := range s {
		size *= a.at(1) // held has looked at the product
		places += a.at(1)
	}
	if im.limits.values -= size; im.limits.values < 0 {
		return unsupportedf("with %q of shape %s the values of one example have too many numbers for a file of %d bytes", name,
			im.sizesText(s), im.limits.file)
	}
	if im.limits.places -= places; im.limits.places < 0 {
		return unsupportedf("with %q of shape %s the axes of the model's values are too long for a file of %d bytes", name,
			im.sizesText(s), im.limits.file)
	}
	return nil
}

// maxOperations bounds the operations of a network. Gorgonia looks for a new node among all others, so that the time of
// building a graph grows with the square of its size: seconds for these, and minutes for some times as many.
const maxOperations = 20000

// countOperations counts the plans of what is computed when the network runs.
func countOperations(plans []*plan) (n int) {
	for _, p := range plans {
		if p != nil && !p.folded {
			n++
		}
	}
	return n
}

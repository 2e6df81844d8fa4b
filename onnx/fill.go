package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// filled is a value of the given sizes that holds one number everywhere: the first state of a recurrent layer, for
// example. One axis must be the batch.
func (im *importer) filled(v float64, dims []affine) (*gorgonia.Node, error) {
	var x *gorgonia.Node
	for _, in := range im.pb.GetInput() {
		if x = im.at.values[in.GetName()]; x != nil {
			break
		}
	}
	shape, batch := make([]int, len(dims)), 0
	for i, d := range dims {
		switch {
		case d.per == 0:
			shape[i] = int(d.n)
		case d == affine{per: 1}:
			shape[i] = -1
			batch++
		default:
			return nil, unsupportedf("axis %d of %s follows the batch size, but is not the same", i, im.sizesText(dims))
		}
	}
	if batch != 1 {
		return nil, unsupportedf("a value of shape %s that holds one number everywhere has the batch for %d of its axes; "+
			"one is supported", im.sizesText(dims), batch)
	}
	return op.Fill(x, v, shape...)
}

// spread makes a value of the network of one that follows from shapes: a number, or one that is the same everywhere.
func (im *importer) spread(name string) (*gorgonia.Node, error) {
	c := im.at.known[name]
	if c.follows() {
		return nil, unsupportedf("it computes on %q, a number that depends on the batch size", name)
	}
	for i := range c.len() {
		if c.i64 != nil || c.number(i) != c.number(0) {
			return nil, unsupportedf("it computes on %q, which follows from shapes and is not one number", name)
		}
	}
	if c.len() == 0 {
		return nil, unsupportedf("it computes on %q, which has no elements", name)
	}
	dims, err := im.sizes(name)
	if err != nil {
		return nil, err
	}
	if c.len() == 1 && !im.grows(name) {
		return im.number(c.number(0)), nil
	}
	return im.filled(c.number(0), dims)
}

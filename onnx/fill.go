package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// trial is the index of the present trial.
func (im *importer) trial() int {
	if im.at == im.trials[1] {
		return 1
	}
	return 0
}

// filled is a value of the given dimensions, at the two batch sizes, that holds one number everywhere: the first state
// of a recurrent layer, for example. One axis may be the batch.
func (im *importer) filled(v float64, dims [2][]int) (*gorgonia.Node, error) {
	if len(dims[0]) != len(dims[1]) {
		return nil, unsupportedf("the number of axes depends on the batch size")
	}
	var x *gorgonia.Node
	for _, in := range im.pb.GetInput() {
		if x = im.at.values[in.GetName()]; x != nil {
			break
		}
	}
	shape := make([]int, len(dims[0]))
	for i, d := range dims[0] {
		switch {
		case d == dims[1][i]:
			shape[i] = d
		case d == trialBatches[0] && dims[1][i] == trialBatches[1]:
			shape[i] = -1
		default:
			return nil, unsupportedf("axis %d of %v follows the batch size, but is not the same", i, dims[0])
		}
	}
	return op.Fill(x, v, shape...)
}

// spread makes a value of the network of one that follows from shapes: a number, or one that is the same everywhere.
func (im *importer) spread(name string) (*gorgonia.Node, error) {
	c, same := im.knownAt(name)
	for _, c := range c {
		for i := range c.len() {
			if c.i64 != nil || c.number(i) != c.number(0) {
				return nil, unsupportedf("it computes on %q, which follows from shapes and is not one number", name)
			}
		}
	}
	switch {
	case c[0].number(0) != c[1].number(0):
		return nil, unsupportedf("it computes on %q, a number that depends on the batch size", name)
	case same && c[0].len() == 1:
		return im.number(c[0].number(0)), nil
	}
	return im.filled(c[0].number(0), [2][]int{c[0].dims, c[1].dims})
}

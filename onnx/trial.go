package onnx

import (
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// trialBatches are the batch sizes that a network is built for, side by side. A file computes with the batch size as
// with any number (Shape, Gather, Concat, Reshape): what differs between the two is what the batch size decides. None
// is 1, because an axis of that size is broadcast.
var trialBatches = [2]int{2, 3}

// trial is the network at one of the batch sizes.
type trial struct {
	batch  int
	g      *gorgonia.ExprGraph
	values map[string]*gorgonia.Node // what the network computes
	known  map[string]*constant      // what follows from shapes alone
	params map[string]*gorgonia.Node
	pooled map[*gorgonia.Node]*gorgonia.Node // global averages by what has axes of size 1 behind them
}

func newTrial(batch int) *trial {
	return &trial{batch, gorgonia.NewGraph(), map[string]*gorgonia.Node{}, map[string]*constant{},
		map[string]*gorgonia.Node{}, map[*gorgonia.Node]*gorgonia.Node{}}
}

// known gives a value that is known at the present batch size without running the network, nil if it is not.
func (im *importer) known(name string) *constant {
	if c := im.at.known[name]; c != nil {
		return c
	}
	return im.consts[name]
}

// shapesOf gives a computed value's shapes at the two batch sizes.
func (im *importer) shapesOf(name string) (s [2]tensor.Shape) {
	for i, t := range im.trials {
		s[i] = t.values[name].Shape()
	}
	return s
}

// knownAt gives a known value at the two batch sizes, and whether it is the same at both.
func (im *importer) knownAt(name string) (c [2]*constant, same bool) {
	for i, t := range im.trials {
		if c[i] = t.known[name]; c[i] == nil {
			c[i] = im.consts[name]
		}
	}
	return c, c[0] == c[1] || c[0] != nil && c[1] != nil && slices.Equal(c[0].dims, c[1].dims) &&
		slices.Equal(c[0].i64, c[1].i64) && slices.Equal(c[0].f32, c[1].f32) && slices.Equal(c[0].f64, c[1].f64)
}

// checkSize refuses values that no memory holds, before anything is computed with their sizes. One example is meant,
// as the network is handed out.
func checkSize(name string, s tensor.Shape, batch int) error {
	if len(s) > maxRank {
		return unsupportedf("%q would have %d axes; up to %d are supported", name, len(s), maxRank)
	}
	size := 1
	for _, d := range s {
		if d < 1 {
			return invalidf("%q would have shape %v", name, s)
		}
		if d > maxBytes || size > maxBytes*batch/d {
			return invalidf("%q would have shape %v, more than %d numbers for one example", name, s, maxBytes)
		}
		size *= d
	}
	return nil
}

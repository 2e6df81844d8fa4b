package graph

import (
	"sort"
	"time"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Sample is so many rows of input to time a network with, always the same: standard normal values, or ids where an
// embedding reads them.
func Sample(net *Network, rows int) []float32 {
	if net.exists() != nil || len(net.Inputs) == 0 || rows < 1 {
		return nil
	}
	x := make([]float32, rows*rowSize(net.Inputs[0]))
	rng := random.New(1, "latency")
	if ids := net.ids(net.Inputs[0]); ids > 0 {
		for i := range x {
			x[i] = float32(rng.IntN(ids))
		}
		return x
	}
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// ids is how many an embedding that reads the input tells apart, 0 where there is none.
func (n *Network) ids(input *gorgonia.Node) int {
	for _, v := range n.Graph.AllNodes() {
		if o, ok := v.Op().(*op.Operation); ok {
			if _, ok := o.Room.(op.Lookup); ok && Children(v)[1] == input {
				return Children(v)[0].Shape()[0]
			}
		}
	}
	return 0
}

// Latency measures one inference of the network at a batch size, by a frozen [Runner], on this machine, now: the median
// over repeated samples, each of as many runs as make the clock's own cost negligible. It takes about budget of time; some
// 40 ms give a median that repeats for a small network.
func Latency(net *Network, batch int, budget time.Duration) (time.Duration, error) {
	r, err := NewRunner(net, batch)
	if err != nil {
		return 0, err
	}
	if err := r.Freeze(); err != nil {
		return 0, err
	}
	x := Sample(net, batch)
	out := make([]float32, batch*r.Width(0))
	const sample = 20 * time.Microsecond
	runs := 1
	measure := func() (time.Duration, error) {
		start := time.Now()
		for range runs {
			if err := r.Run(x, out); err != nil {
				return 0, err
			}
		}
		return time.Since(start), nil
	}
	for { // warm up, and find how many runs make a sample
		d, err := measure()
		if err != nil {
			return 0, errors.Wrap(err, "latency")
		}
		if d >= sample || runs > 1<<16 {
			break
		}
		runs *= 2
	}
	var samples []time.Duration
	for end := time.Now().Add(budget); len(samples) < 5 || time.Now().Before(end); {
		d, err := measure()
		if err != nil {
			return 0, errors.Wrap(err, "latency")
		}
		samples = append(samples, d/time.Duration(runs))
	}
	sort.Slice(samples, func(i, j int) bool { return samples[i] < samples[j] })
	return samples[len(samples)/2], nil
}

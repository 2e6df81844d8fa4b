package network

import (
	"slices"
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
		if l, ok := op.As[op.Indexing](v.Op()); ok {
			ids, table := l.Indexes()
			if kids := op.Children(v); kids[ids] == input {
				return kids[table].Shape()[0]
			}
		}
	}
	return 0
}

// Timing is what one inference takes on this machine, now.
type Timing struct {
	Median time.Duration   // of Rounds
	Spread time.Duration   // half of the way from the shortest to the longest of Rounds: how far figures of one network differ
	Rounds []time.Duration // the median of each round
}

// rounds is how often Latencies comes back to each network.
const rounds = 11

// Latency measures one inference of the network at a batch size, by a frozen [Runner], on this machine, now: the median
// over repeated samples, each of as many runs as make the clock's own cost negligible. It takes about budget of time; some
// 40 ms give a median that repeats for a small network.
func Latency(net *Network, batch int, budget time.Duration) (time.Duration, error) {
	t, err := Latencies([]*Network{net}, batch, budget)
	if err != nil {
		return 0, err
	}
	return t[0].Median, nil
}

// Latencies measures several networks side by side: each in every one of some rounds, which begin with another network
// each time, so that what else the machine does is shared by all. It takes about budget of time for each network.
func Latencies(nets []*Network, batch int, budget time.Duration) ([]Timing, error) {
	if batch < 1 {
		return nil, errors.Errorf("batch size %d: must be at least 1", batch)
	}
	stops := make([]*stopwatch, len(nets))
	out := make([]Timing, len(nets))
	for i, net := range nets {
		var err error
		if stops[i], err = newStopwatch(net, batch); err != nil {
			return nil, err
		}
	}
	for r := range rounds {
		for k := range nets {
			i := (k + r) % len(nets)
			d, err := stops[i].median(budget / rounds)
			if err != nil {
				return nil, err
			}
			out[i].Rounds = append(out[i].Rounds, d)
		}
	}
	for i := range out {
		sorted := slices.Sorted(slices.Values(out[i].Rounds))
		out[i].Median = sorted[len(sorted)/2]
		out[i].Spread = (sorted[len(sorted)-1] - sorted[0] + 1) / 2
	}
	return out, nil
}

// stopwatch times one network.
type stopwatch struct {
	r      *Runner
	x, out []float32
	runs   int // in one sample
}

// newStopwatch warms up, and finds how many runs make a sample.
func newStopwatch(net *Network, batch int) (*stopwatch, error) {
	r, err := NewRunner(net, batch)
	if err != nil {
		return nil, err
	}
	if err := r.Freeze(); err != nil {
		return nil, err
	}
	w := &stopwatch{r: r, x: Sample(net, batch), out: make([]float32, batch*r.Width(0)), runs: 1}
	const sample = 20 * time.Microsecond
	for {
		d, err := w.sample()
		if err != nil {
			return nil, err
		}
		if d >= sample || w.runs > 1<<16 {
			return w, nil
		}
		w.runs *= 2
	}
}

func (w *stopwatch) sample() (time.Duration, error) {
	start := time.Now()
	for range w.runs {
		if err := w.r.Run(w.x, w.out); err != nil {
			return 0, errors.Wrap(err, "latency")
		}
	}
	return time.Since(start), nil
}

// median of samples that take about budget of time, 3 at least.
func (w *stopwatch) median(budget time.Duration) (time.Duration, error) {
	var samples []time.Duration
	for end := time.Now().Add(budget); len(samples) < 3 || time.Now().Before(end); {
		d, err := w.sample()
		if err != nil {
			return 0, err
		}
		samples = append(samples, d/time.Duration(w.runs))
	}
	slices.Sort(samples)
	return samples[len(samples)/2], nil
}

package network_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

// Each network has as many rounds, whose median and range are what is told.
func TestLatencies(t *testing.T) {
	m := newMaker(t, tensor.Float32, "latencies")
	net := done(m, m.Dense(m.Input("x", 1, 8), "head", 4, op.Identity))
	for _, n := range []int{1, 2, 3} {
		got, err := network.Latencies(slices.Repeat([]*network.Network{net}, n), 16, 2*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != n {
			t.Fatalf("%d times of %d networks", len(got), n)
		}
		for _, x := range got {
			sorted := slices.Sorted(slices.Values(x.Rounds))
			low, high := sorted[0], sorted[len(sorted)-1]
			if len(sorted) != network.Rounds || x.Median != sorted[network.Rounds/2] || low <= 0 {
				t.Errorf("%+v", x)
			}
			if d := 2*x.Spread - (high - low); d < 0 || d > 1 {
				t.Errorf("spread %v of %v to %v", x.Spread, low, high)
			}
		}
	}
	if d, err := network.Latency(net, 1, time.Millisecond); err != nil || d <= 0 {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := network.Latencies([]*network.Network{net, nil}, 1, time.Millisecond); err == nil {
		t.Error("a network that is not there")
	}
}

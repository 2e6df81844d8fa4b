package surgery

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

// The j-th channels of all groups of a convolution go together, and so do the j-th filters; without them the network
// computes what it did with them at zero.
func TestCutGroupedConvolution(t *testing.T) {
	m := newMaker(t, tensor.Float64, "groups")
	h := m.Conv(m.Input("x", 2, 2, 5, 5), "stem", 6, 3, pad1, op.ReLU)
	h = m.Conv(h, "grouped", 8, 3, op.ConvConfig{Groups: 2}, op.Tanh)
	net := done(m, m.Conv(h, "head", 2, 3, op.ConvConfig{}, op.Identity))
	c, err := Analyze(net)
	if err != nil {
		t.Fatal(err)
	}
	removed := map[string][]int{"stem": {1}, "grouped": {2}}
	for name, units := range map[string]int{"stem": 3, "grouped": 4} {
		if g := c.Group(name); g == nil || len(g.Units) != units {
			t.Fatalf("layer %q is %v, want %d units", name, g, units)
		}
	}
	keep, err := c.KeepAll(removed)
	if err != nil {
		t.Fatal(err)
	}
	small, err := Cut(net, keep)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]tensor.Shape{"stem.weight": {4, 2, 3, 3}, "grouped.weight": {6, 2, 3, 3},
		"grouped.bias": {6}, "head.weight": {2, 6, 3, 3}} {
		if got := small.Param(name).Shape(); !got.Eq(want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	// Zeroes in the weights that read what is gone, instead.
	for name, gone := range map[string]map[int]bool{"grouped.weight": {1: true}, "head.weight": {2: true, 6: true}} {
		v := net.Param(name).Value().(*tensor.Dense)
		for i := range v.Float64s() {
			if gone[i/9%v.Shape()[1]] {
				v.Float64s()[i] = 0
			}
		}
	}
	rows := rowsFor(net, "rows")
	equal(t, "cut", eval(t, small, rows...)[0], eval(t, net, rows...)[0], 1e-12)
}

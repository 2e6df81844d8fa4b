package surgery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// lenet is LeNet-5 with filters as in Caffe's, for images of 28 × 28.
func lenet(m *maker, batch, first, second, hidden int) *network.Network {
	pool2 := op.PoolConfig{Kernel: [2]int{2, 2}}
	h := must(op.MaxPool2D(m.Conv(m.Input("x", batch, 1, 28, 28), "conv1", first, 5, op.ConvConfig{}, op.ReLU), pool2))
	h = must(op.MaxPool2D(m.Conv(h, "conv2", second, 5, op.ConvConfig{}, op.ReLU), pool2))
	flat := must(op.Flatten(h, 1))
	gorgonia.WithName("flatten")(flat)
	return done(m, m.Dense(m.Dense(flat, "fc1", hidden, op.ReLU), "fc2", 10, op.Identity))
}

// Three of sixteen channels take 48 of 256 inputs of the layer behind the flatten with them.
func TestLeNet(t *testing.T) {
	net := lenet(newMaker(t, tensor.Float64), 2, 6, 16, 12)
	units := map[string][]int{"conv1": {1}, "conv2": {0, 2, 6}, "fc1": {11}}
	small := cut(t, net, units)
	for name, want := range map[string]tensor.Shape{"conv1.weight": {5, 1, 5, 5}, "conv2.weight": {13, 5, 5, 5},
		"conv2.bias": {13}, "fc1.weight": {208, 11}, "fc2.weight": {11, 10}} {
		if got := small.Param(name).Shape(); !got.Eq(want) {
			t.Errorf("%s has shape %v, want %v", name, got, want)
		}
	}
	rows := rowsFor(net)
	equalOutputs(t, "removed", eval(t, small, rows...), eval(t, mask(t, net, units), rows...), 1e-12)
}

// The sum of two layers loses a unit of both.
func TestResidualWidth(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Input("x", 3, 8)
	sum := must(op.Add(m.Dense(x, "left", 256, op.Tanh), m.Dense(x, "right", 256, op.Tanh)))
	net := done(m, m.Dense(sum, "head", 2, op.Identity))
	small := cut(t, net, map[string][]int{"left": {0, 4, 6}})
	for name, want := range map[string]tensor.Shape{"left.weight": {8, 253}, "right.weight": {8, 253}, "right.bias": {253},
		"head.weight": {253, 2}} {
		if got := small.Param(name).Shape(); !got.Eq(want) {
			t.Errorf("%s has shape %v, want %v", name, got, want)
		}
	}
}

// Positions are units of their own where that is asked for: channels take theirs with them, and go when all are gone.
func TestPositions(t *testing.T) {
	net := lenet(newMaker(t, tensor.Float64), 2, 3, 4, 6)
	c := coupling(t, net, PrunePositions())
	want := []string{"conv1: 3 × conv1.weight.0 conv1.bias.0 conv2.weight.1",
		"conv2: 4 × conv2.weight.0 conv2.bias.0 fc1.weight.0(16)", "flatten: 64 × fc1.weight.0",
		"fc1: 6 × fc1.weight.1 fc1.bias.0 fc2.weight.0"}
	if diff := cmp.Diff(want, summary(c)); diff != "" {
		t.Error(diff)
	}
	rows := rowsFor(net)
	upTo := func(lo, hi int) (r []int) {
		for i := lo; i < hi; i++ {
			r = append(r, i)
		}
		return r
	}
	for name, tc := range map[string]struct {
		units          map[string][]int
		channels, left int
	}{
		"some positions":         {map[string][]int{"flatten": {0, 17, 63}}, 4, 61},
		"a channel and others":   {map[string][]int{"conv2": {1}, "flatten": {0, 17, 40}}, 3, 46},
		"all of a channel":       {map[string][]int{"flatten": append(upTo(16, 32), 5)}, 3, 47},
		"all but one of a layer": {map[string][]int{"flatten": upTo(1, 64)}, 1, 1},
	} {
		small := cut(t, net, tc.units, PrunePositions())
		if got := small.Param("conv2.weight").Shape()[0]; got != tc.channels {
			t.Errorf("%s: %d channels, want %d", name, got, tc.channels)
		}
		if got := small.Param("fc1.weight").Shape()[0]; got != tc.left {
			t.Errorf("%s: %d positions, want %d", name, got, tc.left)
		}
		masked := mask(t, net, tc.units, PrunePositions())
		out := eval(t, masked, rows...)
		equalOutputs(t, name, eval(t, small, rows...), out, 1e-12)
		gone, err := c.Gone(tc.units)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(c.Group("conv2").Units) - len(gone["conv2"]); n != tc.channels {
			t.Errorf("%s: %d channels are to stay, want %d", name, n, tc.channels)
		}
		now, err := coupling(t, masked, PrunePositions()).Masked()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(gone, now); diff != "" {
			t.Errorf("%s: gone and masked differ: %s", name, diff)
		}
		folded, err := FoldMasks(masked)
		if err != nil {
			t.Fatal(err)
		}
		equalOutputs(t, name+", folded", eval(t, folded, rows...), out, 1e-12)
		// Once more, on what is left: the selection is cut as well.
		if tc.left > 10 {
			again := map[string][]int{"flatten": {2, 9}, "conv1": {0}}
			equalOutputs(t, name+", twice", eval(t, cut(t, small, again, PrunePositions()), rows...),
				eval(t, mask(t, small, again, PrunePositions()), rows...), 1e-12)
		}
	}
	if g := coupling(t, net).Group("flatten"); g != nil {
		t.Error("positions are units without being asked for")
	}
}

// What a closure must not take with it is frozen, with the node that says so.
func TestFrozenByClosure(t *testing.T) {
	giveName := func(n *gorgonia.Node, name string) *gorgonia.Node { gorgonia.WithName(name)(n); return n }
	for name, tc := range map[string]struct {
		build  func(m *maker) *network.Network
		frozen map[string]string
	}{
		"8 channels seen as 18": {func(m *maker) *network.Network {
			h := m.Conv(m.Input("x", 2, 1, 3, 3), "one", 8, 1, op.ConvConfig{}, op.ReLU)
			h = giveName(must(op.Reshape(h, 2, 18, 2, 2)), "view")
			return done(m, m.Dense(must(op.GlobalAvgPool(m.Conv(h, "two", 3, 1, op.ConvConfig{}, op.ReLU))), "head", 2, op.Identity))
		}, map[string]string{"one.weight.0": `node "view"`, "two.weight.1": `node "view"`}},
		"positions that an output shows": {func(m *maker) *network.Network {
			h := m.Conv(m.Input("x", 2, 1, 4, 4), "one", 3, 1, op.ConvConfig{}, op.ReLU)
			flat := giveName(must(op.Flatten(h, 1)), "flat")
			return done(m, flat, m.Dense(flat, "head", 2, op.Identity))
		}, map[string]string{"one.weight.0": `output "flat"`, "head.weight.0": `output "flat"`}},
		"factors that do not align": {func(m *maker) *network.Network {
			h := m.Dense(m.Input("x", 2, 3), "one", 24, op.ReLU)
			h = giveName(must(op.Reshape(h, 2, 4, 6)), "rows")
			h = giveName(must(op.Reshape(h, 2, 6, 4)), "other rows")
			h = must(op.Flatten(h, 1))
			return done(m, m.Dense(h, "head", 2, op.Identity))
		}, map[string]string{"one.weight.1": `node "other rows"`}},
		"softmax over channels": {func(m *maker) *network.Network {
			return done(m, m.Dense(giveName(must(op.Softmax(m.Dense(m.Input("x", 2, 3), "one", 4, op.Identity))), "attention"), "head",
				2, op.Identity))
		}, map[string]string{"one.weight.1": `node "attention": softmax`, "head.weight.0": `node "attention"`}},
		"nothing sums": {func(m *maker) *network.Network {
			m.Param("idle", 3)
			h := m.Dense(m.Input("x", 2, 3), "one", 4, op.ReLU)
			return done(m, m.Dense(h, "head", 2, op.Identity))
		}, map[string]string{"idle.0": "no output depends on it"}},
	} {
		t.Run(name, func(t *testing.T) {
			net := tc.build(newMaker(t, tensor.Float64))
			why := map[string]string{}
			for _, f := range coupling(t, net).Frozen {
				why[fmt.Sprintf("%s.%d", f.Tensor, f.Axis)] = f.Why
				if f.Count < 1 || f.Count > f.Size || f.Size != named(net, f.Tensor).Shape()[f.Axis] || f.Why == "" {
					t.Errorf("%+v", f)
				}
			}
			for at, want := range tc.frozen {
				if !strings.Contains(why[at], want) {
					t.Errorf("%s is frozen because %q, want %q", at, why[at], want)
				}
			}
			for _, g := range coupling(t, net).Groups {
				for _, u := range g.Units {
					for _, a := range u.Atoms {
						if _, bad := tc.frozen[fmt.Sprintf("%s.%d", a.Tensor, a.Axis)]; bad {
							t.Errorf("unit %d of %s takes %v", u.Index, g.Name, a)
						}
					}
				}
			}
		})
	}
}

// What goes with a part of an image that is made of positions goes with all of them, and they not without it.
func TestCutOfPositionsOfAnImage(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := m.Dense(m.Input("x", 2, 4), "decode", 12, op.ReLU)
	image := must(op.Reshape(h, 2, 3, 2, 2))
	gorgonia.WithName("image")(image)
	net := done(m, m.Dense(must(op.GlobalAvgPool(m.Conv(image, "one", 4, 1, op.ConvConfig{}, op.ReLU))), "head", 2, op.Identity))
	rest := []int{0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11}
	_, err := Cut(net, Keep{"decode.weight": {1: rest}, "decode.bias": {0: rest}})
	if err == nil || !strings.Contains(err.Error(), `node "image"`) {
		t.Errorf("a hole in an image: error %v", err)
	}
	_, err = Cut(net, Keep{"one.weight": {1: {0, 2}}})
	if err == nil || !strings.Contains(err.Error(), `"decode.weight"`) || !strings.Contains(err.Error(), `"one.weight"`) {
		t.Errorf("a channel without its positions: error %v", err)
	}
	_, err = Cut(net, Keep{"head.bias": {0: {0}}})
	if err == nil || !strings.Contains(err.Error(), `"head.bias" must stay: output "head"`) {
		t.Errorf("an output: error %v", err)
	}
}

// Random choices of channels and positions, twice: removed is masked, and twice is once.
func TestPositionsTwice(t *testing.T) {
	for trial := range 8 {
		net := lenet(newMaker(t, tensor.Float64), 1, 3, 4, 5)
		rows := rowsFor(net)
		rng := random.New(uint64(trial), "positions")
		first := choose(coupling(t, net, PrunePositions()), rng)
		first["flatten"] = first["flatten"][:len(first["flatten"])/3]
		small := cut(t, net, first, PrunePositions())
		equalOutputs(t, "once", eval(t, small, rows...), eval(t, mask(t, net, first, PrunePositions()), rows...), 1e-12)
		c := coupling(t, small, PrunePositions())
		second := choose(c, rng)
		if g := c.Group("flatten"); g != nil {
			second["flatten"] = second["flatten"][:len(second["flatten"])/3]
		}
		for name, u := range second {
			if slices.Contains([]string{"conv1", "conv2", "fc1"}, name) {
				second[name] = u[:len(u)/2]
			}
		}
		equalOutputs(t, "twice", eval(t, cut(t, small, second, PrunePositions()), rows...),
			eval(t, mask(t, small, second, PrunePositions()), rows...), 1e-12)
	}
}

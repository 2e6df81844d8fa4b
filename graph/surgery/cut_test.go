package surgery

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

func cut(t testing.TB, n *network.Network, removed map[string][]int, opts ...AnalyzeOption) *network.Network {
	t.Helper()
	c, err := coupling(t, n, opts...).Cut(removed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mask(t testing.TB, n *network.Network, masked map[string][]int, opts ...AnalyzeOption) *network.Network {
	t.Helper()
	m, err := coupling(t, n, opts...).Mask(masked)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m
}

// choose draws units of every group, leaving at least one of each.
func choose(c *Coupling, rng *rand.Rand) map[string][]int {
	r := map[string][]int{}
	for _, g := range c.Groups {
		for _, i := range rng.Perm(len(g.Units))[:rng.IntN(len(g.Units))] {
			r[g.Name] = append(r[g.Name], g.Units[i].Index)
		}
	}
	return r
}

// without drops what was removed of the inputs.
func without(t testing.TB, n *network.Network, rows [][]float64, keep Keep) [][]float64 {
	t.Helper()
	var out [][]float64
	for i, in := range n.Inputs {
		d := newDense(tensor.Float64, rows[i], in.Shape()...)
		for axis := range in.Shape() {
			if idx, ok := keep[in.Name()][axis]; ok {
				var err error
				if d, err = Gather(d, axis, idx); err != nil {
					t.Fatal(err)
				}
			}
		}
		out = append(out, d.Float64s())
	}
	return out
}

// The promise of pruning: a network without units computes what it computes with these units masked, it can be trained
// on, and pruning twice is pruning once.
func TestRemovedIsMasked(t *testing.T) {
	for _, c := range networks() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			for _, inputs := range []bool{false, true} {
				var opts []AnalyzeOption
				if inputs {
					opts = append(opts, PruneInputs())
				}
				t.Run(fmt.Sprint(c.Name, " ", dt, " inputs ", inputs), func(t *testing.T) {
					for trial := range 5 {
						net := c.Build(newMaker(t, dt, c.Name))
						rng := random.New(uint64(trial), "choose", c.Name)
						a := coupling(t, net, opts...)
						removed := choose(a, rng)
						keep, err := a.KeepAll(removed)
						if err != nil {
							t.Fatal(err)
						}
						small, err := Cut(net, keep)
						if err != nil {
							t.Fatal(err)
						}
						rows := rowsFor(net)
						masked := mask(t, net, removed, opts...)
						want := eval(t, masked, rows...)
						equalOutputs(t, "removed", eval(t, small, without(t, net, rows, keep)...), want, tolerance(dt))
						if len(removed) > 0 && !inputs {
							before, _ := net.ParamCount()
							if after, _ := small.ParamCount(); after >= before {
								t.Errorf("%d parameters after the cut, %d before", after, before)
							}
						}

						folded, err := FoldMasks(masked)
						switch {
						case err != nil && !foldable(c.Name) && strings.Contains(err.Error(), "not a parameter"):
							// queries are multiplied with keys, Gorgonia's convolutions with a reshape of their filters
						case err != nil:
							t.Fatal(err)
						default:
							if len(folded.Constants) != len(net.Constants) {
								t.Errorf("constants left after folding: %v", folded.Constants)
							}
							equalOutputs(t, "folded", eval(t, folded, rows...), want, tolerance(dt))
						}
						equalOutputs(t, "masked, after folding a copy", eval(t, masked, rows...), want, 0)

						both := cut(t, masked, removed, opts...)
						equalOutputs(t, "masked, then removed", eval(t, both, without(t, net, rows, keep)...), want, tolerance(dt))

						one := rebatch(t, small, 3)
						one.Outputs = one.Outputs[:1]
						o := objective(t, one, 3, network.MSE())
						setBatch(t, o, c.Name)
						p := compile(t, o.Graph, graph.Outputs(o.Cost))
						run(t, p)
						for _, v := range o.Params {
							if len(grad(t, v)) != v.Shape().TotalSize() {
								t.Errorf("gradient of %s does not fit", v.Name())
							}
						}
						step(t, gorgonia.NewAdamSolver(), o.Params...)
						run(t, p)
					}
				})
			}
		}
	}
}

// Pruning twice is pruning once with the union.
func TestPruneTwice(t *testing.T) {
	for _, c := range networks() {
		net := c.Build(newMaker(t, tensor.Float64, c.Name))
		first, second, union := map[string][]int{}, map[string][]int{}, map[string][]int{}
		for _, g := range coupling(t, net).Groups {
			if u := g.Units; len(u) >= 4 {
				first[g.Name], union[g.Name] = []int{u[0].Index, u[2].Index}, []int{u[0].Index, u[2].Index, u[3].Index}
			}
		}
		half := cut(t, net, first)
		for _, g := range coupling(t, half).Groups {
			if first[g.Name] != nil {
				second[g.Name] = []int{g.Units[1].Index} // unit 3 is unit 1 of what is left
			}
		}
		twice := cut(t, half, second)
		once := cut(t, net, union)
		for i, p := range once.Params {
			if twice.Params[i].Name() != p.Name() || !twice.Params[i].Shape().Eq(p.Shape()) {
				t.Fatalf("%s: %v and %v", c.Name, twice.Params[i], p)
			}
			equal(t, p.Name(), numbers(t, twice.Params[i].Value()), numbers(t, p.Value()), 0)
		}
		rows := rowsFor(net)
		equalOutputs(t, c.Name, eval(t, twice, rows...), eval(t, once, rows...), 0)
		if foldable(c.Name) { // else operations of Gorgonia's have become one of ours
			sameNames(t, once, net)
		}
		more := map[string][]int{} // a masked network keeps its numbering
		for name, u := range union {
			more[name] = u[2:]
		}
		equalOutputs(t, c.Name+", masked twice", eval(t, mask(t, mask(t, net, first), more), rows...),
			eval(t, mask(t, net, union), rows...), 0)
	}
}

func TestCutShares(t *testing.T) {
	net := mlp(t, tensor.Float32, 5, 4, op.ReLU, 6, 5, 3)
	small := cut(t, net, map[string][]int{"dense1": {5, 0, 5}}) // any order, and twice, is fine here
	for name, shared := range map[string]bool{"dense1.weight": false, "dense1.bias": false, "dense2.weight": false,
		"dense2.bias": true, "dense3.weight": true, "dense3.bias": true} {
		if got := small.Param(name).Value() == net.Param(name).Value(); got != shared {
			t.Errorf("%s: memory shared %v, want %v", name, got, shared)
		}
	}
	if s := small.Param("dense1.weight").Shape(); !s.Eq(tensor.Shape{4, 4}) {
		t.Errorf("dense1.weight has shape %v", s)
	}
	if s := net.Param("dense1.weight").Shape(); !s.Eq(tensor.Shape{4, 6}) {
		t.Errorf("the network itself was cut to %v", s)
	}
}

func TestCutErrors(t *testing.T) {
	net := mlp(t, tensor.Float32, 5, 4, op.ReLU, 6, 3)
	keepAll := func(removed map[string][]int) error {
		keep, err := coupling(t, net).KeepAll(removed)
		if err != nil {
			return err
		}
		_, err = Cut(net, keep)
		return err
	}
	keep := func(k Keep) error { _, err := Cut(net, k); return err }
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"no such layer", `"dense9"`, keepAll(map[string][]int{"dense9": {0}})},
		{"the head", `"dense2"`, keepAll(map[string][]int{"dense2": {0}})},
		{"no such unit", "no prunable unit 6", keepAll(map[string][]int{"dense1": {6}})},
		{"negative unit", "no prunable unit -1", keepAll(map[string][]int{"dense1": {-1}})},
		{"a whole layer", `"dense1.weight": nothing would be left of axis 1`, keepAll(map[string][]int{"dense1": {0, 1, 2, 3,
			4, 5}})},
		{"no such tensor", `"dense9.weight"`, keep(Keep{"dense9.weight": {0: {0}}})},
		{"no such axis", "no axis 2", keep(Keep{"dense1.weight": {2: {0}}})},
		{"unsorted", "must ascend", keep(Keep{"dense1.weight": {1: {2, 1}}})},
		{"twice", "must ascend", keep(Keep{"dense1.weight": {1: {1, 1}}})},
		{"outside", "must ascend", keep(Keep{"dense1.weight": {1: {1, 6}}})},
		{"does not fit", `"dense1.bias" is to stay, but goes with what is removed from "dense1.weight"`,
			keep(Keep{"dense1.weight": {1: {0, 1}}})},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, c.err, c.want)
		}
	}
}

func TestGather(t *testing.T) {
	d := newDense(tensor.Float64, []float64{1, 2, 3, 4, 5, 6}, 2, 3)
	pick := func(d *tensor.Dense, axis int, idx ...int) []float64 {
		g, err := Gather(d, axis, idx)
		if err != nil {
			t.Fatal(err)
		}
		return numbers(t, g)
	}
	equal(t, "columns", pick(d, 1, 2, 0), []float64{3, 1, 6, 4}, 0)
	equal(t, "rows", pick(d, 0, 1), []float64{4, 5, 6}, 0)
	transposed := d.Clone().(*tensor.Dense)
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	equal(t, "rows of a view", pick(transposed, 0, 1), []float64{2, 5}, 0)
	for _, err := range []error{graphtest.Second(Gather(d, 2, []int{0})), graphtest.Second(Gather(d, 1, []int{3})), graphtest.Second(Gather(d, 1,
		[]int{-1}))} {
		if err == nil {
			t.Error("an index outside was gathered")
		}
	}
}

// Random networks, random units: removed is masked.
func TestCutProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMaker(t, tensor.Float64, fmt.Sprint(rapid.IntRange(0, 1000).Draw(rt, "seed")))
		x := m.Input("x", rapid.IntRange(1, 4).Draw(rt, "batch"), rapid.IntRange(1, 9).Draw(rt, "features"))
		for k := range rapid.IntRange(1, 4).Draw(rt, "layers") {
			act := rapid.SampledFrom(op.Activations()).Draw(rt, "activation")
			width := rapid.IntRange(1, 9).Draw(rt, "units")
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				x = m.Dense(x, fmt.Sprint("dense", k), width, act)
			case 1:
				x = must(gorgonia.Tanh(m.Plain(x, fmt.Sprint("plain", k), width)))
			case 2:
				inner := m.Dense(x, fmt.Sprint("inner", k), width, act)
				x = must(gorgonia.Add(x, m.Dense(inner, fmt.Sprint("residual", k), x.Shape()[1], op.Identity)))
			default:
				x = must(gorgonia.HadamardProd(m.Dense(x, fmt.Sprint("value", k), width, act), m.Dense(x, fmt.Sprint("gate", k),
					width, op.Sigmoid)))
			}
		}
		net := done(m, m.Dense(x, "head", rapid.IntRange(1, 3).Draw(rt, "outputs"), op.Identity))
		a := coupling(t, net, PruneInputs())
		removed := choose(a, random.New(rapid.Uint64().Draw(rt, "choice")))
		keep, err := a.KeepAll(removed)
		if err != nil {
			rt.Fatal(err)
		}
		small, err := Cut(net, keep)
		if err != nil {
			rt.Fatal(err)
		}
		rows := rowsFor(net)
		masked := mask(t, net, removed, PruneInputs())
		equalOutputs(t, "removed", eval(t, small, without(t, net, rows, keep)...), eval(t, masked, rows...), 1e-12)
	})
}

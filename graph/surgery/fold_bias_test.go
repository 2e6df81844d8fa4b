package surgery

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// meansOf are made-up means of units.
func meansOf(p Place) []float64 {
	f := make([]float64, p.Activation.Shape()[p.Axis])
	for i := range f {
		f[i] = 0.25*float64(i) - 0.4
	}
	return f
}

// clamp holds units at their means, at the nodes that could take these, and at 0 elsewhere.
func clamp(t testing.TB, n *network.Network, c *Coupling, units map[string][]int, record []BiasFold) *network.Network {
	t.Helper()
	places, err := c.Places(units)
	if err != nil {
		t.Fatal(err)
	}
	takes := map[string]bool{}
	for _, r := range record {
		takes[r.Node] = r.Into != ""
	}
	out, err := network.Rewrite{Node: func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		for _, s := range c.a.sinks {
			for _, p := range places {
				if s.node != old || s.activation != p.Activation || s.axis != p.Axis {
					continue
				}
				x := in[s.arg]
				keep, held := make([]float64, x.Shape().TotalSize()), make([]float64, x.Shape().TotalSize())
				inner := x.Shape()[p.Axis+1:].TotalSize()
				for i := range keep {
					keep[i] = 1
					k := i / inner % x.Shape()[p.Axis]
					for _, u := range p.Indices {
						if u == k {
							keep[i] = 0
							if takes[old.Name()] {
								held[i] = meansOf(p)[k]
							}
						}
					}
				}
				tag := fmt.Sprint(old.Name(), s.arg)
				constant := func(name string, f []float64) *gorgonia.Node {
					return x.Graph().AddNode(gorgonia.NewConstant(newDense(x.Dtype(), f, x.Shape()...), gorgonia.WithName(name+tag)))
				}
				in[s.arg] = must(gorgonia.Add(must(gorgonia.HadamardProd(x, constant("keep", keep))), constant("held", held)))
			}
		}
		return op.Reapply(old, in)
	}}.Apply(n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A network without units whose means were folded is the network with these units held at their means.
func TestFoldBias(t *testing.T) {
	folded, refused := 0, 0
	for _, pattern := range networks() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(pattern.Name, " ", dt), func(t *testing.T) {
				net := pattern.Build(newMaker(t, dt, pattern.Name))
				if len(net.States) > 0 {
					var err error
					if net, err = net.Inference(); err != nil {
						t.Fatal(err)
					}
				}
				c := coupling(t, net)
				units := choose(c, random.New(5, pattern.Name))
				before := map[string][]float64{}
				for _, p := range net.Tensors() {
					before[p.Name()] = numbers(t, p.Value())
				}
				ready, record, err := c.FoldBias(units, meansOf)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range record {
					if (r.Into == "") == (r.Why == "") || r.Units == 0 {
						t.Errorf("record %+v", r)
					}
					if r.Into != "" {
						folded++
						if p := ready.Param(r.Into); p.Value() == net.Param(r.Into).Value() {
							t.Errorf("%s is the network's own memory", r.Into)
						}
					} else {
						refused++
					}
				}
				for _, p := range net.Tensors() {
					equal(t, p.Name(), numbers(t, p.Value()), before[p.Name()], 0)
				}
				rows := rowsFor(net)
				want := eval(t, clamp(t, net, c, units, record), rows...)
				equalOutputs(t, "removed", eval(t, cut(t, ready, units), rows...), want, 10*tolerance(dt))
				equalOutputs(t, "masked", eval(t, mask(t, ready, units), rows...), want, 10*tolerance(dt))
			})
		}
	}
	if folded < 20 || refused < 6 {
		t.Errorf("%d sums took means, %d did not: too few to prove anything", folded, refused)
	}
}

// Where units are constant, nothing changes at all.
func TestFoldBiasOfConstants(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Input("x", 4, 2, 6, 6)
	h := m.Conv(x, "one", 5, 3, op.ConvConfig{}, op.Tanh)
	h = m.Conv(h, "two", 4, 2, op.ConvConfig{Stride: [2]int{2, 1}}, op.ReLU)
	net := done(m, m.Dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
	clear(net.Param("one.weight").Value().(*tensor.Dense).Float64s()[:3*2*9]) // filters 0, 1, 2 give tanh of their bias
	bias := numbers(t, net.Param("one.bias").Value())
	rows := rowsFor(net)
	want := eval(t, net, rows...)
	units := map[string][]int{"one": {0, 2}}
	ready, record, err := coupling(t, net).FoldBias(units, func(p Place) []float64 {
		f := make([]float64, 5)
		for _, i := range p.Indices {
			f[i] = math.Tanh(bias[i])
		}
		return f
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]BiasFold{{Node: "two", Units: 2, Into: "two.bias"}}, record); diff != "" {
		t.Error(diff)
	}
	equalOutputs(t, "removed", eval(t, cut(t, ready, units), rows...), want, 1e-12)
}

// Why a mean cannot be folded is said with the node.
func TestFoldBiasRefusals(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := m.Dense(m.Input("x", 4, 3), "one", 6, op.ReLU)
	w := m.Param("twice.weight", 6, 2)
	b := m.Param("shared.bias", 2)
	bare := must(gorgonia.Mul(h, m.Param("bare.weight", 6, 2)))
	gorgonia.WithName("bare")(bare)
	var outs gorgonia.Nodes
	layers := gorgonia.Nodes{must(op.Dense(h, w, m.Param("a.bias", 2), op.Identity, 0)),
		must(op.Dense(h, w, m.Param("b.bias", 2), op.Tanh, 0)), must(op.Dense(h, m.Param("c.weight", 6, 2), b, op.Identity, 0)),
		must(op.Dense(h, m.Param("d.weight", 6, 2), b, op.Identity, 0))}
	for i, n := range layers {
		gorgonia.WithName(string(rune('a' + i)))(n)
		outs = append(outs, n)
	}
	net := done(m, append(outs, bare)...)
	_, record, err := coupling(t, net).FoldBias(map[string][]int{"one": {1, 4}}, meansOf)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": `"twice.weight" is used elsewhere`, "b": `"twice.weight" is used elsewhere`,
		"c": `"shared.bias" is used elsewhere`, "d": `"shared.bias" is used elsewhere`, "bare": "no bias"}
	for _, r := range record {
		if why := want[r.Node]; why == "" || !strings.Contains(r.Why, why) || r.Into != "" {
			t.Errorf("%+v, want %q", r, why)
		}
		delete(want, r.Node)
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v", want)
	}
	if _, _, err := coupling(t, net).FoldBias(map[string][]int{"one": {0}}, func(Place) []float64 {
		return []float64{1}
	}); err == nil || !strings.Contains(err.Error(), "1 means") {
		t.Errorf("too few means: %v", err)
	}
}

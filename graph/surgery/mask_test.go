package surgery

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Whatever an optimizer does to the weights of masked units, they never count.
func TestMaskHoldsUnderTraining(t *testing.T) {
	removed := map[string][]int{"dense1": {0, 3}, "dense2": {1}}
	for name, solver := range map[string]func() gorgonia.Solver{
		"momentum with weight decay": func() gorgonia.Solver {
			return gorgonia.NewMomentum(gorgonia.WithLearnRate(0.05), gorgonia.WithMomentum(0.9), gorgonia.WithL2Reg(0.01),
				gorgonia.WithBatchSize(1))
		},
		"adam with weight decay": func() gorgonia.Solver {
			return gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05), gorgonia.WithL2Reg(0.01))
		},
	} {
		t.Run(name, func(t *testing.T) {
			net := mask(t, mlp(t, tensor.Float64, 6, 4, op.Sigmoid, 5, 4, 3), removed)
			o := objective(t, net, 6, network.CrossEntropy(0))
			setBatch(t, o, "mask")
			p := compile(t, o.Graph, graph.Outputs(o.Cost))
			before := numbers(t, net.Param("dense1.weight").Value())
			s := solver()
			for range 20 {
				run(t, p)
				for i, u := range [][2]int{{0, 5}, {3, 5}, {1, 4}} { // a masked unit's own weights have no gradient from the cost
					w := []string{"dense1.bias", "dense1.bias", "dense2.bias"}[i]
					if g := grad(t, o.Param(w)); g[u[0]] != 0 {
						t.Fatalf("gradient %v of masked unit %d of %s", g[u[0]], u[0], w)
					}
				}
				step(t, s, o.Params...)
			}
			changed := 0
			for i, v := range numbers(t, net.Param("dense1.weight").Value()) {
				if v != before[i] {
					changed++
				}
			}
			if changed < 4*3 {
				t.Fatalf("only %d weights changed; nothing was trained", changed)
			}
			rows := rowsFor(net)
			want := eval(t, net, rows...)
			for _, w := range []string{"dense1.weight", "dense2.weight", "dense3.weight"} { // nonsense where it must not matter
				v := net.Param(w).Value().(*tensor.Dense)
				for i := range v.Shape()[0] {
					for j := range v.Shape()[1] {
						if w == "dense1.weight" && (j == 0 || j == 3) || w == "dense2.weight" && (i == 0 || i == 3 || j == 1) ||
							w == "dense3.weight" && i == 1 {
							v.Float64s()[i*v.Shape()[1]+j] = 1e3
						}
					}
				}
			}
			equalOutputs(t, "nonsense behind the mask", eval(t, net, rows...), want, 0)
			equalOutputs(t, "removed", eval(t, cut(t, net, removed), rows...), want, 1e-12)
		})
	}
}

func TestMasked(t *testing.T) {
	for _, c := range networks() {
		net := c.Build(newMaker(t, tensor.Float32, c.Name))
		want := map[string][]int{}
		for _, g := range coupling(t, net, PruneInputs()).Groups {
			if len(g.Units) > 2 {
				want[g.Name] = []int{g.Units[1].Index, g.Units[2].Index}
			}
		}
		first, second := map[string][]int{}, map[string][]int{}
		for name, units := range want {
			first[name], second[name] = units[1:], units // again, and another
		}
		masked := mask(t, mask(t, net, first, PruneInputs()), second, PruneInputs())
		got, err := coupling(t, masked, PruneInputs()).Masked()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (−want +got)\n%s", c.Name, diff)
		}
		none, err := coupling(t, net).Masked()
		if err != nil || len(none) != 0 {
			t.Errorf("%s: units %v of a network without masks are masked, error %v", c.Name, none, err)
		}
		if added := masked.Constants[len(net.Constants):]; len(added) == 0 && len(want) > 0 {
			t.Errorf("%s: no masks", c.Name)
		}
		for _, m := range masked.Constants[len(net.Constants):] {
			layer, _, _ := strings.Cut(strings.TrimPrefix(m.Name(), "mask."), "#")
			if !strings.HasPrefix(m.Name(), "mask.") || coupling(t, net, PruneInputs()).Group(layer) == nil {
				t.Errorf("%s: mask %q is named after no layer", c.Name, m.Name())
			}
		}
		a := coupling(t, net, PruneInputs())
		b := coupling(t, masked, PruneInputs())
		for i, g := range a.Groups {
			if b.Groups[i].Name != g.Name || len(b.Groups[i].Units) != len(g.Units) {
				t.Errorf("%s: layer %q is %q behind a mask", c.Name, g.Name, b.Groups[i].Name)
			}
		}
	}
}

func TestMaskErrors(t *testing.T) {
	net := mlp(t, tensor.Float32, 5, 4, op.ReLU, 6, 3)
	with := func(c *Coupling, units map[string][]int) error { return graphtest.Second(c.Mask(units)) }
	c := coupling(t, net)
	for _, e := range []struct {
		want string
		err  error
	}{
		{`"dense9"`, with(c, map[string][]int{"dense9": {0}})},
		{"no prunable unit 6", with(c, map[string][]int{"dense1": {6}})},
		{"there is no coupling", with(nil, nil)},
		{"there is no coupling", with(&Coupling{}, nil)},
	} {
		if e.err == nil || !strings.Contains(e.err.Error(), e.want) {
			t.Errorf("error %v, want one that contains %q", e.err, e.want)
		}
	}
	if m := mask(t, net, map[string][]int{"dense1": nil}); len(m.Constants) != 0 {
		t.Errorf("constants %v of a mask of nothing", m.Constants)
	}
}

// A mask that somebody else put where it cannot be multiplied into one weight stays, with a reason.
func TestFoldErrors(t *testing.T) {
	build := func(end func(m *maker, x, masked *gorgonia.Node) *gorgonia.Node) error {
		m := newMaker(t, tensor.Float64)
		x := m.Input("x", 3, 4)
		masked := must(op.Mask(x, m.Constant("bits", []float64{1, 0, 1, 0})))
		net := done(m, end(m, x, masked))
		_, err := FoldMasks(net)
		return err
	}
	for name, c := range map[string]struct {
		want string
		end  func(m *maker, x, masked *gorgonia.Node) *gorgonia.Node
	}{
		"an output": {`"bits"`, func(_ *maker, _, masked *gorgonia.Node) *gorgonia.Node { return masked }},
		"read elementwise too": {`"bits"`, func(m *maker, _, masked *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.Add(must(gorgonia.Mul(masked, m.Param("w", 4, 4))), masked))
		}},
		"no parameter": {`not a parameter`, func(m *maker, x, masked *gorgonia.Node) *gorgonia.Node {
			return must(op.Apply(op.MatMul{TransB: true}, masked, must(op.Activate(x, op.Tanh, 0))))
		}},
		"a weight used without it": {`"w"`, func(m *maker, x, masked *gorgonia.Node) *gorgonia.Node {
			w := m.Param("w", 4, 2)
			return must(gorgonia.Add(must(gorgonia.Mul(masked, w)), must(gorgonia.Mul(x, w))))
		}},
	} {
		if err := build(c.end); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", name, err, c.want)
		}
	}
}

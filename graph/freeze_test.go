package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// What depends on frozen inputs alone is not computed at each run; what is bound later counts after Refresh.
func TestFrozenProgram(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		m := newMaker(t, dt)
		x, w, scale := m.Input("x", 9, 6), m.Param("w", 6, 7), m.Param("scale")
		sum := must(gorgonia.Add(w, m.Param("v", 6, 7)))
		y := must(gorgonia.Mul(x, must(gorgonia.HadamardProd(must(gorgonia.Tanh(sum)), scale))))
		want := compile(t, m.Net.Graph, Outputs(y))
		run(t, want)
		before := numbers(t, y.Value())
		p := compile(t, m.Net.Graph, Outputs(y), Frozen(m.Net.Params...))
		run(t, p)
		equal(t, "frozen", numbers(t, y.Value()), before, 0)
		if text := ops(p); p.Len() != 1 || want.Len() < 3 {
			t.Errorf("%v: %s", dt, text)
		}
		if l := p.Listing(); len(l) != 1 || l[0].Reads[0] != -1 || l[0].Reads[1] != -1 || l[0].MACs != 9*6*7 || !l[0].Kernel {
			t.Errorf("listing %+v", l)
		}
		fill(scale.Value(), []float64{3})
		if err := gorgonia.Let(w, newDense(dt, newMaker(t, dt, "w").Floats(42), 6, 7)); err != nil {
			t.Fatal(err)
		}
		run(t, p)
		equal(t, "changed", numbers(t, y.Value()), before, 0)
		run(t, want)
		now := numbers(t, y.Value())
		if err := p.Refresh(); err != nil {
			t.Fatal(err)
		}
		run(t, p)
		equal(t, "refreshed", numbers(t, y.Value()), now, 0)
		if now[0] == before[0] {
			t.Error("nothing changed")
		}
		fill(x.Value(), make([]float64, 54)) // an input that is not frozen is followed
		run(t, p)
		equal(t, "x", numbers(t, y.Value()), make([]float64, 63), 0)
	}
}

// Values that are asked for are computed at each run, from what is frozen; gradients of frozen inputs too.
func TestFrozenKeepsWhatIsVisible(t *testing.T) {
	build := func() (*maker, *gorgonia.Node, *gorgonia.Node) {
		m := newMaker(t, tensor.Float64)
		squared := must(gorgonia.Square(m.Param("w", 4, 3)))
		cost := must(gorgonia.Sum(must(gorgonia.Mul(m.Input("x", 8, 4), squared))))
		if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
			t.Fatal(err)
		}
		return m, squared, cost
	}
	a, squared, cost := build()
	run(t, compile(t, a.Net.Graph, Outputs(squared, cost)))
	b, squared2, cost2 := build()
	run(t, compile(t, b.Net.Graph, Outputs(squared2, cost2), Frozen(b.Net.Params...)))
	equal(t, "square", numbers(t, squared2.Value()), numbers(t, squared.Value()), 0)
	equal(t, "cost", numbers(t, cost2.Value()), numbers(t, cost.Value()), 0)
	equal(t, "gradient", grad(t, b.Net.Params[0]), grad(t, a.Net.Params[0]), 0)
	c, squared3, cost3 := build()
	p := compile(t, c.Net.Graph, Frozen(c.Net.Params...)) // everything is visible
	run(t, p)
	equal(t, "square", numbers(t, squared3.Value()), numbers(t, squared.Value()), 0)
	equal(t, "cost", numbers(t, cost3.Value()), numbers(t, cost.Value()), 0)
}

// Two programs of one graph, one of which has an input frozen to a snapshot and another by itself.
func TestFrozenToASnapshot(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	a, b := m.Param("a", 5, 5), m.Param("b", 5, 5)
	y := must(gorgonia.Mul(m.Input("x", 30, 5), must(gorgonia.Add(a, b))))
	s, err := TakeSnapshot(a)
	if err != nil {
		t.Fatal(err)
	}
	first, second := compile(t, m.Net.Graph, Outputs(y), FrozenTo(s)), compile(t, m.Net.Graph, Outputs(y), FrozenTo(s), Frozen(b))
	run(t, first)
	was := numbers(t, y.Value())
	fill(a.Value(), make([]float64, 25))
	fill(b.Value(), make([]float64, 25))
	run(t, second)
	equal(t, "both frozen", numbers(t, y.Value()), was, 0)
	run(t, first)
	if numbers(t, y.Value())[0] == was[0] {
		t.Error("b is frozen")
	}
	if err := second.Refresh(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Program{first, second} {
		run(t, p)
		equal(t, "refreshed", numbers(t, y.Value()), make([]float64, 150), 0)
	}
}

func TestFrozenErrors(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x, w := m.Input("x", 4, 3), m.Param("w", 3, 2)
	y := must(gorgonia.Mul(x, w))
	empty := gorgonia.NewMatrix(m.Net.Graph, tensor.Float32, gorgonia.WithName("empty"), gorgonia.WithShape(3, 2))
	foreign := newMaker(t, tensor.Float32).Param("w", 3, 2)
	for want, n := range map[string]*gorgonia.Node{"not an input": y, `"empty": bind one`: empty, "not of this graph": foreign} {
		_, err := Compile(m.Net.Graph, Outputs(y), Frozen(n))
		graphtest.WantError(t, err, want)
	}
	if _, err := TakeSnapshot(nil); err == nil {
		t.Error("a snapshot of nothing")
	}
	wide, err := TakeSnapshot(newMaker(t, tensor.Float32).Param("w", 3, 3))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(m.Net.Graph, Outputs(y), FrozenTo(wide))
	graphtest.WantError(t, err, `input "w"`, "its snapshot (3, 3)")
	p := compile(t, m.Net.Graph, Outputs(y))
	if err := p.Refresh(); err != nil {
		t.Errorf("nothing is frozen: %v", err)
	}
	// Running statistics that a program moves cannot stay.
	images := graphtest.NormNet(newMaker(t, tensor.Float32))
	o := objective(t, images, 3, "mse")
	_, err = Compile(o.Graph, Outputs(o.Cost), Frozen(o.States[0]))
	graphtest.WantError(t, err, "changes input", "running_mean")
	if _, err = Compile(images.Graph, Outputs(images.Outputs...), Frozen(images.States...)); err == nil {
		t.Error("the training form of a batch norm moves frozen statistics")
	}
	compile(t, images.Graph, Outputs(images.Outputs...), Frozen(images.Param("conv.weight")))
}

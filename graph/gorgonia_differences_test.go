package graph

import (
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// theirsAndOurs runs a program on Gorgonia's machine and on ours.
func theirsAndOurs(t *testing.T, program func(w *witness)) (theirs, ours []seen) {
	t.Helper()
	both := [2][]seen{}
	for i, on := range []func(g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) gorgonia.VM{
		func(g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) gorgonia.VM {
			return gorgonia.NewTapeMachine(g, opts...)
		},
		func(g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) gorgonia.VM { return NewMachine(g, opts...) },
	} {
		w := &witness{t: t, on: on}
		program(w)
		both[i] = w.all()
	}
	return both[0], both[1]
}

// What differs from TapeMachine, as docs/gorgonia.md lists it: its numbers, and ours, which are those of mathematics.
func TestGorgoniaDifferences(t *testing.T) {
	for _, c := range []struct {
		name         string
		program      func(w *witness)
		theirs, ours []float64
	}{
		{"MaxPool2D with four pads", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 1, 1, 3, 3)
			fill(x.Value(), []float64{1, 2, 3, 4, 5, 6, 7, 8, 9})
			y := must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{1, 0, 1, 0}, []int{1, 1}))
			w.run(w.on(m.Net.Graph))
			w.value(y)
		}, []float64{5, 6, 6, 8, 9, 9, 8, 9, 9}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"AveragePool2D's divisor", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 1, 1, 2, 4)
			fill(x.Value(), []float64{1, 2, 3, 4, 5, 6, 7, 8})
			y := must(gorgonia.AveragePool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
			w.run(w.on(m.Net.Graph))
			w.value(y)
		}, []float64{14. / 4, 22. / 4}, []float64{3.5, 5.5}},
		{"AveragePool2D's divisor on a wide image", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 1, 1, 2, 8)
			y := must(gorgonia.AveragePool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
			fill(x.Value(), []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
			w.run(w.on(m.Net.Graph))
			w.value(y)
		}, []float64{0.5, 0.5, 0.5, 0.5}, []float64{1, 1, 1, 1}},
		{"a value that later operations overwrite", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 2)
			fill(x.Value(), []float64{1, 2})
			y := must(gorgonia.HadamardProd(x, x))
			must(gorgonia.Sub(y, gorgonia.NewConstant(10.0)))
			w.run(w.on(m.Net.Graph))
			w.value(y)
		}, []float64{-9, -6}, []float64{1, 4}},
		{"an input behind a reshape", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 1, 2)
			fill(x.Value(), []float64{1, 2})
			must(gorgonia.Add(must(gorgonia.Reshape(x, tensor.Shape{2})), gorgonia.NewConstant(10.0)))
			w.run(w.on(m.Net.Graph))
			w.value(x)
		}, []float64{11, 12}, []float64{1, 2}},
		{"RunAll without Reset", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 2)
			y := must(gorgonia.Neg(x))
			vm := w.on(m.Net.Graph)
			fill(x.Value(), []float64{1, 2})
			run(w.t, vm)
			fill(x.Value(), []float64{3, 4})
			run(w.t, vm)
			w.value(y)
		}, []float64{-1, -2}, []float64{-3, -4}},
		{"gradients that two parameters share, without BindDualValues", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			a, b := m.Param("a", 1, 2), m.Param("b", 1, 2)
			fill(a.Value(), []float64{1, 1})
			fill(b.Value(), []float64{1, 1})
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(must(gorgonia.Add(a, b)))))), a, b)
			w.run(w.on(m.Net.Graph))
			step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.25)), a, b) // zeroes a's gradient before it comes to b
			w.value(b)
		}, []float64{1, 1}, []float64{0, 0}},
		{"a value that gorgonia.Read gave at an earlier run", func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 2)
			fill(x.Value(), []float64{1, 2})
			var read gorgonia.Value
			gorgonia.Read(must(gorgonia.Neg(x)), &read)
			vm := w.on(m.Net.Graph)
			w.run(vm)
			first := read
			fill(x.Value(), []float64{3, 4})
			w.run(vm)
			w.see("read", first)
		}, []float64{-3, -4}, []float64{-1, -2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			theirs, ours := theirsAndOurs(t, c.program)
			equal(t, "TapeMachine", theirs[0].numbers, c.theirs, 1e-12)
			equal(t, "ours", ours[0].numbers, c.ours, 1e-12)
		})
	}
	t.Run("a panic inside an operation is an error", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		y := must(gorgonia.ApplyOp(&panics{}, m.Node("x", 2)))
		gorgonia.WithName("it")(y)
		if err := NewMachine(m.Net.Graph).RunAll(); err == nil || !strings.Contains(err.Error(), `node "it": oh`) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a vector of shape (3) beside a column has the node's shape in comparisons", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		y := must(gorgonia.Gt(m.Node("a", 3), m.Node("b", 3, 1), true))
		run(t, NewMachine(m.Net.Graph))
		if got := fmt.Sprint(y.Value().Shape()); got != fmt.Sprint(y.Shape()) {
			t.Errorf("shape %s, want the node's %v", got, y.Shape())
		}
	})
}

type panics struct{ counted }

func (*panics) Do(...gorgonia.Value) (gorgonia.Value, error) { panic("oh") }
func (*panics) String() string                               { return "panics" }

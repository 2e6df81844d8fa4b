package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// NewMachine puts operations with a training form into it, or with EvalMode into the other, as NewTapeMachine does.
func TestMachineModes(t *testing.T) {
	batchNorm := func(w *witness, m *maker, x *gorgonia.Node) (*gorgonia.Node, *gorgonia.BatchNormOp) {
		w.t.Helper()
		s := append([]int{1}, x.Shape()[1:]...)
		if len(s) == 4 {
			s[2], s[3] = 1, 1
		}
		y, _, _, o, err := gorgonia.BatchNorm(x, m.Param("scale", s...), m.Param("shift", s...), 0.9, 1e-5)
		if err != nil {
			w.t.Fatal(err)
		}
		return y, o
	}
	stats := func(w *witness, o *gorgonia.BatchNormOp) {
		mean, variance := o.Stats()
		w.see("running mean", mean)
		w.see("running variance", variance)
	}
	for name, program := range map[string]func(w *witness){
		"dropout in evaluation": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			y := must(gorgonia.Dropout(m.Node("x", 4, 1), 0.5))
			vm := w.on(m.Net.Graph, gorgonia.EvalMode())
			for range 3 {
				w.run(vm)
				w.value(y)
			}
		},
		"EvalMode of this package, and dropout twice": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			y := must(gorgonia.Dropout(must(gorgonia.Square(must(gorgonia.Dropout(m.Node("x", 3, 3), 0.9)))), 0.1))
			w.run(w.on(m.Net.Graph, EvalMode()))
			w.value(y)
		},
		"batch norm trains, then evaluates": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 6, 3, 2, 2)
			y, o := batchNorm(w, m, x)
			vm := w.on(m.Net.Graph)
			for range 4 {
				let(w.t, x, newDense(tensor.Float64, m.Floats(72), 6, 3, 2, 2))
				w.run(vm)
				w.value(y)
				stats(w, o)
			}
			evaluation := w.on(m.Net.Graph, gorgonia.EvalMode())
			for range 2 {
				w.run(evaluation)
				w.value(y)
				stats(w, o)
			}
		},
		"of rows of features": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 5, 4)
			y, _, _, o, err := gorgonia.BatchNorm(x, m.Param("scale", 5, 4), m.Param("shift", 5, 4), 0.5, 1e-3)
			if err != nil {
				w.t.Fatal(err)
			}
			w.run(w.on(m.Net.Graph))
			stats(w, o)
			w.run(w.on(m.Net.Graph, gorgonia.EvalMode()))
			w.value(y)
			stats(w, o)
		},
		"the operation says so itself after the machine is made": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			y, o := batchNorm(w, m, m.Node("x", 6, 3, 2, 2))
			vm := w.on(m.Net.Graph)
			w.run(vm)
			if err := o.SetTraining(false); err != nil {
				w.t.Fatal(err)
			}
			w.run(vm)
			w.value(y)
			stats(w, o)
		},
		"a new machine trains again": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			_, o := batchNorm(w, m, m.Node("x", 6, 3, 2, 2))
			w.run(w.on(m.Net.Graph, gorgonia.EvalMode()))
			stats(w, o)
			w.run(w.on(m.Net.Graph))
			stats(w, o)
		},
		"gradients of a batch norm that trains": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 6, 3, 2, 2)
			y, _ := batchNorm(w, m, x)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.HadamardProd(must(gorgonia.Square(y)), m.Node("r", 6, 3, 2, 2))))), m.Net.Params...)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(m.Net.Params...))
			for range 2 {
				w.run(vm)
				for _, p := range m.Net.Params {
					w.grad(p)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

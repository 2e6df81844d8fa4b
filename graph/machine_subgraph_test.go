package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A machine of a subgraph computes what is in it, and not what its nodes know besides.
func TestMachineOfSubgraph(t *testing.T) {
	build := func(w *witness) (m *maker, x, p, y, pred, cost *gorgonia.Node) {
		m = newMaker(w.t, tensor.Float64)
		x, p = m.Node("x", 4, 3), m.Param("w", 3, 2)
		y = gorgonia.NewMatrix(m.Net.Graph, tensor.Float64, gorgonia.WithName("y"), gorgonia.WithShape(4, 2)) // has no value yet
		pred = must(gorgonia.Tanh(must(gorgonia.Mul(x, p))))
		cost = must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Sub(pred, y))))))
		w.differentiate(cost, p)
		return m, x, p, y, pred, cost
	}
	for name, program := range map[string]func(w *witness){
		"predictions, before there are labels": func(w *witness) {
			m, _, _, _, pred, _ := build(w)
			w.run(w.on(m.Net.Graph.SubgraphRoots(pred)))
			w.value(pred)
		},
		"predictions of exactly these roots": func(w *witness) {
			m, _, _, _, pred, _ := build(w)
			w.run(w.on(m.Net.Graph.ExactSubgraphRoots(pred)))
			w.value(pred)
		},
		"training and predicting in turn": func(w *witness) {
			m, x, p, y, pred, cost := build(w)
			let(w.t, y, newDense(tensor.Float64, m.Floats(8), 4, 2))
			training, predicting := w.on(m.Net.Graph, gorgonia.BindDualValues(p)), w.on(m.Net.Graph.SubgraphRoots(pred))
			for range 3 {
				w.run(training)
				w.value(cost)
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1)), p)
				let(w.t, x, newDense(tensor.Float64, m.Floats(12), 4, 3))
				w.run(predicting)
				w.value(pred)
				w.grad(p)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

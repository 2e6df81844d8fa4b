package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A quotient's gradient reads the quotient for a derivative that nobody asked for. That must not hide the cost.
func TestCostOfAMeanIsVisible(t *testing.T) {
	for _, shape := range [][]int{{3}, {3, 2}, {3, 1}, {1, 1}} {
		m := newMaker(t, tensor.Float64)
		x, w := m.Input("x", shape...), m.Param("w", shape...)
		cost := must(gorgonia.Mean(must(gorgonia.HadamardProd(x, w))))
		if _, err := gorgonia.Grad(cost, w); err != nil {
			t.Fatal(err)
		}
		run(t, compile(t, m.Net.Graph))
		want, err := reference(m.Net.Graph, gorgonia.Nodes{cost})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "cost", numbers(t, cost.Value()), numbers(t, want[cost]), 1e-15)
	}
}

// The gradient of a node in the middle of the graph is there when it was asked for.
func TestGradientOfANode(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x, w := m.Input("x", 3), m.Param("w", 3)
	h := must(gorgonia.HadamardProd(x, w))
	cost := must(gorgonia.Sum(must(gorgonia.Square(h))))
	one := m.Net.Graph.AddNode(number(1))
	grads, err := gorgonia.Backpropagate(gorgonia.Nodes{cost}, gorgonia.Nodes{one}, gorgonia.Nodes{h}) // Grad takes inputs only
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph)
	for range 2 {
		run(t, p)
		want := numbers(t, h.Value())
		for i := range want {
			want[i] *= 2
		}
		equal(t, "dh", numbers(t, grads[0].Value()), want, 1e-15)
	}
}

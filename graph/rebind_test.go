package graph

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// plainClassifier is a training graph as Gorgonia's users write it: layers, softmax, −mean(Σ y·log p).
func plainClassifier(t testing.TB, dt tensor.Dtype) (m *maker, cost *gorgonia.Node) {
	m = newMaker(t, dt, "classifier")
	h := must(gorgonia.Rectify(m.Plain(m.Input("x", 16, 12), "one", 10)))
	h = must(gorgonia.Tanh(m.Plain(h, "two", 9)))
	h = must(gorgonia.Sigmoid(m.Plain(h, "three", 8)))
	p := must(gorgonia.SoftMax(m.Plain(h, "four", 5), 1))
	log := must(gorgonia.Log(must(gorgonia.Add(p, must(gorgonia.HadamardProd(p, m.Number(1e-3)))))))
	y := m.Input("y", 16, 5)
	target := make([]float64, 16*5)
	for i := range 16 {
		target[i*5+i%5] = 1
	}
	fill(y.Value(), target)
	return m, must(gorgonia.Neg(must(gorgonia.Mean(must(gorgonia.Sum(must(gorgonia.HadamardProd(log, y)), 1))))))
}

// Fused instructions read what is bound now.
func TestFusedInstructionsFollowLet(t *testing.T) {
	m, cost := plainClassifier(t, tensor.Float64)
	if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph, Outputs(cost))
	if s := ops(p); strings.Contains(s, "Repeat0; +") || strings.Count(s, "Dense") != 4 {
		t.Fatalf("layers are not fused: %s", s)
	}
	roots := gorgonia.Nodes{cost}
	for _, n := range m.Net.Params {
		roots = append(roots, n.Deriv())
	}
	check := func(what string) {
		t.Helper()
		want, err := reference(m.Net.Graph, roots)
		if err != nil {
			t.Fatal(err)
		}
		run(t, p)
		equal(t, what+": cost", numbers(t, cost.Value()), numbers(t, want[cost]), 1e-13)
		for _, n := range m.Net.Params {
			equal(t, what+": gradient of "+n.Name(), grad(t, n), numbers(t, want[n.Deriv()]), 1e-13)
		}
	}
	check("first")
	for _, n := range append(append(gorgonia.Nodes{}, m.Net.Inputs...), m.Net.Params...) {
		if n.Name() == "y" {
			continue
		}
		if err := gorgonia.Let(n, newDense(tensor.Float64, m.Floats(n.Shape().TotalSize()), n.Shape()...)); err != nil {
			t.Fatal(err)
		}
		check("after " + n.Name())
	}
}

// A training graph of Gorgonia's own operations allocates nothing either.
func TestPlainGraphsAllocateNothing(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		m, cost := plainClassifier(t, dt)
		if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
			t.Fatal(err)
		}
		for _, opts := range [][]Option{nil, {Outputs(cost)}} {
			p := compile(t, m.Net.Graph, opts...)
			run(t, p)
			for _, l := range p.Listing() {
				if !l.Kernel {
					t.Errorf("%s runs through its own Do", l.Op)
				}
			}
			if n := testing.AllocsPerRun(20, func() { run(t, p) }); n != 0 {
				t.Errorf("%v: a step allocates %v times: %s", dt, n, ops(p))
			}
		}
	}
}

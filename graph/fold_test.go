package graph

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// What depends on constants alone is computed once: sizes, and expressions. Results are as before.
func TestFoldConstants(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		m := newMaker(t, dt)
		x := m.Input("x", 2, 3)
		c := func(f float64) *gorgonia.Node {
			if dt == tensor.Float32 {
				return m.Net.Graph.AddNode(gorgonia.NewConstant(float32(f)))
			}
			return m.Net.Graph.AddNode(gorgonia.NewConstant(f))
		}
		table := m.Net.Graph.AddNode(gorgonia.NewConstant(newDense(dt, []float64{1, 4, 9, 16, 25, 36}, 2, 3), gorgonia.WithName("t")))
		roots := must(gorgonia.Sqrt(table))
		y := must(gorgonia.Add(must(gorgonia.HadamardProd(x, must(gorgonia.Add(c(0.75), c(1.5))))), roots))
		z := must(gorgonia.Sub(must(gorgonia.Mean(y)), must(gorgonia.Mean(x, 0)))) // sizes
		p := compile(t, m.Net.Graph, Outputs(z))
		if s := ops(p); strings.Contains(s, "SizeOf") || strings.Contains(s, "√") || strings.Count(s, "+") != 1 {
			t.Errorf("program is %s", s)
		}
		for range 3 {
			fill(x.Value(), m.Floats(6))
			run(t, p)
			want, err := reference(m.Net.Graph, gorgonia.Nodes{z})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "z", numbers(t, z.Value()), numbers(t, want[z]), tolerance(dt))
			equal(t, "the constant", numbers(t, table.Value()), []float64{1, 4, 9, 16, 25, 36}, 0)
		}
	}
}

// An expression with an input in it follows that input.
func TestFoldLeavesInputs(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x, s := m.Input("x", 2, 3), m.Input("s")
	y := must(gorgonia.HadamardProd(x, must(gorgonia.Add(must(gorgonia.Add(s, number(1))), number(2)))))
	p := compile(t, m.Net.Graph, Outputs(y))
	for _, f := range []float64{-1, 5} {
		fill(s.Value(), []float64{f})
		run(t, p)
		want := numbers(t, x.Value())
		for i := range want {
			want[i] *= f + 3
		}
		equal(t, "y", numbers(t, y.Value()), want, 1e-15)
	}
}

// A folded expression that is an output, read, or looked at has a value, of its own memory.
func TestFoldedValuesAreVisible(t *testing.T) {
	for _, named := range []bool{true, false} {
		m := newMaker(t, tensor.Float64)
		sum := must(gorgonia.Add(m.Net.Graph.AddNode(number(0.75)), m.Net.Graph.AddNode(number(1.5))))
		y := must(gorgonia.HadamardProd(m.Input("x", 2), sum))
		var read gorgonia.Value
		gorgonia.Read(sum, &read)
		var opts []Option
		if named {
			opts = append(opts, Outputs(sum, y))
		}
		p := compile(t, m.Net.Graph, opts...)
		for range 2 {
			run(t, p)
			equal(t, "value", numbers(t, sum.Value()), []float64{2.25}, 0)
			equal(t, "read", numbers(t, read), []float64{2.25}, 0)
			fill(sum.Value(), []float64{9}) // what a reader does to it is gone with the next run
		}
	}
}

package graph

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gorgonia's traps: graphs on which TapeMachine is wrong, or would be with memory that is used again.
func TestTraps(t *testing.T) {
	t.Run("a reshape does not alias its input", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x := m.Input("x", 2, 3)
		y := must(gorgonia.Add(must(gorgonia.Reshape(x, tensor.Shape{6})), gorgonia.NewConstant(10.0)))
		p := compile(t, m.Net.Graph)
		before := numbers(t, x.Value())
		for range 3 {
			run(t, p)
		}
		equal(t, "x", numbers(t, x.Value()), before, 0)
		for i := range before {
			before[i] += 10
		}
		equal(t, "y", numbers(t, y.Value()), before, 0)
	})
	t.Run("a float32 sum counts beyond 2^24", func(t *testing.T) {
		const n = 1<<24 + 2
		g := gorgonia.NewGraph()
		ones := make([]float32, n)
		kernels.Fill(ones, 1)
		x := gorgonia.NewVector(g, tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(n),
			gorgonia.WithValue(tensor.New(tensor.WithShape(n), tensor.WithBacking(ones))))
		s := must(gorgonia.Sum(x))
		run(t, compile(t, g))
		equal(t, "sum", numbers(t, s.Value()), []float64{n}, 0)
	})
	t.Run("two parameters share a gradient", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		a, b := m.Param("a", 3), m.Param("b", 3)
		cost := must(gorgonia.Sum(must(gorgonia.Square(must(gorgonia.Add(a, b))))))
		if _, err := gorgonia.Grad(cost, a, b); err != nil {
			t.Fatal(err)
		}
		run(t, compile(t, m.Net.Graph))
		want := numbers(t, a.Value())
		for i, v := range numbers(t, b.Value()) {
			want[i] = 2 * (want[i] + v)
		}
		equal(t, "gradient of a", grad(t, a), want, 1e-15)
		equal(t, "gradient of b", grad(t, b), want, 1e-15)
		before := numbers(t, b.Value())
		step(t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5)), a, b) // it zeroes a's gradient before it comes to b
		for i := range before {
			before[i] -= 0.5 * want[i]
		}
		equal(t, "b after a step", numbers(t, b.Value()), before, 1e-15)
	})
	t.Run("the seed of a gradient survives a solver", func(t *testing.T) {
		for range 2 { // Gorgonia's 1 is one value for all graphs of a process
			m := newMaker(t, tensor.Float64)
			a, b := m.Param("a"), m.Param("b")
			if _, err := gorgonia.Grad(must(gorgonia.Add(a, b)), a, b); err != nil {
				t.Fatal(err)
			}
			p := compile(t, m.Net.Graph)
			for range 3 {
				run(t, p)
				equal(t, "gradient of a", grad(t, a), []float64{1}, 0)
				equal(t, "gradient of b", grad(t, b), []float64{1}, 0)
				step(t, gorgonia.NewVanillaSolver(), a, b)
			}
		}
	})
	t.Run("a branch beside the cost that uses the constant 1", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x, w := m.Input("x", 3), m.Param("w", 3)
		cost := must(gorgonia.Mul(x, w))
		side := must(gorgonia.Sub(gorgonia.NewConstant(1.0), x)) // Grad's seed is the same node
		if _, err := gorgonia.Grad(cost, w); err != nil {
			t.Fatal(err)
		}
		run(t, compile(t, m.Net.Graph))
		want := numbers(t, x.Value())
		for i := range want {
			want[i] = 1 - want[i]
		}
		equal(t, "side", numbers(t, side.Value()), want, 0)
	})
	t.Run("compiled before and after Grad", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x, w := m.Input("x", 3), m.Param("w", 3)
		cost := must(gorgonia.Mul(x, w))
		m.Net.Graph.Roots() // Gorgonia remembers the roots that it found first
		run(t, compile(t, m.Net.Graph))
		if _, err := gorgonia.Grad(cost, w); err != nil {
			t.Fatal(err)
		}
		run(t, compile(t, m.Net.Graph))
		equal(t, "gradient", grad(t, w), numbers(t, x.Value()), 1e-15)
	})
	t.Run("a result fed back as the next input", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		h, w := m.Input("h", 1, 4), m.Param("w", 4, 4)
		next := must(gorgonia.Tanh(must(gorgonia.Mul(h, w))))
		start := numbers(t, h.Value())
		chain := func(feed func()) []float64 {
			if err := gorgonia.Let(h, newDense(tensor.Float64, start, 1, 4)); err != nil {
				t.Fatal(err)
			}
			p := compile(t, m.Net.Graph)
			for range 4 {
				run(t, p)
				feed()
			}
			return numbers(t, next.Value())
		}
		bind := func(v gorgonia.Value) {
			if err := gorgonia.Let(h, v); err != nil {
				t.Fatal(err)
			}
		}
		want := chain(func() { bind(newDense(tensor.Float64, numbers(t, next.Value()), 1, 4)) })
		equal(t, "state", chain(func() { bind(next.Value()) }), want, 0)
	})
	t.Run("integers run through Gorgonia's own code", func(t *testing.T) {
		g := gorgonia.NewGraph()
		x := gorgonia.NewVector(g, tensor.Int, gorgonia.WithName("x"), gorgonia.WithShape(4),
			gorgonia.WithValue(tensor.New(tensor.WithShape(4), tensor.WithBacking([]int{1, 2, 3, 4}))))
		y := must(gorgonia.Reshape(must(gorgonia.Add(x, x)), tensor.Shape{2, 2}))
		run(t, compile(t, g))
		equal(t, "y", numbers(t, y.Value()), []float64{2, 4, 6, 8}, 0)
		equal(t, "x", numbers(t, x.Value()), []float64{1, 2, 3, 4}, 0)
	})
}

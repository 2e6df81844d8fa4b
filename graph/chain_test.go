package graph

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/workers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// withChainsFrom compiles under another limit.
func withChainsFrom(n int, f func()) {
	defer func(old int) { chainFrom = old }(chainFrom)
	chainFrom = n
	f()
}

// fiveOps is a chain as users write it: |x·w + 2| − x, squared.
func fiveOps(m *maker, shape ...int) (x, y *gorgonia.Node) {
	x = m.Input("x", shape...)
	y = must(gorgonia.HadamardProd(x, m.Param("w", shape...)))
	y = must(gorgonia.Add(y, m.Number(2)))
	y = must(gorgonia.Sub(must(gorgonia.Abs(y)), x))
	return x, must(gorgonia.Square(y))
}

// A chain gives the bits of its operations one by one: over block borders and tails, for any number of threads.
func TestChainHasTheSameBits(t *testing.T) {
	defer workers.Set(0)
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, n := range []int{1 << 13, 10_007, 1 << 15, 70_001, 1<<17 + 3} {
			m := newMaker(t, dt, "chain")
			_, y := fiveOps(m, n)
			y = must(gorgonia.Exp(must(gorgonia.Tanh(must(gorgonia.Sub(m.Number(1), y))))))
			y = must(gorgonia.HadamardDiv(must(op.Activate(y, op.GELU, 0)), m.Input("d", n)))
			y = must(gorgonia.HadamardProd(y, must(gorgonia.Gt(y, m.Number(0.5), true))))
			y = must(gorgonia.Sin(must(gorgonia.Softplus(y))))
			var want []float64
			withChainsFrom(math.MaxInt, func() {
				p := compile(t, m.Net.Graph, Outputs(y))
				if strings.Contains(ops(p), "Chain") {
					t.Fatal(ops(p))
				}
				run(t, p)
				want = numbers(t, y.Value())
			})
			for _, threads := range []int{1, 2, 3} {
				workers.Set(threads)
				p := compile(t, m.Net.Graph, Outputs(y))
				if !strings.Contains(ops(p), "Chain(⊙, +, abs, -, square, -, tanh, exp, Activation(gelu), ÷)") {
					t.Fatal(ops(p))
				}
				for range 2 {
					run(t, p)
					equal(t, fmt.Sprint(dt, n), numbers(t, y.Value()), want, 0)
				}
				if err := verifyMemory(&p.compilation); err != nil {
					t.Fatal(err)
				}
				if n := testing.AllocsPerRun(10, func() { run(t, p) }); n != 0 {
					t.Errorf("a step allocates %v times", n)
				}
			}
		}
	}
}

// What is joined, and what is not.
func TestChains(t *testing.T) {
	type nodes = gorgonia.Nodes
	sin := func(n *gorgonia.Node) *gorgonia.Node { return must(gorgonia.Sin(n)) }
	for _, c := range []struct {
		name, want string
		build      func(m *maker, x *gorgonia.Node) nodes
	}{
		{"a run", "Chain(sin, exp)", func(m *maker, x *gorgonia.Node) nodes { return nodes{must(gorgonia.Exp(sin(x)))} }},
		{"both operands", "Chain(sin, ⊙)", func(m *maker, x *gorgonia.Node) nodes {
			a := sin(x)
			return nodes{must(gorgonia.HadamardProd(a, a))}
		}},
		{"an input that comes again", "Chain(sin, -, -)", func(m *maker, x *gorgonia.Node) nodes {
			return nodes{must(gorgonia.Sub(x, must(gorgonia.Sub(sin(x), x))))}
		}},
		{"a visible value", "sin; exp", func(m *maker, x *gorgonia.Node) nodes {
			a := sin(x)
			return nodes{must(gorgonia.Exp(a)), a}
		}},
		{"a value with two readers", "sin; exp; -", func(m *maker, x *gorgonia.Node) nodes {
			a := sin(x)
			return nodes{must(gorgonia.Exp(a)), must(gorgonia.Sub(a, x))}
		}},
		{"two branches", "Chain(cos, square); Chain(sin, exp, ⊙)", func(m *maker, x *gorgonia.Node) nodes {
			return nodes{must(gorgonia.HadamardProd(must(gorgonia.Exp(sin(x))), must(gorgonia.Square(must(gorgonia.Cos(x))))))}
		}},
		{"a sum between", "sin; Σ[0 1]; exp", func(m *maker, x *gorgonia.Node) nodes {
			return nodes{must(gorgonia.Exp(must(gorgonia.Sum(sin(x)))))}
		}},
		{"a number from a sum", "Σ[0 1]; Chain(sin, -)", func(m *maker, x *gorgonia.Node) nodes {
			s := must(gorgonia.Sum(x))
			return nodes{must(gorgonia.Sub(s, sin(x)))}
		}},
		{"a product between", "sin; A × B; exp", func(m *maker, x *gorgonia.Node) nodes {
			return nodes{must(gorgonia.Exp(must(gorgonia.Mul(sin(x), m.Param("w", 4, 4)))))}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withChainsFrom(2, func() {
				m := newMaker(t, tensor.Float64, "chains")
				x := m.Input("x", 3, 4)
				out := c.build(m, x)
				p := compile(t, m.Net.Graph, Outputs(out...))
				if got := strings.ReplaceAll(ops(p), " false", ""); got != c.want {
					t.Errorf("program is %s; want %s", got, c.want)
				}
				before := numbers(t, x.Value())
				for range 2 {
					run(t, p)
				}
				want, err := reference(m.Net.Graph, out)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range out {
					equal(t, n.Name(), numbers(t, n.Value()), numbers(t, want[n]), 1e-14)
				}
				equal(t, "x", numbers(t, x.Value()), before, 0)
				if err := verifyMemory(&p.compilation); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Chains of random graphs give the same bits as their operations, follow what is bound, and take no more memory
// in all.
func TestRandomChains(t *testing.T) {
	chains, memory, memoryWithout := 0, int64(0), int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		r := &randomGraph{maker: newMaker(t, tensor.Float64, fmt.Sprint(rapid.IntRange(0, 1000).Draw(rt, "seed"))), rt: rt}
		x := r.Input("x", 1+r.n("batch", 5), 1+r.n("features", 6))
		r.pool = append(r.pool, x)
		for range 1 + r.n("operations", 10) {
			r.grow()
		}
		cost := must(gorgonia.Mean(r.pool[len(r.pool)-1]))
		order, err := op.Order(gorgonia.Nodes{cost}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		var wrt gorgonia.Nodes
		for _, p := range r.Net.Params {
			if op.Set(order)[p] {
				wrt = append(wrt, p)
			}
		}
		if len(wrt) > 0 {
			if _, err := gorgonia.Grad(cost, wrt...); err != nil {
				rt.Skip("Gorgonia has no gradient: ", err)
			}
		}
		start := r.Floats(x.Shape().TotalSize())
		results := func(from int) (out []float64, memory int64) {
			withChainsFrom(from, func() {
				p := compile(t, r.Net.Graph, Outputs(cost))
				for _, scale := range []float64{1, 2} {
					f := append([]float64{}, start...)
					for i := range f {
						f[i] *= scale
					}
					if err := gorgonia.Let(x, newDense(tensor.Float64, f, x.Shape()...)); err != nil {
						rt.Fatal(err)
					}
					run(t, p)
					out = append(out, numbers(t, cost.Value())...)
					for _, n := range wrt {
						out = append(out, grad(t, n)...)
					}
				}
				if err := verifyMemory(&p.compilation); err != nil {
					rt.Fatal(err)
				}
				chains += strings.Count(ops(p), "Chain")
				memory = p.Bytes()
			})
			return out, memory
		}
		want, without := results(math.MaxInt)
		got, with := results(1)
		memory, memoryWithout = memory+with, memoryWithout+without // one graph may gain or lose by where first fit puts things
		for i := range want {
			if got[i] != want[i] && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
				rt.Fatalf("number %d: %v in chains, %v without", i, got[i], want[i])
			}
		}
	})
	if chains == 0 {
		t.Error("there were no chains")
	}
	if memory > memoryWithout+memoryWithout/20 { // within what first fit makes of it
		t.Errorf("chains take %d bytes, without them it is %d", memory, memoryWithout)
	}
}

// BenchmarkChain compares five operations over 2²⁰ elements, chained and one by one.
func BenchmarkChain(b *testing.B) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for name, from := range map[string]int{"chained": 1, "one by one": math.MaxInt} {
			b.Run(fmt.Sprint(dt, " ", name), func(b *testing.B) {
				withChainsFrom(from, func() {
					m := newMaker(b, dt, "chain")
					_, y := fiveOps(m, 1<<20)
					p := compile(b, m.Net.Graph, Outputs(y))
					run(b, p)
					for b.Loop() {
						run(b, p)
					}
				})
			})
		}
	}
}

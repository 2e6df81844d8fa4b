package graph

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// spellings are the ways in which programs write a classifier's loss, of logits and targets (3, 5).
var spellings = []struct {
	name, want string // in the program, besides the gradient
	cost       func(m *maker, x, t *gorgonia.Node) *gorgonia.Node
}{
	{"−mean(log(softmax) ⊙ t)", "LogLikelihood(scale=-0.06", func(_ *maker, x, t *gorgonia.Node) *gorgonia.Node {
		y := must(gorgonia.Log(must(gorgonia.SoftMax(x))))
		return must(gorgonia.Neg(must(gorgonia.Mean(must(gorgonia.HadamardProd(y, t))))))
	}},
	{"mean(−(t ⊙ log-softmax))", "LogLikelihood(scale=-0.06", func(_ *maker, x, t *gorgonia.Node) *gorgonia.Node {
		y := must(gorgonia.LogSoftMax(x, 1))
		return must(gorgonia.Mean(must(gorgonia.Neg(must(gorgonia.HadamardProd(t, y))))))
	}},
	{"mean(−Σ_j)", "LogLikelihood(scale=-0.33", func(_ *maker, x, t *gorgonia.Node) *gorgonia.Node {
		y := must(gorgonia.HadamardProd(t, must(gorgonia.Log(must(gorgonia.SoftMax(x))))))
		return must(gorgonia.Mean(must(gorgonia.Neg(must(gorgonia.Sum(y, 1))))))
	}},
	{"−Σ/n", "LogLikelihood(scale=-0.33", func(m *maker, x, t *gorgonia.Node) *gorgonia.Node {
		sum := must(gorgonia.Sum(must(gorgonia.HadamardProd(t, must(gorgonia.LogSoftMax(x))))))
		return must(gorgonia.Div(must(gorgonia.Neg(sum)), m.Number(3)))
	}},
	{"Σ ⊙ −0.25", "LogLikelihood(scale=-0.25)", func(m *maker, x, t *gorgonia.Node) *gorgonia.Node {
		sum := must(gorgonia.Sum(must(gorgonia.HadamardProd(t, must(gorgonia.LogSoftMax(x))))))
		return must(gorgonia.Mul(m.Number(-0.25), sum))
	}},
	{"−Σ + another term", "LogLikelihood(scale=-1)", func(_ *maker, x, t *gorgonia.Node) *gorgonia.Node {
		sum := must(gorgonia.Sum(must(gorgonia.HadamardProd(t, must(gorgonia.LogSoftMax(x))))))
		return must(gorgonia.Add(must(gorgonia.Neg(sum)), must(gorgonia.Mean(must(gorgonia.Square(x))))))
	}},
	{"mean(−t ⊙ log-softmax)", "LogLikelihood(scale=0.06", func(_ *maker, x, t *gorgonia.Node) *gorgonia.Node {
		y := must(gorgonia.LogSoftMax(x))
		return must(gorgonia.Mean(must(gorgonia.HadamardProd(must(gorgonia.Neg(t)), y))))
	}},
}

// Softmax, logarithm and mean become one kernel, and their gradient another, with the values of the operations one by
// one, for targets that are one-hot, soft, negative or all zero.
func TestLossFusion(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, s := range spellings {
			t.Run(dt.String()+" "+s.name, func(t *testing.T) {
				m := newMaker(t, dt, s.name)
				x, target := m.Param("x", 3, 5), m.Input("t", 3, 5)
				cost := s.cost(m, x, target)
				if _, err := gorgonia.Grad(cost, x); err != nil {
					t.Fatal(err)
				}
				p := compile(t, m.Net.Graph, Outputs(cost))
				if o := ops(p); !strings.Contains(o, s.want) || !strings.Contains(o, "LogLikelihoodGrad(") ||
					strings.Contains(o, "Softmax") || strings.Contains(o, "Σ[1]") {
					t.Errorf("the program is %s", o)
				}
				for _, values := range [][]float64{
					{0, 0, 1, 0, 0 /**/, 1, 0, 0, 0, 0 /**/, 0, 0, 0, 0, 1},
					{0.1, 0.2, 0.3, 0.4, 0 /**/, 0.2, 0.2, 0.2, 0.2, 0.2 /**/, -1, 2, 0, 0.5, 0.25},
					make([]float64, 15),
				} {
					fill(target.Value(), values)
					compareLoss(t, m, p, cost, x)
				}
			})
		}
	}
}

// compareLoss takes the cost of the operations one by one, and its differences, for truth.
func compareLoss(t *testing.T, m *maker, p *Program, cost, x *gorgonia.Node) {
	t.Helper()
	want := func() float64 {
		v, err := reference(m.Net.Graph, gorgonia.Nodes{cost})
		if err != nil {
			t.Fatal(err)
		}
		return numbers(t, v[cost])[0]
	}
	run(t, p)
	equal(t, "cost", numbers(t, cost.Value()), []float64{want()}, tolerance(m.Dtype))
	got, before := grad(t, x), numbers(t, x.Value())
	h, tol := 1e-5, 1e-8
	if m.Dtype == tensor.Float32 {
		h, tol = 1.0/64, 2e-3
	}
	at := func(i int, d float64) float64 {
		f := append([]float64{}, before...)
		f[i] += d
		fill(x.Value(), f)
		return want()
	}
	for i := range got {
		equal(t, "gradient", []float64{got[i]}, []float64{(at(i, h) - at(i, -h)) / (2 * h)}, tol)
	}
	fill(x.Value(), before)
}

// In float32, e^−200 underflows; the fused loss and its gradient are what float64 says.
func TestLossFusionOfFarLogits(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x, target := m.Param("x", 3, 5), m.Input("t", 3, 5)
	cost := spellings[0].cost(m, x, target)
	if _, err := gorgonia.Grad(cost, x); err != nil {
		t.Fatal(err)
	}
	fill(x.Value(), []float64{200, 0, 0, 0, -200 /**/, 0, 0, 0, 0, 0 /**/, 1e4, 1e4, 0, 0, 0})
	fill(target.Value(), []float64{0, 0, 0, 0, 1 /**/, 1, 0, 0, 0, 0 /**/, 0, 1, 0, 0, 0})
	run(t, compile(t, m.Net.Graph, Outputs(cost)))
	equal(t, "cost", numbers(t, cost.Value()), []float64{(400 + math.Log(5) + math.Ln2) / 15}, 1e-6)
	g := grad(t, x)
	equal(t, "gradient", g, []float64{1. / 15, 0, 0, 0, -1. / 15 /**/, -0.8 / 15, 0.2 / 15, 0.2 / 15, 0.2 / 15, 0.2 / 15,
		0.5 / 15, -0.5 / 15, 0, 0, 0}, 1e-7)
}

// What is visible, used elsewhere, of another axis, or scaled by what is no constant stays or is fused in part.
func TestLossFusionLeaves(t *testing.T) {
	for _, c := range []struct {
		name, want, not string
		build           func(m *maker) gorgonia.Nodes
	}{
		{"visible log-probabilities", "Softmax{-1, true}", "LogLikelihood", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 5)))
			return gorgonia.Nodes{y, must(gorgonia.Mean(must(gorgonia.HadamardProd(y, m.Input("t", 3, 5)))))}
		}},
		{"log-probabilities used twice", "Softmax{-1, true}", "LogLikelihood", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 5)))
			return gorgonia.Nodes{must(gorgonia.Mean(must(gorgonia.HadamardProd(y, must(gorgonia.Sin(y))))))}
		}},
		{"columns", "Softmax{0, true}", "LogLikelihood", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 5), 0))
			return gorgonia.Nodes{must(gorgonia.Mean(must(gorgonia.HadamardProd(y, m.Input("t", 3, 5)))))}
		}},
		{"one column", "Softmax{-1, true}", "LogLikelihood", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 1)))
			return gorgonia.Nodes{must(gorgonia.Mean(must(gorgonia.HadamardProd(y, m.Input("t", 3, 1)))))}
		}},
		{"a sum for each row", "Softmax{-1, true}", "LogLikelihood", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 5)))
			return gorgonia.Nodes{must(gorgonia.Sum(must(gorgonia.HadamardProd(y, m.Input("t", 3, 5))), 1))}
		}},
		{"probabilities, not their logarithm", "Softmax{-1, false}", "LogLikelihood", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.SoftMax(m.Input("x", 3, 5)))
			return gorgonia.Nodes{must(gorgonia.Mean(must(gorgonia.HadamardProd(y, m.Input("t", 3, 5)))))}
		}},
		{"times an input", "LogLikelihood(scale=1); ⊙ false", "", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 5)))
			sum := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, m.Input("t", 3, 5)))))
			return gorgonia.Nodes{must(gorgonia.Mul(sum, m.Input("s")))}
		}},
		{"a visible sum", "LogLikelihood(scale=1); neg", "", func(m *maker) gorgonia.Nodes {
			y := must(gorgonia.LogSoftMax(m.Input("x", 3, 5)))
			sum := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, m.Input("t", 3, 5)))))
			return gorgonia.Nodes{sum, must(gorgonia.Neg(sum))}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMaker(t, tensor.Float64, c.name)
			out := c.build(m)
			p := compile(t, m.Net.Graph, Outputs(out...))
			if o := ops(p); !strings.Contains(o, c.want) || c.not != "" && strings.Contains(o, c.not) {
				t.Errorf("the program is %s; want %q, not %q", o, c.want, c.not)
			}
			run(t, p)
			want, err := reference(m.Net.Graph, out)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range out {
				equal(t, n.Name(), numbers(t, n.Value()), numbers(t, want[n]), 1e-12)
			}
		})
	}
	// Where the loss is scaled by an input, the gradient is that of log-softmax.
	m := newMaker(t, tensor.Float64, "scaled")
	x, s := m.Param("x", 3, 5), m.Input("s")
	y := must(gorgonia.HadamardProd(must(gorgonia.LogSoftMax(x)), m.Input("t", 3, 5)))
	cost := must(gorgonia.Mul(must(gorgonia.Sum(y)), s))
	if _, err := gorgonia.Grad(cost, x); err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph, Outputs(cost))
	if o := ops(p); !strings.Contains(o, "SoftmaxDiff") {
		t.Errorf("the program is %s", o)
	}
	compareLoss(t, m, p, cost, x)
}

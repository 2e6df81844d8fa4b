package graph

import (
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func number(v float64) *gorgonia.Node { return gorgonia.NewConstant(v) }

// Every pattern where it fits and where it nearly does. Operations named in want must be in the program, those in not
// must not; values are those of the operations one by one.
func TestPatterns(t *testing.T) {
	type nodes = gorgonia.Nodes
	row, column := []byte{0}, []byte{1}
	for _, c := range []struct {
		name, want, not string
		build           func(m *maker) nodes // visible nodes
	}{
		{"x + row", "RowShift(subtract=false)", "Repeat", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastAdd(m.Input("x", 3, 4), m.Param("b", 4), nil, row))}
		}},
		{"x + (1, n)", "RowShift(subtract=false)", "Repeat", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastAdd(m.Input("x", 3, 4), m.Param("b", 1, 4), nil, row))}
		}},
		{"row + x", "RowShift(subtract=false)", "Repeat", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastAdd(m.Param("b", 4), m.Input("x", 3, 4), row, nil))}
		}},
		{"x − row", "RowShift(subtract=true)", "Repeat", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastSub(m.Input("x", 3, 4), m.Param("b", 4), nil, row))}
		}},
		{"row − x", "Repeat0", "RowShift", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastSub(m.Param("b", 4), m.Input("x", 3, 4), row, nil))}
		}},
		{"a square matrix + column", "Repeat1", "RowShift", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastAdd(m.Input("x", 4, 4), m.Param("b", 4), nil, column))}
		}},
		{"row + row", "RowShift", "", func(m *maker) nodes {
			a, b := must(gorgonia.BroadcastAdd(m.Input("x", 3, 4), m.Param("b", 4), nil, row)), m.Net.Params[0]
			return nodes{must(gorgonia.BroadcastAdd(a, b, nil, row))}
		}},
		{"rank 3", "Repeat0", "RowShift", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastAdd(m.Input("x", 2, 3, 4), m.Param("b", 1, 3, 4), nil, row))}
		}},
		{"x ⊙ row", "RowScale(divide=false)", "Repeat", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastHadamardProd(m.Input("x", 3, 4), m.Param("b", 4), nil, row))}
		}},
		{"x ÷ row", "RowScale(divide=true)", "Repeat", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastHadamardDiv(m.Input("x", 3, 4), m.Param("b", 4), nil, row))}
		}},
		{"row ÷ x", "Repeat0", "RowScale", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastHadamardDiv(m.Param("b", 4), m.Input("x", 3, 4), row, nil))}
		}},
		{"a square matrix ⊙ column", "Repeat1", "RowScale", func(m *maker) nodes {
			return nodes{must(gorgonia.BroadcastHadamardProd(m.Input("x", 4, 4), m.Param("b", 4), nil, column))}
		}},
		{"x ⊙ (x ≥ 0)", "Activation(rectify)", ">=", func(m *maker) nodes {
			return nodes{must(gorgonia.Rectify(m.Input("x", 3, 4)))}
		}},
		{"(x > 0) ⊙ x", "Activation(relu)", ">", func(m *maker) nodes {
			x := m.Input("x", 3, 4)
			return nodes{must(gorgonia.HadamardProd(must(gorgonia.Gt(x, number(0), true)), x))}
		}},
		{"x ⊙ (x ≥ 0.25)", ">= true", "Activation", func(m *maker) nodes {
			x := m.Input("x", 3, 4)
			return nodes{must(gorgonia.HadamardProd(x, must(gorgonia.Gte(x, number(0.25), true))))}
		}},
		{"x ⊙ (x < 0)", "< true", "Activation", func(m *maker) nodes {
			x := m.Input("x", 3, 4)
			return nodes{must(gorgonia.HadamardProd(x, must(gorgonia.Lt(x, number(0), true))))}
		}},
		{"x ⊙ (0 > x)", "> true", "Activation", func(m *maker) nodes {
			x := m.Input("x", 3, 4)
			return nodes{must(gorgonia.HadamardProd(x, must(gorgonia.Gt(number(0), x, true))))}
		}},
		{"x ⊙ (x ≥ y), y an input", ">= true", "Activation", func(m *maker) nodes {
			x, y := m.Input("x", 3, 4), m.Input("y")
			return nodes{must(gorgonia.HadamardProd(x, must(gorgonia.Gte(x, y, true))))}
		}},
		{"dy ⊙ (x ≥ 0)", "Gate", "ActivationGrad", func(m *maker) nodes {
			return nodes{must(gorgonia.HadamardProd(m.Input("dy", 3, 4), must(gorgonia.Gte(m.Input("x", 3, 4), number(0), true))))}
		}},
		{"(x > 0) ⊙ dy", "ActivationGrad(relu)", "Gate", func(m *maker) nodes {
			return nodes{must(gorgonia.HadamardProd(must(gorgonia.Gt(m.Input("x", 3, 4), number(0), true)), m.Input("dy", 3, 4)))}
		}},
		{"a number ⊙ (x > 0)", "> true", "ActivationGrad", func(m *maker) nodes {
			return nodes{must(gorgonia.HadamardProd(m.Input("s"), must(gorgonia.Gt(m.Input("x", 3, 4), number(0), true))))}
		}},
		{"dy ⊙ (x > 0) before relu(x)", "ActivationGrad(relu); Activation(relu)", "", func(m *maker) nodes {
			x := must(gorgonia.Sin(m.Input("x", 3, 4)))
			d := must(gorgonia.HadamardProd(m.Input("dy", 3, 4), must(gorgonia.Gt(x, number(0), true))))
			return nodes{d, must(op.Activate(x, op.ReLU, 0))}
		}},
		{"(y ⊙ (1 − y)) ⊙ dy of a layer", "ActivationGrad(sigmoid)", "⊙", func(m *maker) nodes {
			y := m.Dense(m.Input("x", 3, 4), "layer", 4, op.Sigmoid)
			d := must(gorgonia.HadamardProd(y, must(gorgonia.Sub(number(1), y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(y ⊙ (1 − y)) ⊙ dy of sigmoid", "ActivationGrad(sigmoid)", "⊙", func(m *maker) nodes {
			y := must(gorgonia.Sigmoid(m.Input("x", 3, 4)))
			d := must(gorgonia.HadamardProd(y, must(gorgonia.Sub(number(1), y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(σ(x) ⊙ σ(−z)) ⊙ dy", "⊙", "ActivationGrad", func(m *maker) nodes {
			d := must(gorgonia.HadamardProd(must(gorgonia.Sigmoid(m.Input("x", 3, 4))),
				must(gorgonia.Sigmoid(must(gorgonia.Neg(m.Input("z", 3, 4)))))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(y ⊙ (2 − y)) ⊙ dy", "⊙", "ActivationGrad", func(m *maker) nodes {
			y := m.Dense(m.Input("x", 3, 4), "layer", 4, op.Sigmoid)
			d := must(gorgonia.HadamardProd(y, must(gorgonia.Sub(number(2), y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(y ⊙ (1 − y)) ⊙ dy of another function", "⊙", "ActivationGrad", func(m *maker) nodes {
			y := m.Dense(m.Input("x", 3, 4), "layer", 4, op.Tanh)
			d := must(gorgonia.HadamardProd(y, must(gorgonia.Sub(number(1), y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(y ⊙ (1 − y)) ⊙ a number", "⊙", "ActivationGrad", func(m *maker) nodes {
			y := m.Dense(m.Input("x", 3, 4), "layer", 4, op.Sigmoid)
			d := must(gorgonia.HadamardProd(y, must(gorgonia.Sub(number(1), y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("s")))}
		}},
		{"y ⊙ (1 − y) is visible", "ActivationGrad(sigmoid)", "", func(m *maker) nodes {
			y := m.Dense(m.Input("x", 3, 4), "layer", 4, op.Sigmoid)
			d := must(gorgonia.HadamardProd(y, must(gorgonia.Sub(number(1), y))))
			return nodes{d, must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(1 − y²) ⊙ dy", "ActivationGrad(tanh)", "⊙", func(m *maker) nodes {
			y := must(gorgonia.Tanh(m.Input("x", 3, 4)))
			d := must(gorgonia.Sub(number(1), must(gorgonia.HadamardProd(y, y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(1 − y ⊙ z) ⊙ dy", "⊙", "ActivationGrad", func(m *maker) nodes {
			y, z := must(gorgonia.Tanh(m.Input("x", 3, 4))), must(gorgonia.Tanh(m.Input("z", 3, 4)))
			d := must(gorgonia.Sub(number(1), must(gorgonia.HadamardProd(y, z))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(2 − y²) ⊙ dy", "⊙", "ActivationGrad", func(m *maker) nodes {
			y := must(gorgonia.Tanh(m.Input("x", 3, 4)))
			d := must(gorgonia.Sub(number(2), must(gorgonia.HadamardProd(y, y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"(1 − y²) ⊙ dy of another function", "⊙", "ActivationGrad", func(m *maker) nodes {
			y := must(gorgonia.Sin(m.Input("x", 3, 4)))
			d := must(gorgonia.Sub(number(1), must(gorgonia.HadamardProd(y, y))))
			return nodes{must(gorgonia.HadamardProd(d, m.Input("dy", 3, 4)))}
		}},
		{"a layer", "Dense(identity)", "RowShift", func(m *maker) nodes { return nodes{m.Plain(m.Input("x", 3, 4), "layer", 5)} }},
		{"a layer that subtracts", "A × B; RowShift(subtract=true)", "Dense", func(m *maker) nodes {
			z := must(gorgonia.Mul(m.Input("x", 3, 4), m.Param("w", 4, 5)))
			return nodes{must(gorgonia.BroadcastSub(z, m.Param("b", 5), nil, row))}
		}},
		{"a product that is visible", "A × B; RowShift", "Dense", func(m *maker) nodes {
			z := must(gorgonia.Mul(m.Input("x", 3, 4), m.Param("w", 4, 5)))
			return nodes{must(gorgonia.BroadcastAdd(z, m.Param("b", 5), nil, row)), z}
		}},
		{"a product that is used twice", "A × B; RowShift", "Dense", func(m *maker) nodes {
			z := must(gorgonia.Mul(m.Input("x", 3, 4), m.Param("w", 4, 5)))
			return nodes{must(gorgonia.Add(must(gorgonia.BroadcastAdd(z, m.Param("b", 5), nil, row)), z))}
		}},
		{"a transposed product", "RowShift", "Dense", func(m *maker) nodes {
			z := must(op.Apply(op.MatMul{TransB: true}, m.Input("x", 3, 4), m.Param("w", 5, 4)))
			return nodes{must(gorgonia.BroadcastAdd(z, m.Param("b", 5), nil, row))}
		}},
		{"sigmoid", "Dense(sigmoid)", ";", func(m *maker) nodes {
			return nodes{must(gorgonia.Sigmoid(m.Plain(m.Input("x", 3, 4), "l", 5)))}
		}},
		{"tanh", "Dense(tanh)", ";", func(m *maker) nodes {
			return nodes{must(gorgonia.Tanh(m.Plain(m.Input("x", 3, 4), "l", 5)))}
		}},
		{"softplus", "Dense(softplus)", ";", func(m *maker) nodes {
			return nodes{must(gorgonia.Softplus(m.Plain(m.Input("x", 3, 4), "l", 5)))}
		}},
		{"rectify", "Dense(rectify)", ";", func(m *maker) nodes {
			return nodes{must(gorgonia.Rectify(m.Plain(m.Input("x", 3, 4), "l", 5)))}
		}},
		{"GELU", "Dense(gelu)", ";", func(m *maker) nodes {
			return nodes{must(op.Activate(m.Dense(m.Input("x", 3, 4), "l", 5, op.Identity), op.GELU, 0))}
		}},
		{"leaky", "Dense(leaky_relu, slope=0.2)", ";", func(m *maker) nodes {
			return nodes{must(op.Activate(m.Dense(m.Input("x", 3, 4), "l", 5, op.Identity), op.LeakyReLU, 0.2))}
		}},
		{"an activation after an activation", "Dense(tanh); Activation(gelu)", "", func(m *maker) nodes {
			return nodes{must(op.Activate(m.Dense(m.Input("x", 3, 4), "l", 5, op.Tanh), op.GELU, 0))}
		}},
		{"a pre-activation that is visible", "Dense(identity); tanh", "Dense(tanh)", func(m *maker) nodes {
			z := m.Plain(m.Input("x", 3, 4), "l", 5)
			return nodes{must(gorgonia.Tanh(z)), z}
		}},
		{"a pre-activation that is used twice", "Dense(identity); tanh", "Dense(tanh)", func(m *maker) nodes {
			z := m.Plain(m.Input("x", 3, 4), "l", 5)
			return nodes{must(gorgonia.Add(must(gorgonia.Tanh(z)), z))}
		}},
		{"another function", "Dense(identity); sin", "", func(m *maker) nodes {
			return nodes{must(gorgonia.Sin(m.Plain(m.Input("x", 3, 4), "l", 5)))}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMaker(t, tensor.Float64, "patterns")
			out := c.build(m)
			p := compile(t, m.Net.Graph, Outputs(out...))
			if s := ops(p); !strings.Contains(s, c.want) || c.not != "" && strings.Contains(s, c.not) {
				t.Errorf("program is %s; want %q, not %q", s, c.want, c.not)
			}
			for _, special := range []float64{1, 0, math.Copysign(0, -1), math.NaN()} {
				for _, x := range m.Net.Inputs {
					if x.Name() != "s" && !(x.Name() == "dy" && math.IsNaN(special)) { // see patterns
						f := numbers(t, x.Value())
						f[0] = special
						fill(x.Value(), f)
					}
				}
				run(t, p)
				want, err := reference(m.Net.Graph, out)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range out {
					same(t, n.Name(), numbers(t, n.Value()), numbers(t, want[n]), 1e-12)
				}
			}
		})
	}
}

// same is equal where NaN equals NaN.
func same(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	for i := range want {
		if math.IsNaN(want[i]) && i < len(got) && math.IsNaN(got[i]) {
			got[i], want[i] = 0, 0
		}
	}
	equal(t, what, got, want, tol)
}

package graphtest

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// Pattern is a pattern that every rewrite must survive.
type Pattern struct {
	Name  string
	Build func(m *Maker) *Net
}

func Networks() []Pattern {
	return append([]Pattern{
		{"mlp", func(m *Maker) *Net {
			x := m.Input("x", 5, 6)
			return m.Done(m.Dense(m.Dense(m.Dense(x, "one", 7, op.ReLU), "two", 8, op.LeakyReLU), "three", 3, op.Identity))
		}},
		{"standardised classifier", func(m *Maker) *Net {
			x := m.Input("x", 5, 4)
			x = Must(op.Standardize(x, m.Constant("mean", []float64{1, -1, 0.5, 0}), m.Constant("scale", []float64{1, 2, 0.5,
				3})))
			h := Must(op.Activate(m.Dense(x, "one", 6, op.Identity), op.GELU, 0))
			return m.Done(Must(op.Softmax(m.Dense(h, "two", 3, op.Identity))))
		}},
		{"residual", func(m *Maker) *Net {
			x := m.Input("x", 5, 6)
			sum := Must(gorgonia.Add(m.Dense(x, "left", 7, op.Tanh), m.Dense(x, "right", 7, op.Sigmoid)))
			return m.Done(m.Dense(sum, "head", 3, op.Identity))
		}},
		{"residual, summed twice", func(m *Maker) *Net {
			h := m.Dense(m.Input("x", 5, 6), "stem", 7, op.Tanh)
			r := Must(gorgonia.Add(h, m.Dense(m.Dense(h, "inner", 4, op.ReLU), "branch", 7, op.Identity)))
			return m.Done(m.Dense(Must(op.Activate(r, op.Softplus, 0)), "head", 3, op.Identity))
		}},
		{"gorgonia's own", func(m *Maker) *Net {
			h := Must(gorgonia.Rectify(m.Plain(m.Input("x", 5, 6), "layer.0", 7)))
			h = Must(gorgonia.Sigmoid(m.Plain(h, "layer.1", 8)))
			h = Must(gorgonia.Tanh(m.Plain(h, "layer.2", 4)))
			return m.Done(Must(gorgonia.SoftMax(m.Plain(h, "layer.3", 3))))
		}},
		{"gates", func(m *Maker) *Net {
			x := m.Input("x", 5, 6)
			g := Must(gorgonia.HadamardProd(m.Dense(x, "value", 7, op.Tanh), m.Dense(x, "gate", 7, op.Sigmoid)))
			return m.Done(m.Dense(g, "head", 2, op.Identity))
		}},
		{"shared weights", func(m *Maker) *Net {
			h := m.Dense(m.Input("x", 5, 6), "stem", 7, op.Tanh)
			w := m.Param("shared.weight", 7, 7)
			h = Must(gorgonia.Tanh(Must(gorgonia.Mul(h, w))))
			h = Must(gorgonia.Tanh(Must(gorgonia.Mul(h, w))))
			return m.Done(m.Dense(h, "head", 2, op.Identity))
		}},
		{"one layer for two inputs", func(m *Maker) *Net {
			a, b := m.Input("a", 5, 6), m.Input("b", 5, 6)
			w, c := m.Param("twin.weight", 6, 7), m.Param("twin.bias", 7)
			ha, hb := Must(op.Dense(a, w, c, op.ReLU, 0)), Must(op.Dense(b, w, c, op.ReLU, 0))
			return m.Done(m.Dense(Must(gorgonia.Sub(ha, hb)), "head", 1, op.Identity))
		}},
		{"a parameter used nowhere", func(m *Maker) *Net {
			h := m.Dense(m.Input("x", 5, 6), "one", 7, op.ReLU)
			m.Param("idle.weight", 7, 3)
			return m.Done(m.Dense(h, "two", 1, op.Identity))
		}},
		{"several inputs and outputs", func(m *Maker) *Net {
			h := Must(gorgonia.Add(m.Dense(m.Input("a", 5, 3), "left", 7, op.ReLU), m.Dense(m.Input("b", 5, 4), "right", 7,
				op.ReLU)))
			return m.Done(m.Dense(h, "head", 2, op.Identity), Must(op.Softmax(m.Dense(m.Dense(h, "extra", 5, op.Tanh),
				"classes", 3, op.Identity))))
		}},
		{"one unit", func(m *Maker) *Net {
			return m.Done(m.Dense(m.Dense(m.Dense(m.Input("x", 5, 1), "one", 6, op.Tanh), "neck", 1, op.Tanh), "out", 1,
				op.Sigmoid))
		}},
		{"an output that is an input of another layer", func(m *Maker) *Net {
			h := m.Dense(m.Dense(m.Input("x", 5, 6), "one", 4, op.ReLU), "two", 3, op.Tanh)
			return m.Done(h, m.Dense(m.Dense(h, "three", 4, op.ReLU), "four", 2, op.Identity))
		}},
	}, slices.Concat(imageNetworks(), SequenceNetworks(), gorgoniaNetworks())...)
}

// Foldable tells whether every product of a Pattern is with a parameter itself.
func Foldable(name string) bool {
	for _, n := range gorgoniaNetworks() {
		if n.Name == name {
			return false
		}
	}
	return !strings.Contains(name, "attention")
}

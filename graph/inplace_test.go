package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An elementwise result takes the memory of an input that nobody reads afterwards, and of no other.
func TestInPlace(t *testing.T) {
	type nodes = gorgonia.Nodes
	sin := func(n *gorgonia.Node) *gorgonia.Node { return must(gorgonia.Sin(n)) }
	for _, c := range []struct {
		name  string
		build func(m *maker) (out nodes, from, to *gorgonia.Node)
		same  bool // to has the memory of from
	}{
		{"one use", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(gorgonia.Exp(a))
			return nodes{sin(b)}, a, b
		}, true},
		{"twice by one operation", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(gorgonia.HadamardProd(a, a))
			return nodes{sin(b)}, a, b
		}, true},
		{"the second operand", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			x := m.Input("x", 3, 4)
			a := sin(x)
			b := must(gorgonia.Sub(x, a))
			return nodes{sin(b)}, a, b
		}, true},
		{"again later", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(gorgonia.Exp(a))
			return nodes{must(gorgonia.Sub(sin(b), a))}, a, b
		}, false},
		{"a visible value", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(gorgonia.Exp(a))
			return nodes{sin(b), a}, a, b
		}, false},
		{"the user's memory", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			x := m.Input("x", 3, 4)
			b := must(gorgonia.Exp(x))
			return nodes{sin(b)}, x, b
		}, false},
		{"a constant", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			k := gorgonia.NewConstant(newDense(m.Dtype, m.Floats(12), 3, 4), gorgonia.WithName("k"))
			b := must(gorgonia.Add(k, m.Input("x", 3, 4)))
			return nodes{sin(b)}, op.Children(b)[0], b
		}, false},
		{"a folded constant", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			k := m.Net.Graph.AddNode(gorgonia.NewConstant(newDense(m.Dtype, m.Floats(12), 3, 4), gorgonia.WithName("k")))
			f := sin(k)
			b := must(gorgonia.Add(f, m.Input("x", 3, 4)))
			return nodes{sin(b)}, f, b
		}, false},
		{"a broadcast number", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			x := m.Input("x", 3, 4)
			s := must(gorgonia.Sum(x))
			b := must(gorgonia.Sub(s, sin(x)))
			return nodes{sin(b)}, s, b
		}, false},
		{"a tensor beside a number", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			x := m.Input("x", 3, 4)
			a := sin(x)
			b := must(gorgonia.Sub(must(gorgonia.Sum(x)), a))
			return nodes{sin(b)}, a, b
		}, true},
		{"a row", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			r := sin(m.Param("b", 4))
			b := must(op.Apply(op.RowShift{}, m.Input("x", 1, 4), r)) // of the same size
			return nodes{sin(b)}, r, b
		}, false},
		{"reshapes", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(gorgonia.Reshape(must(gorgonia.Reshape(a, tensor.Shape{4, 3})), tensor.Shape{12}))
			return nodes{sin(b)}, a, b
		}, true},
		{"a reshape whose source is read later", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(gorgonia.Reshape(a, tensor.Shape{12}))
			c := must(gorgonia.Reshape(sin(must(gorgonia.Exp(b))), tensor.Shape{3, 4}))
			return nodes{must(gorgonia.Sub(c, a))}, a, b
		}, true},
		{"a gradient that is its own reference", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := must(gorgonia.Tanh(m.Input("x", 3, 4)))
			b := must(op.Apply(op.ActivationGrad{Act: op.Tanh}, a, a))
			return nodes{sin(b)}, a, b
		}, true},
		{"GELU's gradient at its own reference", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(op.Apply(op.ActivationGrad{Act: op.GELU}, a, a))
			return nodes{sin(b)}, a, b
		}, true},
		{"a gate over its own reference", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 3, 4))
			b := must(op.Apply(op.Gate{}, a, a))
			return nodes{sin(b)}, a, b
		}, true},
		{"a matrix product", func(m *maker) (nodes, *gorgonia.Node, *gorgonia.Node) {
			a := sin(m.Input("x", 4, 4))
			b := must(gorgonia.Mul(a, m.Param("w", 4, 4)))
			return nodes{sin(b)}, a, b
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMaker(t, tensor.Float64, "in place")
			out, from, to := c.build(m)
			p := compile(t, m.Net.Graph, Outputs(out...))
			for range 3 {
				want, err := reference(m.Net.Graph, out)
				if err != nil {
					t.Fatal(err)
				}
				run(t, p)
				for _, n := range out {
					equal(t, n.Name(), numbers(t, n.Value()), numbers(t, want[n]), 1e-14)
				}
			}
			if err := verifyMemory(&p.compilation); err != nil {
				t.Fatal(err)
			}
			if got := address(p.values[from].data) == address(p.values[to].data); got != c.same {
				t.Errorf("in place: %v, want %v: %s", got, c.same, ops(p))
			}
		})
	}
}

package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Equal expressions are computed once; equal is not the same hash.
func TestMergeEqual(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(2, 3), gorgonia.WithInit(gorgonia.Ones()))
	node := func(n *gorgonia.Node, err error) *gorgonia.Node {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a, b := node(op.Activate(x, op.Tanh, 0)), node(op.Activate(x, op.Tanh, 0)) // two nodes: ours are never merged by hash
	s := &op.DropoutState{Seed: 1}
	d1, d2 := node(op.Dropout(x, 0.5, s)), node(op.Dropout(x, 0.5, s))
	sum := node(gorgonia.Add(node(gorgonia.Add(a, b)), node(gorgonia.Add(d1, d2))))
	p, err := Compile(g, Outputs(sum))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(ops(p), "Activation(tanh)"); n != 1 {
		t.Errorf("tanh is computed %d times: %s", n, ops(p))
	}
	if n := strings.Count(ops(p), "Dropout"); n != 2 {
		t.Errorf("dropout is random, yet there are %d: %s", n, ops(p))
	}
}

// What differs in a parameter, an axis or an input is not equal, whatever Gorgonia's hashes say.
func TestMergeOnlyEqual(t *testing.T) {
	sum := func(a, b *gorgonia.Node) gorgonia.Nodes { return gorgonia.Nodes{a, b} }
	for _, c := range []struct {
		name  string
		build func(m *maker, x *gorgonia.Node) gorgonia.Nodes
	}{
		{"slices", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			return sum(must(gorgonia.Slice(x, gorgonia.S(0, 1))), must(gorgonia.Slice(x, gorgonia.S(1, 2))))
		}},
		{"sums", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			return sum(must(gorgonia.Sum(x, 0)), must(gorgonia.Sum(x, 1)))
		}},
		{"slopes", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			return sum(must(op.Activate(x, op.LeakyReLU, 0.1)), must(op.Activate(x, op.LeakyReLU, 0.2)))
		}},
		{"transposition", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			return sum(must(op.Apply(op.MatMul{TransA: true}, x, x)), must(op.Apply(op.MatMul{TransB: true}, x, x)))
		}},
		{"order", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			y := must(gorgonia.Sin(x))
			return sum(must(gorgonia.Sub(x, y)), must(gorgonia.Sub(y, x)))
		}},
		{"softmax axes", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			return sum(must(gorgonia.SoftMax(x, 0)), must(gorgonia.SoftMax(x, 1)))
		}},
		{"constants", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			return sum(must(gorgonia.Add(x, number(1))), must(gorgonia.Add(x, number(1+1e-12))))
		}},
		{"parameters of equal values", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			a, b := m.Param("a", 3), m.Param("b", 3)
			fill(b.Value(), numbers(t, a.Value()))
			return sum(rowScale(x, a), rowScale(x, b))
		}},
		{"repeats", func(m *maker, x *gorgonia.Node) gorgonia.Nodes {
			b := m.Param("b", 3)
			return sum(must(gorgonia.BroadcastAdd(x, b, nil, []byte{0})), must(gorgonia.BroadcastAdd(x, b, nil, []byte{1})))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMaker(t, tensor.Float64, "merge")
			pair := c.build(m, m.Input("x", 3, 3))
			// One function more, so that the two are not visible themselves and may be merged.
			out := gorgonia.Nodes{must(gorgonia.Cos(pair[0])), must(gorgonia.Cos(pair[1]))}
			run(t, compile(t, m.Net.Graph, Outputs(out...)))
			want, err := reference(m.Net.Graph, out)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range out {
				equal(t, n.Name(), numbers(t, n.Value()), numbers(t, want[n]), 1e-14)
			}
		})
	}
}

func rowScale(x, row *gorgonia.Node) *gorgonia.Node {
	return must(op.Apply(op.RowScale{}, x, row))
}

// What is visible keeps a value of its own: outputs, Reads and gradients that equal another value.
func TestMergeKeepsWhatIsVisible(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x, u, v := m.Input("x", 3, 4), m.Param("u", 4, 2), m.Param("v", 4, 2)
	act := func() *gorgonia.Node { return must(op.Activate(x, op.Tanh, 0)) }
	a, b, c := act(), act(), act()
	var read gorgonia.Value
	gorgonia.Read(b, &read)
	product := func(h, w *gorgonia.Node) *gorgonia.Node {
		return must(gorgonia.Sum(must(op.Apply(op.MatMul{}, h, w))))
	}
	cost := must(gorgonia.Add(product(a, u), product(c, v))) // u and v have equal gradients
	if _, err := gorgonia.Grad(cost, u, v); err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph, Outputs(cost, a))
	for range 3 {
		run(t, p)
		want, err := reference(m.Net.Graph, gorgonia.Nodes{a, u.Deriv(), v.Deriv()})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "a", numbers(t, a.Value()), numbers(t, want[a]), 1e-14)
		equal(t, "read", numbers(t, read), numbers(t, want[a]), 1e-14)
		equal(t, "du", grad(t, u), numbers(t, want[u.Deriv()]), 1e-14)
		equal(t, "dv", grad(t, v), numbers(t, want[v.Deriv()]), 1e-14)
		step(t, gorgonia.NewVanillaSolver(), u) // scales and zeroes u's gradient, and not v's
		equal(t, "dv after a step of u", grad(t, v), numbers(t, want[v.Deriv()]), 1e-14)
	}
	if n := strings.Count(ops(p), "Activation(tanh)"); n != 2 { // a and b are visible; c is one of them
		t.Errorf("tanh is computed %d times: %s", n, ops(p))
	}
}

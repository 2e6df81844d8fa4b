package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ops lists a program's operations, ours by Definition.
func ops(p *Program) string {
	var s []string
	for _, i := range p.instrs {
		s = append(s, fmt.Sprint(i.op))
	}
	return strings.Join(s, "; ")
}

// A layer and its gradient, written with Gorgonia's own operations, become ours.
func TestFusion(t *testing.T) {
	node := func(n *gorgonia.Node, err error) *gorgonia.Node {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct {
		name string
		act  func(*gorgonia.Node) (*gorgonia.Node, error)
		want string // forward
		grad string // of the activation
	}{
		{"relu", gorgonia.Rectify, "Dense(rectify)", "ActivationGrad(rectify)"},
		{"sigmoid", gorgonia.Sigmoid, "Dense(sigmoid)", "ActivationGrad(sigmoid)"},
		{"tanh", gorgonia.Tanh, "Dense(tanh)", "ActivationGrad(tanh)"},
		{"none", func(n *gorgonia.Node) (*gorgonia.Node, error) { return n, nil }, "Dense(identity)", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gorgonia.NewGraph()
			tens := func(name string, f float64, shape ...int) *gorgonia.Node {
				v := make([]float64, tensor.Shape(shape).TotalSize())
				for i := range v {
					v[i] = f * float64(i%7-3)
				}
				return gorgonia.NewTensor(g, tensor.Float64, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
					gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
			}
			x, w, b := tens("x", 0.3, 4, 3), tens("w", 0.2, 3, 5), tens("b", 0.1, 5)
			y := node(c.act(node(gorgonia.BroadcastAdd(node(gorgonia.Mul(x, w)), b, nil, []byte{0}))))
			cost := node(gorgonia.Mean(node(gorgonia.Square(y))))
			if _, err := gorgonia.Grad(cost, w, b); err != nil {
				t.Fatal(err)
			}
			values := func(p *Program) []float64 {
				if err := p.RunAll(); err != nil {
					t.Fatal(err)
				}
				out := []float64{cost.Value().Data().(float64)}
				for _, n := range []*gorgonia.Node{w, b} {
					d, err := n.Grad()
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, d.Data().([]float64)...)
				}
				return out
			}
			compileWith := func(o ...Option) *Program {
				p, err := Compile(g, o...)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			fused, whole := compileWith(Outputs(cost)), compileWith()
			if !strings.Contains(ops(fused), c.want) || !strings.Contains(ops(fused), c.grad) {
				t.Errorf("program is %s; want %s and %s", ops(fused), c.want, c.grad)
			}
			if strings.Contains(ops(fused), "Repeat") && c.name == "none" {
				t.Errorf("the broadcast is still there: %s", ops(fused))
			}
			got, want := values(fused), values(whole)
			for i := range want {
				if diff := got[i] - want[i]; diff > 1e-14 || diff < -1e-14 {
					t.Errorf("number %d: fused %v, not fused %v", i, got[i], want[i])
				}
			}
			// Without Outputs every forward value is there.
			if y.Value() == nil {
				t.Error("the activation has no value")
			}
		})
	}
}

// Patterns are for floating point; integers keep Gorgonia's operations.
func TestPatternsLeaveIntegers(t *testing.T) {
	g := gorgonia.NewGraph()
	ints := func(name string, v []int, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Int, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
	}
	x, b := ints("x", []int{1, 2, 3, 4, 5, 6}, 2, 3), ints("b", []int{10, 20, 30}, 3)
	y := must(gorgonia.BroadcastAdd(x, b, nil, []byte{0}))
	run(t, compile(t, g, Outputs(y)))
	equal(t, "x + b", numbers(t, y.Value()), []float64{11, 22, 33, 14, 25, 36}, 0)
}

// gorgonia.Rectify passes the gradient at exactly 0, this package's ReLU does not; fusion keeps each as it is.
func TestGradientAtZero(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*gorgonia.Node) (*gorgonia.Node, error)
		want float64
	}{
		"Rectify": {gorgonia.Rectify, 1},
		"ReLU":    {func(n *gorgonia.Node) (*gorgonia.Node, error) { return op.Activate(n, op.ReLU, 0) }, 0},
		"Gt": {func(n *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.HadamardProd(n, must(gorgonia.Gt(n, number(0), true)))
		}, 0},
	} {
		m := newMaker(t, tensor.Float64, name)
		x, w, b := m.Input("x", 1, 1), m.Param("w", 1, 1), m.Param("b", 1)
		fill(x.Value(), []float64{0})
		fill(b.Value(), []float64{0})
		z := must(gorgonia.BroadcastAdd(must(gorgonia.Mul(x, w)), b, nil, []byte{0}))
		cost := must(gorgonia.Sum(must(c.act(z))))
		if _, err := gorgonia.Grad(cost, w, b); err != nil {
			t.Fatal(err)
		}
		for _, o := range [][]Option{nil, {Outputs(cost)}} {
			p := compile(t, m.Net.Graph, o...)
			run(t, p)
			equal(t, name+": "+ops(p), grad(t, b), []float64{c.want}, 0)
		}
	}
}

// A comparison that gives booleans is not the number that the patterns look for.
func TestDescribeComparisons(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Input("x", 2, 2)
	for same, want := range map[bool]op.Kind{true: op.KindGreaterEqual, false: op.KindOther} {
		if got := op.KindOf(must(gorgonia.Gte(x, number(0), same)).Op()); got != want {
			t.Errorf("retSame=%v is of kind %v, want %v", same, got, want)
		}
	}
}

// GELU's gradient needs the pre-activation, so a training program keeps it.
func TestGELUKeepsItsInputForTraining(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	y := must(op.Activate(m.Dense(m.Input("x", 3, 4), "l", 5, op.Identity), op.GELU, 0))
	cost := scalarCost(m, y)
	if p := compile(t, m.Net.Graph, Outputs(cost)); !strings.Contains(ops(p), "Dense(gelu)") {
		t.Errorf("inference: %s", ops(p))
	}
	if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph, Outputs(cost))
	if s := ops(p); !strings.Contains(s, "Dense(identity); Activation(gelu)") || !strings.Contains(s, "ActivationGrad(gelu)") {
		t.Errorf("training: %s", s)
	}
	run(t, p)
	roots := gorgonia.Nodes{cost}
	for _, n := range m.Net.Params {
		roots = append(roots, n.Deriv())
	}
	want, err := reference(m.Net.Graph, roots)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range m.Net.Params {
		equal(t, n.Name(), grad(t, n), numbers(t, want[n.Deriv()]), 1e-12)
	}
}

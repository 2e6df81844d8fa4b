package graph

import (
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() { verifying = true }

// ops lists a program's operations, ours by Room.
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
		{"relu", gorgonia.Rectify, "Dense(identity); Activation(relu)", "Gate"},
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

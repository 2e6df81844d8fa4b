package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
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

// The verifier finds programs that are wrong.
func TestVerify(t *testing.T) {
	net := mlp(t, tensor.Float32, 4, 4, op.Tanh, 8, 8)
	for _, c := range []struct {
		name, want string
		breakIt    func(*compilation)
	}{
		{"order", "before it is computed", func(c *compilation) { c.instrs[0], c.instrs[1] = c.instrs[1], c.instrs[0] }},
		{"twice", "twice", func(c *compilation) { c.instrs = append(c.instrs, c.instrs[0]) }},
		{"missing", "", func(c *compilation) { c.instrs = c.instrs[:len(c.instrs)-1]; c.values[c.outputs[0]].data = nil }},
	} {
		p := compile(t, net.Graph, Outputs(net.Outputs...))
		if err := verify(&p.compilation); err != nil {
			t.Fatal(err)
		}
		c.breakIt(&p.compilation)
		if err := verify(&p.compilation); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestListing(t *testing.T) {
	net := mlp(t, tensor.Float32, 4, 4, op.Tanh, 8, 8)
	p := compile(t, net.Graph, Outputs(net.Outputs...))
	lines := p.Listing()
	if len(lines) != p.Len() {
		t.Fatalf("%d lines for %d instructions", len(lines), p.Len())
	}
	macs := int64(0)
	for k, l := range lines {
		macs += l.MACs
		if l.Op == "" || l.Buffer == "" || !l.Kernel || len(l.Reads) == 0 {
			t.Errorf("line %d is incomplete: %+v", k, l)
		}
	}
	cost, err := net.Cost()
	if err != nil {
		t.Fatal(err)
	}
	if macs != cost.MACs {
		t.Errorf("%d MACs listed, the network has %d", macs, cost.MACs)
	}
}

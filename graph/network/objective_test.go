package network_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gradients of every network's first output agree with central differences of fourth order.
func TestObjectiveGradients(t *testing.T) {
	for _, c := range networks() {
		t.Run(c.Name, func(t *testing.T) {
			net := c.Build(newMaker(t, tensor.Float64, c.Name))
			net.Outputs = net.Outputs[:1]
			checkGradients(t, net, c.Name)
		})
	}
}

func checkGradients(t *testing.T, net *network.Network, name string) {
	t.Helper()
	const h, tol = 1e-4, 1e-7
	o := objective(t, net, 3, network.MSE())
	setBatch(t, o, name)
	p := compile(t, o.Graph, graph.Outputs(o.Cost))
	run(t, p)
	if len(o.Grads) != len(o.Params) {
		t.Fatalf("%d gradients for %d parameters", len(o.Grads), len(o.Params))
	}
	var want [][]float64
	for i, v := range o.Params {
		want = append(want, grad(t, v))
		equal(t, "Grads and Grad", numbers(t, o.Grads[i].Value()), want[i], 0)
	}
	for k, v := range o.Params {
		x := v.Value().Data().([]float64)
		at := func(i int, dx float64) float64 {
			old := x[i]
			x[i] = old + dx
			defer func() { x[i] = old }()
			run(t, p)
			return numbers(t, o.Cost.Value())[0]
		}
		for i := 0; i < len(x); i += 1 + len(x)/7 {
			fd := (8*(at(i, h)-at(i, -h)) - (at(i, 2*h) - at(i, -2*h))) / (12 * h)
			if !(math.Abs(want[k][i]-fd) <= tol) {
				t.Errorf("%s, element %d: gradient %.9g, finite difference %.9g", v.Name(), i, want[k][i], fd)
			}
		}
	}
}

// A softmax or sigmoid at the end is looked through, ours or Gorgonia's, on its own or fused: the loss works on logits.
func TestLogits(t *testing.T) {
	build := func(end func(m *maker, h *gorgonia.Node) *gorgonia.Node) *network.Network {
		m := newMaker(t, tensor.Float64)
		return done(m, end(m, m.Input("x", 4, 3)))
	}
	logits := func(m *maker, x *gorgonia.Node) *gorgonia.Node { return m.Dense(x, "out", 3, op.Identity) }
	for _, c := range []struct {
		name string
		loss *network.Loss
		end  func(m *maker, x *gorgonia.Node) *gorgonia.Node
	}{
		{"softmax", network.CrossEntropy(0.1), func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return must(op.Softmax(logits(m,
				x)))
		}},
		{"gorgonia.SoftMax", network.CrossEntropy(0.1), func(m *maker,
			x *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.SoftMax(logits(m, x)))
		}},
		{"gorgonia.SoftMax, axis", network.CrossEntropy(0.1), func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.SoftMax(logits(m, x), 1))
		}},
		{"gorgonia.LogSoftMax", network.CrossEntropy(0.1), func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.LogSoftMax(logits(m, x))) // it is its own logarithm's softmax
		}},
		{"sigmoid", network.BinaryCrossEntropy(), func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return must(op.Activate(logits(m, x), op.Sigmoid, 0))
		}},
		{"fused sigmoid", network.BinaryCrossEntropy(), func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return m.Dense(x, "out", 3,
				op.Sigmoid)
		}},
		{"gorgonia.Sigmoid", network.BinaryCrossEntropy(), func(m *maker,
			x *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.Sigmoid(logits(m, x)))
		}},
	} {
		a, b := objective(t, build(c.end), 5, c.loss), objective(t, build(logits), 5, c.loss)
		for _, o := range []*network.Objective{a, b} {
			setBatch(t, o, "logits")
			run(t, compile(t, o.Graph, graph.Outputs(o.Cost, o.Outputs[0])))
		}
		equal(t, c.name+": cost", numbers(t, a.Cost.Value()), numbers(t, b.Cost.Value()), 1e-12)
		for i := range a.Params {
			equal(t, c.name+": "+a.Params[i].Name(), grad(t, a.Params[i]), grad(t, b.Params[i]), 1e-12)
		}
	}
}

// GELU is taken out of dense layers for training; the numbers are the same.
func TestSplitGELU(t *testing.T) {
	net := mlp(t, tensor.Float64, 4, 5, op.GELU, 6, 7, 2)
	o := objective(t, net, 4, network.MSE())
	setBatch(t, o, "gelu")
	run(t, compile(t, o.Graph))
	equal(t, "output", numbers(t, o.Outputs[0].Value()), eval(t, net, numbers(t, o.Inputs[0].Value()))[0], 1e-15)
	order, err := o.Order()
	if err != nil {
		t.Fatal(err)
	}
	var fused, names int
	for _, n := range order {
		if d, ok := n.Op().(*op.Operation); ok {
			if l, ok := d.Definition.(op.DenseLayer); ok && l.Act == op.GELU {
				fused++
			}
		}
		if op.GivenName(n) == "dense1" {
			names++
		}
	}
	if fused != 0 || names != 1 {
		t.Errorf("%d fused layers left, %d nodes called dense1", fused, names)
	}
}

// The objective's parameters are the network's own memory: what a solver does is seen by both.
func TestObjectiveShares(t *testing.T) {
	net := mlp(t, tensor.Float32, 1, 4, op.ReLU, 5, 3)
	o := objective(t, net, 8, network.CrossEntropy(0))
	setBatch(t, o, "shares")
	p := compile(t, o.Graph, graph.Outputs(o.Cost))
	before := numbers(t, net.Params[0].Value())
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.1))
	var first, last float64
	for k := range 30 {
		run(t, p)
		if last = numbers(t, o.Cost.Value())[0]; k == 0 {
			first = last
		}
		step(t, solver, o.Params...)
	}
	if !(last < first/2) {
		t.Errorf("cost %v after 30 steps, %v before", last, first)
	}
	after := numbers(t, net.Params[0].Value())
	for i := range after {
		if after[i] != before[i] {
			return
		}
	}
	t.Error("the network's own weights did not change")
}

func TestObjectiveErrors(t *testing.T) {
	two := newMaker(t, tensor.Float32)
	x := two.Input("x", 2, 3)
	both := done(two, two.Dense(x, "a", 2, op.Identity), two.Dense(x, "b", 2, op.Identity))
	clash := newMaker(t, tensor.Float32)
	named := done(clash, clash.Dense(clash.Input("target", 2, 3), "a", 3, op.Identity))
	idle := newMaker(t, tensor.Float32)
	idle.Param("w", 2, 2)
	untrained := done(idle, must(op.Softmax(idle.Input("x", 2, 3))))
	foreign := newMaker(t, tensor.Float32)
	strange := done(foreign, foreign.Dense(must(gorgonia.ApplyOp(graphtest.Fragile{}, foreign.Input("x", 2, 3))), "a", 2,
		op.Identity))
	for _, c := range []struct {
		name, want string
		net        *network.Network
		batch      int
		loss       *network.Loss
	}{
		{"two outputs", "one output", both, 3, network.MSE()},
		{"no rows", "batch size 0", mlp(t, tensor.Float32, 1, 2, op.ReLU, 3), 0, network.MSE()},
		{"smoothing", "outside [0, 1)", mlp(t, tensor.Float32, 1, 2, op.ReLU, 3), 1, network.CrossEntropy(1)},
		{"delta", "positive", mlp(t, tensor.Float32, 1, 2, op.ReLU, 3), 1, network.Huber(-1)},
		{"target", `"target"`, named, 2, network.MSE()},
		{"nothing to train", "no parameter", untrained, 2, network.MSE()},
		{"unknown op", "fragile", strange, 2, network.MSE()},
		{"panicking loss", "gorgonia", mlp(t, tensor.Float32, 1, 2, op.ReLU, 3), 2, &network.Loss{Targets: network.Values,
			Build: func(_, _ *gorgonia.Node) (*gorgonia.Node, error) { panic("no") }}},
	} {
		if _, err := c.net.Objective(c.batch, c.loss); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
}

package network_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Any number of rows gives what each row gives alone, and so do watched activations.
func TestRunner(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		m := newMaker(t, dt)
		x := m.Input("x", 5, 6)
		h := m.Dense(x, "one", 7, op.Tanh)
		dropped := must(op.Dropout(h, 0.5, &op.DropoutState{}))
		net := done(m, m.Dense(dropped, "two", 3, op.Identity))
		for _, batch := range []int{1, 4, 7, 0} {
			for _, rows := range []int{0, 1, 3, 4, 5, 8, 11} {
				r := runner(t, net, batch, h, x, dropped)
				in := narrow(newMaker(t, dt, "rows").Floats(rows * 6))
				out, hidden, input, passed := make([]float32, rows*3), make([]float32, rows*7), make([]float32, rows*6),
					make([]float32, rows*7)
				for range 2 {
					if err := r.Run(in, out, hidden, input, passed); err != nil {
						t.Fatal(err)
					}
				}
				watched := *net
				watched.Outputs = gorgonia.Nodes{net.Outputs[0], h}
				inference, err := watched.Inference()
				if err != nil {
					t.Fatal(err)
				}
				one := rebatch(t, inference, 1)
				for k := range rows {
					want := eval(t, one, widened(in[k*6:(k+1)*6]))
					equal(t, "output", widened(out[k*3:(k+1)*3]), want[0], 1e-6)
					equal(t, "hidden", widened(hidden[k*7:(k+1)*7]), want[1], 1e-6)
				}
				equal(t, "input", widened(input), widened(in), 0)
				equal(t, "behind dropout", widened(passed), widened(hidden), 0)
				if predicted, err := r.Predict(in); err != nil || len(predicted) != len(out) || (rows > 0 &&
					predicted[0] != out[0]) {
					t.Errorf("Predict gave %v, %v", predicted, err)
				}
				if err := r.Run(in, nil, hidden); err != nil {
					t.Errorf("a result that nobody wants: %v", err)
				}
			}
		}
		r := runner(t, net, 4)
		if err := r.Run(make([]float32, 11*6), make([]float32, 11*3)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{3, 4}, r.BatchSizes()); diff != "" {
			t.Error(diff)
		}
		if r.InputWidth() != 6 || r.Width(0) != 3 {
			t.Errorf("widths %d and %d", r.InputWidth(), r.Width(0))
		}
	}
}

// A runner follows the training of its network's parameters.
func TestRunnerFollowsTraining(t *testing.T) {
	net := mlp(t, tensor.Float32, 1, 4, op.ReLU, 5, 3)
	r := runner(t, net, 8)
	in := narrow(newMaker(t, tensor.Float32, "rows").Floats(8 * 4))
	before, err := r.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	o := objective(t, net, 8, network.CrossEntropy(0))
	setBatch(t, o, "follows")
	run(t, compile(t, o.Graph, graph.Outputs(o.Cost)))
	step(t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(1)), o.Params...)
	after, err := r.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "prediction", widened(after), eval(t, rebatch(t, net, 8), widened(in))[0], 0)
	if cmp.Equal(before, after) {
		t.Error("a step of training changed no prediction")
	}
}

func TestRunnerAllocatesNothing(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		net := mlp(t, dt, 1, 20, op.GELU, 30, 10)
		r := runner(t, net, 16, op.Children(net.Outputs[0])[0])
		in, out, hidden := make([]float32, 37*20), make([]float32, 37*10), make([]float32, 37*30)
		f := func() {
			if err := r.Run(in, out, hidden); err != nil {
				t.Fatal(err)
			}
		}
		f()
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%v: %v allocations", dt, n)
		}
	}
}

func TestRunnerErrors(t *testing.T) {
	net := mlp(t, tensor.Float32, 1, 4, op.ReLU, 5, 3)
	r := runner(t, net, 2)
	two := newMaker(t, tensor.Float32)
	a, b := two.Input("a", 2, 3), two.Input("b", 2, 3)
	sum := done(two, must(gorgonia.Add(a, b)))
	scalar := newMaker(t, tensor.Float32)
	mean := done(scalar, must(gorgonia.Mean(scalar.Input("x", 2, 3))))
	vector := newMaker(t, tensor.Float32)
	flat := done(vector, must(gorgonia.Tanh(vector.Input("x", 2))))
	create := func(n *network.Network, batch int, watch ...*gorgonia.Node) error {
		return graphtest.Second(network.NewRunner(n, batch, watch...))
	}
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"two inputs", "one input", create(sum, 1)},
		{"batch", "batch size -1", create(net, -1)},
		{"scalar output", "row for each row", create(mean, 1)},
		{"vector input", "rows of features", create(flat, 1)},
		{"foreign node", "another graph", create(net, 1, a)},
		{"watched weight", "row for each row", create(net, 1, net.Params[0])},
		{"part of a row", "whole number of rows", r.Run(make([]float32, 5), make([]float32, 3))},
		{"room", "room for 2 × 3", r.Run(make([]float32, 8), make([]float32, 3))},
		{"too many results", "2 results", r.Run(make([]float32, 4), make([]float32, 3), nil)},
		{"predict", "whole number of rows", graphtest.Second(r.Predict(make([]float32, 5)))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, c.err, c.want)
		}
	}
}

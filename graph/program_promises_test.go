package graph

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/workers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// After compilation a step allocates nothing.
func TestAllocations(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		m := newMaker(t, dt)
		x := m.Input("x", 32, 100)
		mean, scale := make([]float64, 100), make([]float64, 100)
		for i := range scale {
			scale[i] = 2
		}
		h := must(op.Standardize(x, m.Constant("mean", mean), m.Constant("scale", scale)))
		h = m.Dense(h, "one", 64, op.ReLU)
		h = must(op.Dropout(h, 0.2, &op.DropoutState{}))
		h = m.Dense(h, "two", 32, op.Tanh)
		net := m.Done(must(op.Softmax(m.Dense(h, "three", 10, op.Identity))))
		for name, loss := range map[string]string{"cross-entropy": "smoothed", "mse": "mse", "bce": "bce", "huber": "huber"} {
			o, err := ObjectiveOf(net, 32, loss)
			if err != nil {
				t.Fatal(err)
			}
			setBatch(t, o, name)
			p := compile(t, o.Graph, Outputs(o.Cost))
			q := compile(t, o.Graph)
			for what, p := range map[string]*Program{"with outputs": p, "without outputs": q} {
				run(t, p)
				if n := testing.AllocsPerRun(20, func() { run(t, p) }); n != 0 {
					t.Errorf("%v, %s, %s: a training step allocates %v times", dt, name, what, n)
				}
			}
		}
		for i, f := range rowsFor(net) {
			if err := gorgonia.Let(net.Inputs[i], newDense(dt, f, net.Inputs[i].Shape()...)); err != nil {
				t.Fatal(err)
			}
		}
		p := compile(t, net.Graph, Outputs(net.Outputs...))
		run(t, p)
		if n := testing.AllocsPerRun(20, func() { run(t, p) }); n != 0 {
			t.Errorf("%v: an inference step allocates %v times", dt, n)
		}
	}
}

// Results have the same bits for any number of threads.
func TestThreads(t *testing.T) {
	defer workers.Set(0)
	var want [][]float64
	for _, threads := range []int{1, 2, 3, 0} {
		workers.Set(threads)
		net := mlp(t, tensor.Float32, 129, 257, op.GELU, 300, 101, 10)
		o, err := ObjectiveOf(net, 129, "smoothed")
		if err != nil {
			t.Fatal(err)
		}
		setBatch(t, o, "threads")
		p := compile(t, o.Graph, Outputs(o.Cost, o.Outputs[0]))
		for range 3 {
			run(t, p)
			got := [][]float64{numbers(t, o.Cost.Value()), numbers(t, o.Outputs[0].Value())}
			for _, p := range o.Params {
				got = append(got, grad(t, p))
			}
			if want == nil {
				want = got
			}
			for i := range want {
				equal(t, fmt.Sprintf("%d threads, result %d", threads, i), got[i], want[i], 0)
			}
		}
	}
}

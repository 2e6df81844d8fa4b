package network_test

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

func TestImageGradients(t *testing.T) { checkGradients(t, imageNet(t, tensor.Float64, 2), "images") }

// The training step computes the statistics of a batch once and fuses what follows; the running statistics move once a
// run. Evaluation leaves them alone and uses them.
func TestFormsOfBatchNorm(t *testing.T) {
	net := imageNet(t, tensor.Float64, 3)
	states := func() (f []float64) {
		for _, s := range net.States {
			f = append(f, numbers(t, s.Value())...)
		}
		return f
	}
	before := states()

	o := objective(t, net, 3, network.MSE())
	setBatch(t, o, "forms")
	p := compile(t, o.Graph, graph.Outputs(o.Cost))
	list := ops(p)
	for text, want := range map[string]int{"BatchStats(": 2, "BatchNormApply(leaky_relu": 1, "BatchNormApply(identity": 1,
		"BatchNormSums": 2, "BatchNorm(": 0, "BatchMoments(": 0, "ConvGradInput": 0, "Conv2DGradInput": 2, "Activation(gelu": 2} {
		if got := strings.Count(list, text); got != want {
			t.Errorf("the training step has %q %d times, want %d: %s", text, got, want, list)
		}
	}
	equal(t, "statistics before a run", states(), before, 0)
	run(t, p)
	once := states()
	run(t, p)
	twice := states()
	// The batch is the same, so that every run covers a tenth of what is left of the way.
	for i := range before {
		first, second := once[i]-before[i], twice[i]-once[i]
		if first == 0 {
			t.Errorf("statistic %d does not move", i)
		}
		equal(t, "second step", []float64{second}, []float64{0.9 * first}, 1e-12)
	}

	e, err := net.WithLoss(3, network.MSE())
	if err != nil {
		t.Fatal(err)
	}
	setBatch(t, e, "forms")
	p = compile(t, e.Graph, graph.Outputs(e.Cost))
	run(t, p)
	small, err := net.Inference()
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsFor(small, "rows")
	whole := eval(t, small, rows...)[0]
	equal(t, "statistics after evaluation", states(), twice, 0)
	if list := ops(compile(t, small.Graph)); strings.Count(list, "evaluation") != 2 || strings.Contains(list, "training") {
		t.Errorf("the inference form is %s", list)
	}
	// In evaluation a row does not depend on the others.
	one, err := small.Rebatch(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		n := len(rows[0]) / 3
		equal(t, "one row", eval(t, one, rows[0][i*n:(i+1)*n])[0], whole[i*3:(i+1)*3], 1e-13)
	}
}

// A final sigmoid within a convolution is looked through.
func TestSigmoidOfConvolution(t *testing.T) {
	m := newMaker(t, tensor.Float64, "sigmoid")
	net := done(m, m.Conv(m.Input("x", 2, 2, 4, 4), "conv", 1, 1, op.ConvConfig{}, op.Sigmoid))
	o := objective(t, net, 2, network.BinaryCrossEntropy())
	setBatch(t, o, "sigmoid")
	p := compile(t, o.Graph, graph.Outputs(o.Cost))
	if list := ops(p); strings.Contains(list, "sigmoid") {
		t.Errorf("the sigmoid is still there: %s", list)
	}
	run(t, p)
}

package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Activations vanish into the convolution or the batch norm before them where nothing else reads it.
func TestImageFusion(t *testing.T) {
	m := newMaker(t, tensor.Float32, "fusion")
	h := m.Act(m.Conv(m.Input("x", 2, 3, 6, 6), "a", 4, 3, pad1, op.Identity), op.ReLU)
	h = m.Act(m.BatchNorm(h, "norm"), op.Sigmoid)
	h = must(gorgonia.Tanh(m.Conv(h, "b", 4, 3, pad1, op.Identity)))
	h = must(gorgonia.Rectify(m.Conv(h, "c", 4, 3, pad1, op.Identity)))
	both := m.Conv(h, "d", 4, 3, pad1, op.Identity)
	net := m.Done(must(gorgonia.Add(both, m.Act(both, op.ReLU))))
	small := inference(t, net)
	list := ops(compile(t, small.Graph, Outputs(small.Outputs...)))
	for _, want := range []string{"groups=1, relu", "evaluation, sigmoid", "groups=1, tanh", "groups=1, rectify",
		"groups=1, identity", "Activation(relu)"} {
		if strings.Count(list, want) != 1 {
			t.Errorf("want %q once in %s", want, list)
		}
	}
	rows := rowsFor(small, "rows")
	got := eval(t, small, rows...)
	plain := compile(t, small.Graph) // every node's value is visible, so that nothing is fused
	if strings.Contains(ops(plain), "groups=1, relu") {
		t.Errorf("a visible value vanished: %s", ops(plain))
	}
	run(t, plain)
	equal(t, "fused", got[0], numbers(t, small.Outputs[0].Value()), 1e-5)
}

// As a compile option the program follows the weights, and only layers with many more outputs than weights are folded.
func TestFoldBatchNormOption(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		for _, batch := range []int{1, 3, 40} {
			net := inference(t, rebatch(t, graphtest.NormNet(newMaker(t, dt)), batch))
			rows := rowsFor(net)
			want := eval(t, net, rows...)
			p := compile(t, net.Graph, Outputs(net.Outputs...), FoldBatchNorm())
			run(t, p)
			equal(t, "folded", numbers(t, net.Outputs[0].Value()), want[0], tolerance(dt))
			text := ops(p)
			folded := strings.Count(text, "Normalised")
			if wanted := map[int]int{1: 2, 3: 3, 40: 4}[batch]; folded != wanted {
				t.Errorf("batch %d: %d layers folded, want %d\n%s", batch, folded, wanted, text)
			}
			if strings.Count(text, "Activation(") > 0 && batch == 40 {
				t.Errorf("an activation stands alone:\n%s", text)
			}
			if allocs := testing.AllocsPerRun(5, func() { run(t, p) }); allocs > 0 {
				t.Errorf("%v allocations a run", allocs)
			}
			// In place, as an optimizer does it, and by other memory.
			w := net.Param("conv.weight")
			fill(w.Value(), newMaker(t, dt, "other").Floats(w.Shape().TotalSize()))
			if err := gorgonia.Let(net.Param("norm3.running_var"), newDense(dt, []float64{2, 1, 3, 4, 0.5}, 5)); err != nil {
				t.Fatal(err)
			}
			run(t, p)
			got := numbers(t, net.Outputs[0].Value())
			now := eval(t, net, rows...)[0]
			equal(t, "after training", got, now, tolerance(dt))
			if got[0] == want[0][0] {
				t.Error("nothing changed")
			}
		}
	}
}

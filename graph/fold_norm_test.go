package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// normNet has batch norms that can be folded, behind a convolution with and without bias, a depthwise one and a dense
// layer, and three that cannot: behind an activation, behind a pool and behind a layer that is read twice.
func normNet(m *maker) *Network {
	x := m.input("x", 3, 2, 9, 9)
	bare := must(op.Conv2D(x, m.param("bare.weight", 4, 2, 3, 3), nil, pad1, op.Identity, 0))
	h := m.act(m.batchNorm(bare, "norm1"), op.ReLU)
	h = m.batchNorm(m.conv(h, "depthwise", 4, 3, op.ConvConfig{Groups: 4}, op.Identity), "norm2")
	h = m.act(m.batchNorm(m.conv(h, "conv", 5, 2, op.ConvConfig{}, op.Identity), "norm3"), op.LeakyReLU)
	h = m.batchNorm(m.conv(h, "active", 4, 2, op.ConvConfig{}, op.Tanh), "stays1")
	h = m.batchNorm(must(op.GlobalAvgPool(h)), "stays2")
	twice := m.dense(h, "twice", 4, op.Identity)
	h = must(gorgonia.Add(twice, m.batchNorm(twice, "stays3")))
	h = m.act(m.batchNorm(m.dense(h, "dense", 2, op.Identity), "norm4"), op.GELU)
	return m.done(m.dense(h, "head", 3, op.Identity))
}

// What folds into weights once and for all.
func TestFoldBatchNormRewrite(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		net := normNet(newMaker(t, dt))
		rows := rowsFor(net)
		inference, err := net.Inference()
		if err != nil {
			t.Fatal(err)
		}
		want := eval(t, inference, rows...)
		before := map[string][]float64{}
		for _, p := range net.Tensors() {
			before[p.Name()] = numbers(t, p.Value())
		}
		folded, err := net.FoldBatchNorm()
		if err != nil {
			t.Fatal(err)
		}
		equalOutputs(t, fmt.Sprint("folded ", dt), eval(t, folded, rows...), want, tolerance(dt))
		for _, p := range net.Tensors() {
			equal(t, p.Name(), numbers(t, p.Value()), before[p.Name()], 0)
		}
		order, err := folded.Order()
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for _, v := range order {
			if l, _ := activated(v); l != nil {
				if _, ok := l.(op.BatchNormLayer); ok {
					left++
				}
			}
		}
		if left != 3 || len(folded.States) != 6 {
			t.Errorf("%d batch norms and %d states are left, want 3 and 6", left, len(folded.States))
		}
		for _, name := range []string{"norm1.weight", "norm4.bias"} {
			if folded.Param(name) != nil {
				t.Errorf("%s is still there", name)
			}
		}
		if folded.Param("bare.bias") == nil || folded.Param("stays1.weight") == nil {
			t.Error("a bias that is needed, or a batch norm that stays, is missing")
		}
		if again, err := folded.FoldBatchNorm(); err != nil || len(again.Params) != len(folded.Params) {
			t.Errorf("folding twice: %v", err)
		}
		// It is a network like any other.
		c := coupling(t, folded)
		equalOutputs(t, "removed", eval(t, cut(t, folded, map[string][]int{"bare": {1}, "conv": {0}}), rows...),
			eval(t, mask(t, folded, map[string][]int{"bare": {1}, "conv": {0}}), rows...), tolerance(dt))
		if c.Group("conv") == nil {
			t.Errorf("groups %v", summary(c))
		}
	}
}

// As a compile option the program follows the weights, and only layers with many more outputs than weights are folded.
func TestFoldBatchNormOption(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		for _, batch := range []int{1, 3, 40} {
			net, err := rebatch(t, normNet(newMaker(t, dt)), batch).Inference()
			if err != nil {
				t.Fatal(err)
			}
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
			fill(w.Value(), newMaker(t, dt, "other").floats(w.Shape().TotalSize()))
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

package surgery

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

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
		folded, err := FoldBatchNorm(net)
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
			if l, _ := op.LayerOf(v); l != nil {
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
		if again, err := FoldBatchNorm(folded); err != nil || len(again.Params) != len(folded.Params) {
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

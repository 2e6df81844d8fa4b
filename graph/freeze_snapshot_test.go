package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/tensor"
)

// Programs of all sizes share what is frozen: copies are made once.
func TestSnapshotShares(t *testing.T) {
	for name, want := range map[string][2]int{"mlp": {0, 3}, "masked": {0, 3}, "images": {2 * 4, 4}, "sequence": {0, 5},
		"plain": {1, 2}} {
		net := graphtest.FreezeCases(t, tensor.Float32)[name]
		s, err := TakeSnapshot(net.Tensors()...)
		if err != nil {
			t.Fatal(err)
		}
		small := inference(t, net)
		predict := func(rows int) {
			n := rebatch(t, small, rows)
			p := compile(t, n.Graph, Outputs(n.Outputs...), FoldBatchNorm(), FrozenTo(s))
			graphtest.Let(t, n, rowsFor(n)...)
			run(t, p)
		}
		for _, rows := range []int{7, 40, 65, 100, 128} {
			predict(rows)
		}
		if kernels.ISA() == "portable" {
			want[1] = 0
		}
		if len(s.steps) != want[0] || len(s.packs) != want[1] || len(s.copies) != len(s.taken)+len(s.steps) {
			t.Errorf("%s: %d values computed in advance, %d matrices packed and %d copies of %d tensors; want %d and %d", name,
				len(s.steps), len(s.packs), len(s.copies), len(s.taken), want[0], want[1])
		}
		bytes := s.Bytes()
		predict(90)
		if s.Bytes() != bytes || bytes == 0 {
			t.Errorf("%s: %d bytes, with another batch size %d", name, bytes, s.Bytes())
		}
	}
}

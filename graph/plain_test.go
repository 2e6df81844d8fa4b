package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

// A plain program has an instruction for each computed node, the node's own, and gives what the operations give one by one.
func TestPlain(t *testing.T) {
	for _, c := range graphtest.Networks() {
		t.Run(c.Name, func(t *testing.T) {
			net := inference(t, c.Build(newMaker(t, tensor.Float64, c.Name)))
			want := graphtest.ReferenceOf(t, net, rowsFor(net)...)
			p := compile(t, net.Graph, Plain())
			run(t, p)
			for i, o := range net.Outputs {
				equal(t, "output", numbers(t, o.Value()), want[i], 1e-12)
			}
			computed := 0
			for _, n := range net.Graph.AllNodes() {
				if n.Op() != nil && !op.IsConstant(n.Op()) && n.Value() != nil {
					computed++
				}
			}
			if p.Len() != computed {
				t.Errorf("%d instructions for %d nodes", p.Len(), computed)
			}
		})
	}
	net := mlp(t, tensor.Float32, 2, 3, op.ReLU, 4, 2)
	for _, o := range []Option{Outputs(net.Outputs...), FoldBatchNorm(), Frozen(net.Params...)} {
		if _, err := Compile(net.Graph, Plain(), o); err == nil || !strings.Contains(err.Error(), "no other option") {
			t.Errorf("another option: %v", err)
		}
	}
}

package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

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

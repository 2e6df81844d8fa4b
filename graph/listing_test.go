package graph

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
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
	var want int64
	for _, n := range net.Graph.AllNodes() {
		if n.Op() != nil {
			want += op.NodeCost(n).MACs
		}
	}
	if macs != want || want == 0 {
		t.Errorf("%d MACs listed, the network has %d", macs, want)
	}
}

// An operation that is known, but not in this form, runs through its own Do, and the listing says so.
func TestListingSaysWhatHasNoKernel(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Input("x", 3, 4)
	a, b := must(gorgonia.SoftMax(x, 0)), must(gorgonia.SoftMax(must(gorgonia.Exp(x)), 1))
	p := compile(t, m.Net.Graph, Outputs(a, b))
	run(t, p)
	var got []string
	for _, l := range p.Listing() {
		got = append(got, fmt.Sprint(l.Op, " ", l.Kernel))
	}
	if want := "[Softmax{0, false}() false exp true Softmax{1, false}() true]"; fmt.Sprint(got) != want {
		t.Errorf("listing is %v, want %v", got, want)
	}
}

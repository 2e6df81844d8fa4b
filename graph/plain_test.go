package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A plain program has an instruction for each computed node, the node's own, and gives what the operations give one by one.
func TestPlain(t *testing.T) {
	for _, c := range networks() {
		t.Run(c.name, func(t *testing.T) {
			net, err := c.build(newMaker(t, tensor.Float64, c.name)).Inference()
			if err != nil {
				t.Fatal(err)
			}
			want := referenceOf(t, net, rowsFor(net)...)
			p := compile(t, net.Graph, Plain())
			run(t, p)
			for i, o := range net.Outputs {
				equal(t, "output", numbers(t, o.Value()), want[i], 1e-12)
			}
			computed := 0
			for _, n := range net.Graph.AllNodes() {
				if n.Op() != nil && !isConstant(n.Op()) && n.Value() != nil {
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

// Rows that fill the network's batch once, several times, not quite or not at all give what a Runner gives.
func TestRunPlain(t *testing.T) {
	for _, batch := range []int{1, 3, 8} {
		for _, rows := range []int{1, 3, 7, 8, 17} {
			net := rebatch(t, imageNet(t, tensor.Float32, 2), batch)
			order, err := net.Order()
			if err != nil {
				t.Fatal(err)
			}
			var watch *gorgonia.Node
			for _, n := range order {
				if n.Name() == "depthwise" {
					watch = n
				}
			}
			x := narrow(newMaker(t, tensor.Float32, "rows").floats(rows * 2 * 7 * 6))
			got, err := RunPlain(net, x, watch)
			if err != nil {
				t.Fatal(err)
			}
			r := runner(t, net, 4, watch)
			want := [][]float32{make([]float32, rows*r.Width(0)), make([]float32, rows*r.Width(1))}
			if err := r.Run(x, want...); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				equal(t, fmt.Sprint("batch ", batch, ", rows ", rows), widened(got[i]), widened(want[i]), 1e-5)
			}
		}
	}
	net := mlp(t, tensor.Float32, 2, 3, op.ReLU, 4, 2)
	if _, err := RunPlain(net, make([]float32, 4)); err == nil || !strings.Contains(err.Error(), "whole number of rows") {
		t.Errorf("half a row: %v", err)
	}
}

// Zeros wherever units are summed are masks, and what a cut leaves.
func TestWithout(t *testing.T) {
	for _, c := range networks() {
		t.Run(c.name, func(t *testing.T) {
			for trial := range 3 {
				net := c.build(newMaker(t, tensor.Float64, c.name))
				a := coupling(t, net)
				removed := choose(a, random.New(uint64(trial), "without", c.name))
				before := referenceOf(t, net, rowsFor(net)...)
				w, err := net.Without(a, removed)
				if err != nil {
					t.Fatal(err)
				}
				want := referenceOf(t, w, rowsFor(net)...)
				equalOutputs(t, "masked", eval(t, mask(t, net, removed), rowsFor(net)...), want, 1e-12)
				equalOutputs(t, "removed", eval(t, cut(t, net, removed), rowsFor(net)...), want, 1e-12)
				equalOutputs(t, "the network itself", referenceOf(t, net, rowsFor(net)...), before, 0)
			}
		})
	}
	net := mlp(t, tensor.Float32, 2, 3, op.ReLU, 4, 2)
	if _, err := net.Without(coupling(t, mlp(t, tensor.Float32, 2, 3, op.ReLU, 4, 2)), nil); err == nil {
		t.Error("a coupling of another network")
	}
}

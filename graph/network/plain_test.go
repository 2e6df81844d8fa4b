package network_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

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
			x := narrow(newMaker(t, tensor.Float32, "rows").Floats(rows * 2 * 7 * 6))
			got, err := network.RunPlain(net, x, watch)
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
	if _, err := network.RunPlain(net, make([]float32, 4)); err == nil || !strings.Contains(err.Error(), "whole number of rows") {
		t.Errorf("half a row: %v", err)
	}
}

package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Equal expressions are computed once; equal is not the same hash.
func TestMergeEqual(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(2, 3), gorgonia.WithInit(gorgonia.Ones()))
	node := func(n *gorgonia.Node, err error) *gorgonia.Node {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a, b := node(op.Activate(x, op.Tanh, 0)), node(op.Activate(x, op.Tanh, 0)) // two nodes: ours are never merged by hash
	s := &op.DropoutState{Seed: 1}
	d1, d2 := node(op.Dropout(x, 0.5, s)), node(op.Dropout(x, 0.5, s))
	sum := node(gorgonia.Add(node(gorgonia.Add(a, b)), node(gorgonia.Add(d1, d2))))
	p, err := Compile(g, Outputs(sum))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(ops(p), "Activation(tanh)"); n != 1 {
		t.Errorf("tanh is computed %d times: %s", n, ops(p))
	}
	if n := strings.Count(ops(p), "Dropout"); n != 2 {
		t.Errorf("dropout is random, yet there are %d: %s", n, ops(p))
	}
}

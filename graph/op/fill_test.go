package op_test

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		add("Fill", "", func(b *builder) *gorgonia.Node {
			f := must(op.Fill(b.input(false, b.normal, 4, 2, 5), 0.5, -1, 3))
			return must(gorgonia.HadamardProd(f, b.x(4, 3)))
		})
		add("Fill", "batch inside", func(b *builder) *gorgonia.Node {
			f := must(op.Fill(b.input(false, b.normal, 4), -2, 3, -1, 2))
			return must(gorgonia.HadamardProd(f, b.x(3, 4, 2)))
		})
	})
}

// The batch follows x, whatever it is; the other sizes do not.
func TestFillFollowsTheBatch(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewTensor(g, tensor.Float32, 3, gorgonia.WithName("x"), gorgonia.WithShape(2, 3, 4))
	net := &network.Network{Graph: g, Inputs: gorgonia.Nodes{x}, Outputs: gorgonia.Nodes{must(op.Fill(x, 1.5, -1, 2, 3))}}
	for _, batch := range []int{1, 2, 5} {
		n, err := net.Rebatch(batch)
		if err != nil {
			t.Fatal(err)
		}
		p, err := graph.Compile(n.Graph, graph.Outputs(n.Outputs...))
		if err != nil {
			t.Fatal(err)
		}
		if err := gorgonia.Let(n.Inputs[0], tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(batch, 3, 4))); err != nil {
			t.Fatal(err)
		}
		if err := p.RunAll(); err != nil {
			t.Fatal(err)
		}
		y := n.Outputs[0].Value().(*tensor.Dense)
		if want := (tensor.Shape{batch, 2, 3}); !y.Shape().Eq(want) {
			t.Fatalf("shape %v, want %v", y.Shape(), want)
		}
		for i, v := range y.Float32s() {
			if v != 1.5 {
				t.Fatalf("batch %d: element %d is %v", batch, i, v)
			}
		}
	}
}

func TestFillWrongUse(t *testing.T) {
	x := gorgonia.NewMatrix(gorgonia.NewGraph(), tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(2, 3))
	for want, shape := range map[string][]int{
		"0 sizes of −1": {2, 3}, "2 sizes of −1": {-1, -1}, "0 in shape": {-1, 0}, "-2 in shape": {-1, -2},
	} {
		if _, err := op.Fill(x, 0, shape...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", shape, err)
		}
	}
	if _, err := op.Fill(nil, 0, -1); err == nil {
		t.Error("nil accepted")
	}
}

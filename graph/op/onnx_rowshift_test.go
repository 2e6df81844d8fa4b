package op_test

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// With the loss Σ c∘(x ± row), the gradients are c and ± its column sums, and the sum itself is checked by hand.
func TestRowShift(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for sign, subtract := range map[float64]bool{1: false, -1: true} {
			g := gorgonia.NewGraph()
			xs, rows, cs := []float64{1, 2, 3, 4, 5, 6}, []float64{10, 20, 30}, []float64{1, 2, 4, 8, 16, 32}
			leaf := func(name string, v []float64, shape ...int) *gorgonia.Node {
				return gorgonia.NewTensor(g, dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
					gorgonia.WithValue(dense(dt, append([]float64(nil), v...), shape...)))
			}
			x, row, c := leaf("x", xs, 2, 3), leaf("row", rows, 3), leaf("c", cs, 2, 3)
			y := must(op.Apply(op.RowShift{Subtract: subtract}, x, row))
			cost := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, c))))
			grads, err := gorgonia.Grad(cost, x, row)
			if err != nil {
				t.Fatal(err)
			}
			p, err := graph.Compile(g, graph.Outputs(append(gorgonia.Nodes{y}, grads...)...))
			if err != nil {
				t.Fatal(err)
			}
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
			var sum, drow []float64
			for i := range xs {
				sum = append(sum, xs[i]+sign*rows[i%3])
			}
			for j := range rows {
				drow = append(drow, sign*(cs[j]+cs[j+3]))
			}
			equal(t, y, sum)
			equal(t, grads[0], cs)
			equal(t, grads[1], drow)
		}
	}
}

// equal compares small whole numbers, which both dtypes hold exactly.
func equal(t *testing.T, n *gorgonia.Node, want []float64) {
	t.Helper()
	for i, w := range want {
		v, err := n.Value().(*tensor.Dense).At(coordinates(n.Shape(), i)...)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := v.(float64)
		if !ok {
			got = float64(v.(float32))
		}
		if math.Abs(got-w) > 0 {
			t.Errorf("%v: element %d is %v, want %v", n, i, got, w)
		}
	}
}

func coordinates(s tensor.Shape, i int) []int {
	if len(s) == 1 {
		return []int{i}
	}
	return []int{i / s[1], i % s[1]}
}

func TestRowShiftRefusesRowsThatDoNotFit(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(2, 3))
	row := gorgonia.NewVector(g, tensor.Float32, gorgonia.WithName("row"), gorgonia.WithShape(2))
	if _, err := op.Apply(op.RowShift{}, x, row); err == nil {
		t.Error("accepted")
	}
}

package graph

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SoftMax and LogSoftMax of Gorgonia, values against its own Do and gradients against finite differences, for every
// shape and axis.
func TestSoftmaxOfGorgonia(t *testing.T) {
	for _, c := range []struct {
		shape, axis []int
	}{
		{[]int{3, 4}, nil}, {[]int{3, 4}, []int{1}}, {[]int{3, 4}, []int{0}}, {[]int{4, 1}, nil}, {[]int{4, 1}, []int{0}},
		{[]int{4, 1}, []int{1}}, {[]int{1, 4}, nil}, {[]int{1, 4}, []int{0}}, {[]int{1, 4}, []int{1}}, {[]int{1, 1}, nil},
		{[]int{5}, nil}, {[]int{5}, []int{0}}, {[]int{2, 3, 4}, []int{2}}, {[]int{2, 3, 4}, nil}, {[]int{2, 3, 4}, []int{1}},
	} {
		for name, f := range map[string]func(*gorgonia.Node, ...int) (*gorgonia.Node, error){
			"SoftMax": gorgonia.SoftMax, "LogSoftMax": gorgonia.LogSoftMax} {
			t.Run(fmt.Sprint(name, c.shape, c.axis), func(t *testing.T) {
				m := newMaker(t, tensor.Float64, name)
				a := m.Param("a", c.shape...)
				out := must(f(a, c.axis...))
				run(t, compile(t, m.Net.Graph, Outputs(out)))
				want, err := reference(m.Net.Graph, gorgonia.Nodes{out})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "value", numbers(t, out.Value()), numbers(t, want[out]), 1e-14)

				size := tensor.Shape(c.shape).TotalSize()
				r := newDense(tensor.Float64, m.Floats(size), size)
				flat := must(gorgonia.Reshape(out, tensor.Shape{size}))
				cost := must(gorgonia.Sum(must(gorgonia.HadamardProd(flat, gorgonia.NewConstant(r, gorgonia.WithName("r"))))))
				if _, err := gorgonia.Grad(cost, a); err != nil {
					t.Fatal(err)
				}
				p := compile(t, m.Net.Graph, Outputs(cost))
				before := numbers(t, a.Value())
				at := func(i int, d float64) float64 {
					f := append([]float64{}, before...)
					f[i] += d
					fill(a.Value(), f)
					run(t, p)
					return numbers(t, cost.Value())[0]
				}
				run(t, p)
				got := grad(t, a)
				equal(t, "input", numbers(t, a.Value()), before, 0)
				const h = 1e-5
				for i := range got {
					equal(t, fmt.Sprint("gradient ", i), []float64{got[i]}, []float64{(at(i, h) - at(i, -h)) / (2 * h)}, 1e-8)
				}
			})
		}
	}
}

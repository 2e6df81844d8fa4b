package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgoniaLayerCases are operations that TapeMachine gets right: a program computes the same.
func gorgoniaLayerCases() (cases []gorgoniaCase) {
	add := func(name string, noGrad bool, build func(m *maker) *gorgonia.Node) {
		cases = append(cases, gorgoniaCase{name, noGrad, build})
	}
	for _, s := range [][]int{{5, 1, 1}, {3, 2, 0}, {2, 2, 1}} {
		add("Conv2d of stride and dilation", false, func(m *maker) *gorgonia.Node {
			return must(gorgonia.Conv2d(m.Param("a", 2, 2, 7, 7), m.Param("b", 3, 2, 2, 2), tensor.Shape{2, 2}, []int{s[2], s[2]},
				[]int{s[1], s[1]}, []int{s[0] % 4, s[0] % 4}))
		})
		add("MaxPool2D", false, func(m *maker) *gorgonia.Node {
			return must(gorgonia.MaxPool2D(m.Param("a", 2, 3, 7, 6), tensor.Shape{2, 3}, []int{s[2], s[2]}, []int{s[1], s[1]}))
		})
	}
	add("GlobalAveragePool2D", true, func(m *maker) *gorgonia.Node {
		return must(gorgonia.GlobalAveragePool2D(m.Param("a", 2, 3, 4, 5)))
	})
	add("Upsample2D", true, func(m *maker) *gorgonia.Node { return must(gorgonia.Upsample2D(m.Param("a", 2, 3, 4, 5), 3)) })
	for _, trans := range [][]bool{nil, {true}, {false, true}} {
		add("BatchedMatMul", true, func(m *maker) *gorgonia.Node {
			a, b := []int{2, 3, 4}, []int{2, 4, 5}
			if len(trans) > 0 && trans[0] {
				a = []int{2, 4, 3}
			}
			if len(trans) > 1 {
				b = []int{2, 5, 4}
			}
			return must(gorgonia.BatchedMatMul(m.Param("a", a...), m.Param("b", b...), trans...))
		})
	}
	for _, along := range [][]int{{0}, {1}, {2}, {0, 2}, {1, 2}} {
		add("Sum of rank 3", false, func(m *maker) *gorgonia.Node { return must(gorgonia.Sum(m.Param("a", 2, 3, 4), along...)) })
		add("Mean of rank 3", false, func(m *maker) *gorgonia.Node { return must(gorgonia.Mean(m.Param("a", 2, 3, 4), along...)) })
		add("Max of rank 3", true, func(m *maker) *gorgonia.Node { return must(gorgonia.Max(m.Param("a", 2, 3, 4), along...)) })
	}
	add("Concat of rank 4", false, func(m *maker) *gorgonia.Node {
		return must(gorgonia.Concat(1, m.Param("a", 2, 3, 2, 2), m.Param("b", 2, 2, 2, 2)))
	})
	add("BatchNorm", true, func(m *maker) *gorgonia.Node {
		y, _, _, _, err := gorgonia.BatchNorm(m.Param("a", 4, 3, 2, 2), m.Param("scale", 1, 3, 1, 1), m.Param("shift", 1, 3, 1, 1), 0.9, 1e-5)
		return must(y, err)
	})
	return cases
}

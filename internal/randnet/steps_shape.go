package randnet

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// shapeSteps move numbers and change none. The batch stays in front.
var shapeSteps = []step{
	{"transpose", 3, 5, 6, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		perm := []int{0}
		for _, a := range g.rng.Perm(x.Dims() - 1) {
			perm = append(perm, a+1)
		}
		return must(op.Transpose(x, perm...)), size
	}},
	{"reshape", 2, 5, 6, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		n := tensor.Shape(x.Shape()[1:]).TotalSize()
		shape := []int{-1}
		for range g.n(3) {
			d := g.divisor(n)
			shape, n = append(shape, d), n/d
		}
		return must(op.Reshape(x, append(shape, n)...)), size
	}},
	{"flatten", 3, 5, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return must(op.Flatten(x, 1)), size
	}},
	{"unsqueeze", 2, 3, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return must(op.Unsqueeze(x, g.between(1, x.Dims()))), size
	}},
	{"squeeze", 3, 5, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		for a := 1; a < x.Dims(); a++ {
			if x.Shape()[a] == 1 {
				return must(op.Squeeze(x, a)), size
			}
		}
		return nil, 0
	}},
	{"slice", 2, 5, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis := g.between(1, x.Dims()-1)
		n := x.Shape()[axis]
		lo := g.n(n)
		return must(op.Slice(x, axis, lo, g.between(lo+1, n), g.between(1, 2))), size
	}},
	{"select", 2, 5, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis := g.between(1, x.Dims()-1)
		var list []int
		for range g.between(1, 4) {
			list = append(list, g.n(x.Shape()[axis]))
		}
		return must(op.Select(x, axis, list...)), size
	}},
	{"halves swapped", 2, 5, 3, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis := g.between(1, x.Dims()-1)
		n := x.Shape()[axis]
		if n < 2 {
			return nil, 0
		}
		at := g.between(1, n-1)
		parts, err := op.Split(x, axis, at, n-at)
		must(nil, err)
		return must(op.Concat(axis, parts[1], parts[0])), size
	}},
	{"concatenation", 2, 5, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis := g.between(1, x.Dims()-1)
		y := g.like(x, axis)
		return must(op.Concat(axis, x, y)), max(size, g.size[y])
	}},
	{"padding", 2, 5, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		pads := make([]int, 2*x.Dims())
		for i := range pads {
			if i%x.Dims() != 0 {
				pads[i] = g.n(2)
			}
		}
		return must(op.Pad(x, 0.5, pads...)), size
	}},
	{"product with itself", 3, 3, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		y := must(gorgonia.Tanh(x))
		if g.chance(2) {
			return must(op.BatchMatMul(y, y, false, true)), float64(x.Shape()[2])
		}
		return must(op.BatchMatMul(y, y, true, false)), float64(x.Shape()[1])
	}},
	{"gate by channel", 4, 4, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		p := must(op.GlobalAvgPool(x))
		g.size[p] = size
		gate, _ := dense(g, p, x.Shape()[1], op.Sigmoid)
		return must(op.Mul(x, must(op.Unsqueeze(gate, 2, 3)))), size
	}},
}

func (g *grower) divisor(n int) int {
	var all []int
	for d := 1; d <= n; d++ {
		if n%d == 0 {
			all = append(all, d)
		}
	}
	return all[g.n(len(all))]
}

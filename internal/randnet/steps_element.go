package randnet

import (
	"math"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// elementSteps work on elements alone, or on elements and what is broadcast over them.
var elementSteps = []step{
	{"activation", 2, 5, 6, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return must(op.Activate(x, g.activation(), 0.1)), size
	}},
	{"function", 2, 5, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		name := one(g, "Abs", "Cos", "Erf", "Exp", "Log", "Neg", "Reciprocal", "Sin", "Sqrt")
		switch name {
		case "Exp":
			x = must(op.Activate(x, op.Tanh, 0))
		case "Log", "Reciprocal", "Sqrt":
			x = must(gorgonia.Add(must(gorgonia.Square(x)), g.number(0.5)))
		}
		return must(op.Unary(name, x)), size + 3
	}},
	{"power", 2, 5, 1, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		p := one(g, 0.5, 2, 3, -1)
		if p != 2 {
			x = must(gorgonia.Add(must(op.Unary("Abs", x)), g.number(0.5)))
		}
		return must(op.Pow(x, p)), max(2, math.Pow(size+0.5, p))
	}},
	{"clip", 2, 5, 1, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return must(op.Clip(x, -0.75, 1.5)), 1.5
	}},
	{"sum", 2, 5, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		y := g.like(x)
		f := one(g, gorgonia.Add, op.Add, gorgonia.Sub, op.Sub)
		return must(f(x, y)), size + g.size[y]
	}},
	{"product", 2, 5, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		y := g.like(x)
		return must(one(g, gorgonia.HadamardProd, op.Mul)(must(gorgonia.Tanh(x)), y)), g.size[y]
	}},
	{"quotient", 2, 5, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		y := must(gorgonia.Exp(must(gorgonia.Tanh(g.like(x)))))
		return must(one(g, gorgonia.HadamardDiv, op.Div)(x, y)), 3 * size
	}},
	{"broadcast", 2, 5, 8, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		var shape []int // the last axes, some of them of size 1
		for _, n := range x.Shape()[g.between(1, x.Dims()-1):] {
			shape = append(shape, one(g, n, n, 1))
		}
		p, name := g.param, g.name("broadcast")
		if g.chance(3) {
			p = g.constant
		}
		switch g.n(4) {
		case 0:
			return must(op.Sub(x, p(name, 0, 1, shape...))), size + 2
		case 1:
			return must(op.Mul(x, p(name, 1, 0.4, shape...))), 2 * size
		case 2:
			return must(op.Div(x, p(name, 2, 0.4, shape...))), size
		}
		return must(op.Add(p(name, 0, 1, shape...), x)), size + 2
	}},
	{"mask", 2, 5, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis, name := g.between(1, x.Dims()-1), g.name("mask")
		shape := []int{x.Shape()[axis]}
		for range x.Dims() - axis - 1 {
			shape = append(shape, 1)
		}
		m := g.constant(name, 1, 0.3, shape...)
		if g.chance(2) { // a true one
			for i := range shape[0] {
				put(m.Value().(*tensor.Dense), i, float64(g.n(2)))
			}
		}
		return must(op.Mask(x, m)), 2 * size
	}},
	{"a row", 2, 2, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		n, name := x.Shape()[1], g.name("row")
		switch g.n(3) {
		case 0:
			return must(op.Apply(op.RowShift{Subtract: g.chance(2)}, x, g.param(name, 0, 1, n))), size + 2
		case 1:
			return must(op.Apply(op.RowScale{Divide: true}, x, g.constant(name, 2, 0.4, n))), size
		}
		return must(op.Standardize(x, g.constant(name+".mean", 0, 1, n), g.constant(name+".scale", 1.5, 0.3, n))), size + 1
	}},
	{"softmax", 2, 5, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis := g.between(1, x.Dims()-1)
		if g.chance(3) {
			return must(op.LogSoftmax(x, axis)), 2*size + 3
		}
		return must(op.SoftmaxAxis(x, axis)), 1
	}},
	{"dropout", 2, 4, 1, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return must(op.Dropout(x, 0.5, &op.DropoutState{Seed: g.seed})), size
	}},
	{"reduce", 2, 5, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		keep, axis := x.Dims() == 2 || g.chance(2), g.between(1, x.Dims()-1)
		kind := one(g, op.ReduceSum, op.ReduceMean, op.ReduceMax, op.ReduceMin)
		if kind == op.ReduceSum {
			size *= float64(x.Shape()[axis])
		}
		y := must(op.Reduce(kind, x, keep, axis))
		if keep && g.chance(2) { // less its own mean, say
			return must(op.Sub(x, y)), 2 * size
		}
		return y, size
	}},
	{"fill", 2, 4, 1, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		shape := append([]int{-1}, x.Shape()[1:]...)
		return must(op.Add(x, must(op.Fill(x, 0.25, shape...)))), size + 1
	}},
}

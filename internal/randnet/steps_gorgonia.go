package randnet

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgoniaSteps are written with Gorgonia's own operations, as its users do: the compiler finds layers in them.
var gorgoniaSteps = []step{
	{"Gorgonia's dense", 2, 2, 8, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		in, out, name := x.Shape()[1], g.axis(), g.name("plain")
		z := must(gorgonia.Mul(x, g.weight(name+".weight", in, in, out)))
		if g.chance(4) { // a number added to a matrix of one column says nothing of Gorgonia's broadcast
			return z, size
		}
		b, left, right := g.param(name+".bias", 0, 0.5, 1, out), []byte{0}, []byte{0}
		if g.chance(2) {
			b = g.param(name+".row", 0, 0.5, out)
		}
		switch g.n(5) {
		case 0:
			z = must(gorgonia.BroadcastAdd(b, z, left, nil))
		case 1:
			z = must(gorgonia.BroadcastSub(z, b, nil, right))
		case 2:
			z = must(gorgonia.BroadcastSub(b, z, left, nil))
		default:
			z = must(gorgonia.BroadcastAdd(z, b, nil, right))
		}
		return g.plainActivation(z), size + 1
	}},
	{"Gorgonia's activation", 2, 4, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return g.plainActivation(x), size
	}},
	{"Gorgonia's function", 2, 4, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		switch g.n(7) {
		case 0:
			return must(gorgonia.Exp(must(gorgonia.Tanh(x)))), 3
		case 1:
			return must(gorgonia.Square(must(gorgonia.Tanh(x)))), 1
		case 2:
			return must(gorgonia.Log(must(gorgonia.Add(must(gorgonia.Square(x)), g.number(0.5))))), size
		case 3:
			return must(gorgonia.Sqrt(must(gorgonia.Add(must(gorgonia.Abs(x)), g.number(0.5))))), size
		case 4:
			return must(gorgonia.Neg(x)), size
		case 5:
			return must(gorgonia.Inverse(must(gorgonia.Add(must(gorgonia.Square(x)), g.number(0.75))))), 2
		}
		return must(one(g, gorgonia.Sin, gorgonia.Cos)(x)), 1
	}},
	{"a number", 2, 4, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		c := g.number(one(g, 0.5, 1, -1, 2))
		f := one(g, gorgonia.Add, gorgonia.Sub, gorgonia.HadamardProd)
		if g.chance(2) {
			return must(f(c, x)), 2*size + 1
		}
		return must(f(x, c)), 2*size + 1
	}},
	{"scaled by row", 2, 2, 3, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		row := g.param(g.name("scale"), 1.5, 0.3, x.Shape()[1])
		if g.chance(2) {
			return must(gorgonia.BroadcastHadamardDiv(x, row, nil, []byte{0})), 2 * size
		}
		return must(gorgonia.BroadcastHadamardProd(x, row, nil, []byte{0})), 3 * size
	}},
	{"Gorgonia's softmax", 2, 2, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		if x.Shape()[1] == 1 { // a column is normalised as one row there
			return nil, 0
		}
		if g.chance(2) {
			return must(gorgonia.LogSoftMax(x, 1)), 2*size + 3
		}
		return must(gorgonia.SoftMax(x, 1)), 1
	}},
	{"Gorgonia's concatenation", 2, 4, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		y := g.like(x, 1)
		return must(gorgonia.Concat(1, x, y)), max(size, g.size[y])
	}},
	{"Gorgonia's mean", 3, 4, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		axis := g.between(1, x.Dims()-1)
		if g.chance(2) {
			return must(gorgonia.Max(x, axis)), size
		}
		return must(gorgonia.Mean(x, axis)), size
	}},
	{"Gorgonia's convolution", 4, 4, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		if g.batch == 1 { // what it is made of names sizes of 1, which say too little about another batch
			return nil, 0
		}
		s, k := x.Shape(), g.between(1, min(3, x.Shape()[2], x.Shape()[3]))
		filters, pad, stride := g.between(1, 4), g.n(k), g.between(1, 2)
		w := g.weight(g.name("plainconv")+".weight", s[1]*k*k, filters, s[1], k, k)
		return must(gorgonia.Conv2d(x, w, tensor.Shape{k, k}, []int{pad, pad}, []int{stride, stride}, []int{1, 1})), size
	}},
	{"Gorgonia's pool", 4, 4, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		if min(x.Shape()[2], x.Shape()[3]) < 2 {
			return nil, 0
		}
		return must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{g.between(1, 2), 1})), size
	}},
}

func (g *grower) plainActivation(x *gorgonia.Node) *gorgonia.Node {
	switch g.n(7) {
	case 0:
		return must(gorgonia.Sigmoid(x))
	case 1:
		return must(gorgonia.Tanh(x))
	case 2:
		return must(gorgonia.Softplus(x))
	case 3:
		return must(gorgonia.Rectify(x))
	case 4: // relu, by hand
		return must(gorgonia.HadamardProd(x, must(gorgonia.Gt(x, g.number(0), true))))
	case 5:
		return must(op.Activate(x, op.GELU, 0))
	}
	return x
}

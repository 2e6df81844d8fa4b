package randnet

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// step is one way to go on from a value of certain ranks. It gives the new value and its size, or nil where it does not
// suit the value's shape.
type step struct {
	name   string
	lo, hi int // ranks
	weight int // how often it is drawn
	do     func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64)
}

// grow draws a value and a step that suits it.
func (g *grower) grow() {
	for range 50 {
		x := g.pick()
		s := draw(g)
		if r := x.Dims(); r < s.lo || r > s.hi {
			continue
		}
		g.text = append(g.text, fmt.Sprintf("%s of %v", s.name, x.Shape()))
		y, size := s.do(g, x, g.size[x])
		if y == nil || tensor.Shape(y.Shape()[1:]).TotalSize() > 2000 {
			g.text = g.text[:len(g.text)-1]
			continue
		}
		g.text[len(g.text)-1] += fmt.Sprintf(" → %v", y.Shape())
		g.add(y, size)
		return
	}
}

func draw(g *grower) step {
	sum := 0
	for _, s := range steps {
		sum += s.weight
	}
	k := g.n(sum)
	for _, s := range steps {
		if k -= s.weight; k < 0 {
			return s
		}
	}
	panic("not reached")
}

var steps []step

func init() { // a table of functions that draw steps themselves
	for _, table := range [][]step{layerSteps, elementSteps, shapeSteps, gorgoniaSteps} {
		steps = append(steps, table...)
	}
}

// head ends the network in rows of numbers.
func (g *grower) head() {
	x := g.pool[len(g.pool)-1]
	g.text = append(g.text, "head")
	size := g.size[x]
	switch rest := tensor.Shape(x.Shape()[1:]).TotalSize(); {
	case x.Dims() == 2:
	case rest <= 300 || x.Dims() > 4:
		x = must(op.Flatten(x, 1))
	case x.Dims() == 4:
		x = must(op.GlobalAvgPool(x))
	default:
		x = must(op.Reduce(op.ReduceMean, x, false, 1))
	}
	g.size[x] = size
	end := g.n(10)
	if end > 0 || x.Shape()[1] < 2 { // otherwise the network ends in what it came to
		x, _ = dense(g, x, one(g, 1, 2, 3, 3, 4, 7), op.Identity)
	}
	switch width := x.Shape()[1]; {
	case end == 1 && width > 1:
		x = g.batchNorm(x)
	case end < 5 && width > 1:
		x = must(op.Softmax(x))
	case end == 5 && width > 1:
		x = must(gorgonia.SoftMax(x, 1))
	case end == 6 && width > 1:
		x = must(op.LogSoftmax(x, 1))
	case end < 4 && width == 1:
		x = must(op.Activate(x, op.Sigmoid, 0))
	}
	g.net.Outputs = gorgonia.Nodes{x}
}

// layerSteps are layers with weights.
var layerSteps = []step{
	{"dense", 2, 4, 10, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return dense(g, x, g.axis(), g.activation())
	}},
	{"dense without a bias", 2, 4, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		in, out := x.Shape()[x.Dims()-1], g.axis()
		return must(op.Linear(x, g.weight(g.name("linear")+".weight", in, in, out), nil, g.activation(), 0.1)), size + 0.5
	}},
	{"transposed product", 2, 4, 1, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		in, out := x.Shape()[x.Dims()-1], g.axis()
		return must(op.BatchMatMul(x, g.weight(g.name("product")+".weight", in, out, in), false, true)), size
	}},
	{"convolution", 4, 4, 12, conv2D},
	{"convolution of a line", 3, 3, 8, conv1D},
	{"batch norm", 2, 4, 12, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return g.batchNorm(x), 1.5*size + 2
	}},
	{"layer norm", 2, 4, 5, func(g *grower, x *gorgonia.Node, _ float64) (*gorgonia.Node, float64) {
		axis, name := g.between(1, x.Dims()-1), g.name("layernorm")
		shape := x.Shape()[axis:]
		return must(op.LayerNorm(x, g.param(name+".weight", 1, 0.3, shape...), g.param(name+".bias", 0, 0.5, shape...), axis,
			one(g, 1e-2, 1e-1))), 3
	}},
	{"max pool", 4, 4, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		c, ok := g.pool2D(x)
		if !ok {
			return nil, 0
		}
		return must(op.MaxPool2D(x, c)), size
	}},
	{"average pool", 4, 4, 4, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		c, ok := g.pool2D(x)
		c.Dilation = [2]int{} // averages have none
		c.CountIncludePad = g.chance(2)
		if !ok {
			return nil, 0
		}
		return must(op.AvgPool2D(x, c)), size
	}},
	{"global average pool", 4, 4, 2, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		return must(op.GlobalAvgPool(x)), size
	}},
	{"LSTM", 3, 3, 3, func(g *grower, x *gorgonia.Node, _ float64) (*gorgonia.Node, float64) {
		if x.Shape()[1] > 8 {
			return nil, 0
		}
		hs, last := must3(op.LSTM(x, nil, nil, g.recurrent("lstm", x.Shape()[2], 4)))
		return one(g, hs, last), 1
	}},
	{"GRU", 3, 3, 3, func(g *grower, x *gorgonia.Node, _ float64) (*gorgonia.Node, float64) {
		if x.Shape()[1] > 8 {
			return nil, 0
		}
		hs, last, err := op.GRU(x, nil, g.recurrent("gru", x.Shape()[2], 3))
		must(hs, err)
		return one(g, hs, last), 1
	}},
	{"attention", 3, 3, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		w, heads, d, name := x.Shape()[2], g.between(1, 3), g.between(1, 4), g.name("attention")
		p := func(part string, in, out int) *gorgonia.Node { return g.weight(name+"."+part+".weight", in, in, out) }
		b := func(part string, n int) *gorgonia.Node { return g.param(name+"."+part+".bias", 0, 0.3, n) }
		a := op.AttentionWeights{Query: p("query", w, heads*d), Key: p("key", w, heads*d), Value: p("value", w, heads*d),
			Out: p("out", heads*d, w)}
		if g.chance(2) {
			a.QueryBias, a.KeyBias, a.ValueBias, a.OutBias = b("query", heads*d), b("key", heads*d), b("value", heads*d), b("out", w)
		}
		k := g.like(x, 1)
		var mask *gorgonia.Node
		if g.chance(3) {
			mask = g.constant(name+".mask", 0, 1, x.Shape()[1], k.Shape()[1])
		}
		y := must(op.MultiHeadAttention(x, k, k, a, heads, mask))
		if g.chance(2) {
			y = must(op.Add(x, y))
		}
		return y, 2 * size
	}},
	{"steps merged into the batch", 3, 4, 4, func(g *grower, x *gorgonia.Node, _ float64) (*gorgonia.Node, float64) {
		s := x.Shape()
		h := must(op.Reshape(x, -1, s[len(s)-1]))
		units := g.axis()
		h, size := dense(g, h, units, op.Identity)
		if g.chance(2) {
			h, size = g.batchNorm(h), 2*size
		}
		if g.chance(2) {
			h = must(op.Activate(h, g.activation(), 0.1))
		}
		back := append(append([]int{-1}, s[1:len(s)-1]...), units)
		return must(op.Reshape(h, back...)), size
	}},
	{"residual block", 2, 4, 5, func(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
		h, _ := dense(g, x, g.axis(), g.activation())
		if g.chance(2) {
			h = g.batchNorm(h)
		}
		h, _ = dense(g, must(op.Activate(h, op.Tanh, 0)), x.Shape()[x.Dims()-1], op.Identity)
		if g.chance(2) {
			h = g.batchNorm(h)
		}
		if g.chance(2) {
			return must(gorgonia.Add(x, h)), size + 3
		}
		return must(op.Add(h, x)), size + 3
	}},
}

// dense works over the last axis.
func dense(g *grower, x *gorgonia.Node, units int, act op.Activation) (*gorgonia.Node, float64) {
	in, name, size := x.Shape()[x.Dims()-1], g.name("dense"), g.size[x]
	n := must(op.Dense(x, g.weight(name+".weight", in, in, units), g.param(name+".bias", 0, 0.5, units), act, 0.1))
	if g.chance(2) {
		gorgonia.WithName(name)(n)
	}
	g.size[n] = size + 1
	return n, size + 1
}

// batchNorm has its channels on axis 1.
func (g *grower) batchNorm(x *gorgonia.Node) *gorgonia.Node {
	c, name := x.Shape()[1], g.name("norm")
	p := func(part string, mean, spread float64) *gorgonia.Node { return g.param(name+part, mean, spread, c) }
	return must(op.BatchNorm(x, p(".scale", 1, 0.3), p(".bias", 0, 0.5), g.state(name+".running_mean", 0, 0.7, c),
		g.state(name+".running_var", 1.2, 0.2, c), one(g, 1e-5, 1e-3), 0.1))
}

func (g *grower) activation() op.Activation {
	return one(g, append([]op.Activation{op.Identity, op.Identity}, op.Activations()...)...)
}

func (g *grower) embedding(ids *gorgonia.Node, rows int) *gorgonia.Node {
	return must(op.Embedding(g.param("embedding.weight", 0, 1, rows, g.axis()), ids))
}

// window draws a kernel, a stride, a dilation and padding that fit into n positions.
func (g *grower) window(n, most int) (kernel, stride, dilation, before, behind int) {
	kernel, stride, dilation = g.between(1, min(n, most)), g.between(1, 2), 1
	if kernel > 1 && 2*(kernel-1)+1 <= n && g.chance(4) {
		dilation = 2
	}
	if g.chance(2) {
		before, behind = g.n(kernel), g.n(kernel)
	}
	return
}

func conv2D(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
	s := x.Shape()
	c := op.ConvConfig{Groups: one(g, 1, 1, 1, 2, s[1])}
	if s[1]%c.Groups != 0 {
		c.Groups = 1
	}
	var kernel [2]int
	for a := range 2 {
		kernel[a], c.Stride[a], c.Dilation[a], c.Pads[a], c.Pads[2+a] = g.window(s[2+a], 3)
	}
	filters, per, name := c.Groups*g.between(1, 4), s[1]/c.Groups, g.name("conv")
	w := g.weight(name+".weight", per*kernel[0]*kernel[1], filters, per, kernel[0], kernel[1])
	var b *gorgonia.Node
	if !g.chance(3) {
		b = g.param(name+".bias", 0, 0.5, filters)
	}
	return must(op.Conv2D(x, w, b, c, g.activation(), 0.1)), size + 1
}

func conv1D(g *grower, x *gorgonia.Node, size float64) (*gorgonia.Node, float64) {
	s := x.Shape()
	c := op.ConvConfig{Groups: one(g, 1, 1, 2, s[1])}
	if s[1]%c.Groups != 0 {
		c.Groups = 1
	}
	var kernel int
	kernel, c.Stride[1], c.Dilation[1], c.Pads[1], c.Pads[3] = g.window(s[2], 3)
	filters, per, name := c.Groups*g.between(1, 4), s[1]/c.Groups, g.name("line")
	w := g.weight(name+".weight", per*kernel, filters, per, kernel)
	var b *gorgonia.Node
	if !g.chance(3) {
		b = g.param(name+".bias", 0, 0.5, filters)
	}
	return must(op.Conv1D(x, w, b, c, g.activation(), 0.1)), size + 1
}

func (g *grower) pool2D(x *gorgonia.Node) (c op.PoolConfig, ok bool) {
	for a := range 2 {
		c.Kernel[a], c.Stride[a], c.Dilation[a], c.Pads[a], c.Pads[2+a] = g.window(x.Shape()[2+a], 3)
		if c.Dilation[a] > 1 { // no window in the padding alone
			c.Pads[a], c.Pads[2+a] = 0, 0
		}
		ok = ok || c.Kernel[a] > 1
	}
	c.CeilMode = g.chance(4)
	return c, ok
}

func (g *grower) recurrent(what string, in, gates int) op.RecurrentWeights {
	name, h := g.name(what), g.between(1, 5)
	w := op.RecurrentWeights{Input: g.weight(name+".input.weight", in, in, gates*h),
		Hidden: g.weight(name+".hidden.weight", h, h, gates*h)}
	if g.chance(2) {
		w.InputBias, w.HiddenBias = g.param(name+".input.bias", 0, 0.3, gates*h), g.param(name+".hidden.bias", 0, 0.3, gates*h)
	}
	return w
}

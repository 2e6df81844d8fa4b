package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
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
			return must(gorgonia.Conv2d(m.param("a", 2, 2, 7, 7), m.param("b", 3, 2, 2, 2), tensor.Shape{2, 2}, []int{s[2], s[2]},
				[]int{s[1], s[1]}, []int{s[0] % 4, s[0] % 4}))
		})
		add("MaxPool2D", false, func(m *maker) *gorgonia.Node {
			return must(gorgonia.MaxPool2D(m.param("a", 2, 3, 7, 6), tensor.Shape{2, 3}, []int{s[2], s[2]}, []int{s[1], s[1]}))
		})
	}
	add("GlobalAveragePool2D", true, func(m *maker) *gorgonia.Node {
		return must(gorgonia.GlobalAveragePool2D(m.param("a", 2, 3, 4, 5)))
	})
	add("Upsample2D", true, func(m *maker) *gorgonia.Node { return must(gorgonia.Upsample2D(m.param("a", 2, 3, 4, 5), 3)) })
	for _, trans := range [][]bool{nil, {true}, {false, true}} {
		add("BatchedMatMul", true, func(m *maker) *gorgonia.Node {
			a, b := []int{2, 3, 4}, []int{2, 4, 5}
			if len(trans) > 0 && trans[0] {
				a = []int{2, 4, 3}
			}
			if len(trans) > 1 {
				b = []int{2, 5, 4}
			}
			return must(gorgonia.BatchedMatMul(m.param("a", a...), m.param("b", b...), trans...))
		})
	}
	for _, along := range [][]int{{0}, {1}, {2}, {0, 2}, {1, 2}} {
		add("Sum of rank 3", false, func(m *maker) *gorgonia.Node { return must(gorgonia.Sum(m.param("a", 2, 3, 4), along...)) })
		add("Mean of rank 3", false, func(m *maker) *gorgonia.Node { return must(gorgonia.Mean(m.param("a", 2, 3, 4), along...)) })
		add("Max of rank 3", true, func(m *maker) *gorgonia.Node { return must(gorgonia.Max(m.param("a", 2, 3, 4), along...)) })
	}
	add("Concat of rank 4", false, func(m *maker) *gorgonia.Node {
		return must(gorgonia.Concat(1, m.param("a", 2, 3, 2, 2), m.param("b", 2, 2, 2, 2)))
	})
	add("BatchNorm", true, func(m *maker) *gorgonia.Node {
		y, _, _, _, err := gorgonia.BatchNorm(m.param("a", 4, 3, 2, 2), m.param("scale", 1, 3, 1, 1), m.param("shift", 1, 3, 1, 1), 0.9, 1e-5)
		return must(y, err)
	})
	return cases
}

// An average pooling is the average; TapeMachine divides by the width of the image.
func TestGorgoniaAveragePool(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.param("x", 1, 1, 4, 6)
	fill(x.Value(), []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23})
	y := must(gorgonia.AveragePool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	if _, err := gorgonia.Grad(must(gorgonia.Sum(y)), x); err != nil {
		t.Fatal(err)
	}
	run(t, compile(t, m.net.Graph))
	equal(t, "average", numbers(t, y.Value()), []float64{3.5, 5.5, 7.5, 15.5, 17.5, 19.5}, 0)
	for i, g := range grad(t, x) {
		if g != 0.25 {
			t.Errorf("gradient %d is %v, want 0.25", i, g)
		}
	}
}

// A convolutional network that was written at batch size 1 serves every other, with operations of ours in the place of
// Gorgonia's.
func TestGorgoniaConvolutionFromBatchOne(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.input("x", 1, 2, 6, 5)
	h := must(gorgonia.Conv2d(x, m.param("w", 3, 2, 3, 3), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
	h = must(gorgonia.Reshape(must(gorgonia.Tanh(h)), tensor.Shape{1, 90}))
	net := m.done(must(gorgonia.Mul(h, m.param("v", 90, 2))))
	four := rebatch(t, net, 4)
	rows := rowsFor(four)
	all := eval(t, four, rows...)[0]
	for r := range 4 {
		equal(t, "row", all[2*r:2*r+2], eval(t, net, rows[0][60*r:60*(r+1)])[0], 1e-13)
	}
	order, err := four.Order()
	if err != nil {
		t.Fatal(err)
	}
	convolutions := 0
	for _, n := range order {
		if o, ok := n.Op().(*op.Operation); ok {
			if _, ok := o.Definition.(op.ConvLayer); ok {
				convolutions++
			}
		}
	}
	if convolutions != 1 {
		t.Errorf("%d convolutions of ours, want 1", convolutions)
	}
	cost, err := four.Cost()
	if want := int64(4 * (30*3*18 + 90*2)); err != nil || cost.MACs != want {
		t.Errorf("%d MACs (%v), want %d", cost.MACs, err, want)
	}
}

// Running statistics inside Gorgonia's batch norm are cut with their channels.
func TestGorgoniaBatchNormIsCut(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := must(gorgonia.Mul(m.input("x", 5, 3), m.param("one", 3, 4)))
	y, _, _, bn, err := gorgonia.BatchNorm(h, m.param("scale", 1, 4), m.param("shift", 1, 4), 0.9, 1e-5)
	must(y, err)
	net := m.done(must(gorgonia.Mul(must(gorgonia.Tanh(y)), m.param("two", 4, 2))))
	if err := bn.SetTraining(false); err != nil {
		t.Fatal(err)
	}
	if err := bn.SetStats(newDense(m.dt, []float64{1, -1, 0.5, 2}, 4), newDense(m.dt, []float64{1, 2, 3, 0.5}, 4)); err != nil {
		t.Fatal(err)
	}
	rows := rowsFor(net)
	removed := map[string][]int{}
	for _, g := range coupling(t, net).Groups {
		removed[g.Name] = []int{g.Units[1].Index}
	}
	if len(removed) != 1 {
		t.Fatalf("groups %v, want one", removed)
	}
	equalOutputs(t, "removed", eval(t, cut(t, net, removed), rows...), eval(t, mask(t, net, removed), rows...), 1e-13)
}

// gorgoniaNetworks are written with Gorgonia's own operations alone, as its users write them: batch sizes are numbers.
func gorgoniaNetworks() []network {
	conv := func(m *maker, x *gorgonia.Node, name string, filters, kernel, pad, stride int) *gorgonia.Node {
		w := m.param(name+".weight", filters, x.Shape()[1], kernel, kernel)
		return must(gorgonia.Conv2d(x, w, tensor.Shape{kernel, kernel}, []int{pad, pad}, []int{stride, stride}, []int{1, 1}))
	}
	relu := func(x *gorgonia.Node) *gorgonia.Node { return must(gorgonia.Rectify(x)) }
	flat := func(x *gorgonia.Node) *gorgonia.Node {
		s := x.Shape()
		return must(gorgonia.Reshape(x, tensor.Shape{s[0], s[1:].TotalSize()}))
	}
	product := func(m *maker, x *gorgonia.Node, name string, units int) *gorgonia.Node {
		return must(gorgonia.Mul(x, m.param(name+".weight", x.Shape()[1], units)))
	}
	pool := func(x *gorgonia.Node) *gorgonia.Node {
		return must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	}
	return []network{
		{"gorgonia's convolutions", func(m *maker) *Network {
			h := pool(relu(conv(m, m.input("x", 5, 2, 6, 6), "one", 6, 3, 1, 1)))
			h = must(gorgonia.Tanh(conv(m, h, "two", 4, 2, 0, 1)))
			return m.done(product(m, relu(product(m, flat(h), "three", 6)), "head", 3))
		}},
		{"gorgonia's convolution with bias and stride", func(m *maker) *Network {
			h := conv(m, m.input("x", 5, 1, 7, 5), "one", 4, 3, 1, 2)
			h = relu(must(gorgonia.BroadcastAdd(h, m.param("one.bias", 1, 4, 1, 1), nil, []byte{0, 2, 3})))
			return m.done(product(m, flat(h), "head", 2))
		}},
		{"gorgonia's average over space", func(m *maker) *Network {
			h := relu(conv(m, m.input("x", 5, 2, 5, 5), "one", 4, 3, 0, 1))
			return m.done(product(m, flat(must(gorgonia.GlobalAveragePool2D(h))), "head", 2))
		}},
		{"gorgonia's concat and slices", func(m *maker) *Network {
			x := m.input("x", 5, 4)
			h := must(gorgonia.Concat(1, must(gorgonia.Tanh(product(m, x, "left", 3))), must(gorgonia.Sigmoid(product(m, x, "right", 5)))))
			a, b := must(gorgonia.Slice(h, nil, gorgonia.S(1, 5))), must(gorgonia.Slice(h, nil, gorgonia.S(4, 8)))
			return m.done(product(m, must(gorgonia.HadamardProd(a, b)), "head", 2))
		}},
		{"gorgonia's batched product", func(m *maker) *Network {
			x := m.input("x", 5, 3, 4)
			y := must(gorgonia.Transpose(x, 0, 2, 1))
			h := must(gorgonia.BatchedMatMul(must(gorgonia.Tanh(x)), must(gorgonia.Tanh(y)))) // (5, 3, 3)
			return m.done(product(m, relu(product(m, flat(h), "one", 6)), "head", 2))
		}},
		{"gorgonia's largest and sums", func(m *maker) *Network {
			h := relu(conv(m, m.input("x", 5, 2, 4, 4), "one", 4, 3, 0, 1))
			sum := must(gorgonia.Sum(h, 2, 3))
			return m.done(product(m, must(gorgonia.Add(sum, must(gorgonia.Max(h, 2, 3)))), "head", 2))
		}},
	}
}

// A channel of padding that Gorgonia's convolution reads is no unit: nothing but a slice of the filters lies along it.
func TestPaddedChannelsOfGorgoniasConvolution(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := must(op.Pad(m.input("x", 3, 4, 3, 3), 0.5, 0, 1, 1, 1, 0, 1, 1, 1))
	h = must(gorgonia.Conv2d(h, m.param("conv", 4, 6, 2, 2), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}, []int{1, 1}))
	net := m.done(m.dense(must(op.Flatten(must(gorgonia.Tanh(h)), 1)), "head", 3, op.Identity))
	c := coupling(t, net)
	for _, g := range c.Groups {
		if g.Activation == nil {
			t.Errorf("group %s has no activation", g.Name)
		}
	}
	if c.Group("conv") == nil || len(c.Group("conv").Units) != 4 || len(c.Groups) != 1 {
		t.Fatalf("groups %v", summary(c))
	}
	removed := map[string][]int{"conv": {1, 3}}
	equalOutputs(t, "removed", eval(t, cut(t, net, removed), rowsFor(net)...), eval(t, mask(t, net, removed), rowsFor(net)...), 1e-12)
}

// Channels that a reshape merges with the batch go with the channels that they are cut from, which may have no name, and
// what is left fits every batch size.
func TestChannelsMergedWithTheBatch(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := must(op.Pad(m.input("x", 5, 1, 3, 6), 0.5, 0, 1, 0, 0, 0, 1, 0, 0)) // (5, 3, 3, 6)
	h = must(op.Reshape(h, -1, 6))
	h = m.dense(h, "dense", 4, op.Tanh)
	h = must(op.Reshape(h, -1, 3, 3, 4))
	h = must(op.BatchNorm(h, m.param("norm.scale", 3), m.param("norm.shift", 3), m.constant("norm.mean", []float64{0.1, 0, 0.2}),
		m.constant("norm.variance", []float64{1, 2, 0.5}), 1e-5, 0.1))
	net := m.done(m.dense(must(op.Flatten(must(gorgonia.Tanh(h)), 1)), "head", 2, op.Identity))
	c := coupling(t, net)
	for _, g := range c.Groups {
		for _, u := range g.Units {
			removed := map[string][]int{g.Name: {u.Index}}
			small, err := cut(t, net, removed).Inference()
			if err != nil {
				t.Fatal(err)
			}
			masked, err := mask(t, net, removed).Inference()
			if err != nil {
				t.Fatal(err)
			}
			for _, batch := range []int{1, 5, 7} {
				a, b := rebatch(t, small, batch), rebatch(t, masked, batch)
				rows := rowsFor(b)
				equalOutputs(t, g.Name, eval(t, a, rows...), eval(t, b, rows...), 1e-12)
			}
		}
	}
	if c.Group("norm") == nil {
		t.Errorf("groups %v, want the channels among them", summary(c))
	}
}

package surgery

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An average pooling is the average; TapeMachine divides by the width of the image.
func TestGorgoniaAveragePool(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Param("x", 1, 1, 4, 6)
	fill(x.Value(), []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23})
	y := must(gorgonia.AveragePool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	if _, err := gorgonia.Grad(must(gorgonia.Sum(y)), x); err != nil {
		t.Fatal(err)
	}
	run(t, compile(t, m.Net.Graph))
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
	x := m.Input("x", 1, 2, 6, 5)
	h := must(gorgonia.Conv2d(x, m.Param("w", 3, 2, 3, 3), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
	h = must(gorgonia.Reshape(must(gorgonia.Tanh(h)), tensor.Shape{1, 90}))
	net := done(m, must(gorgonia.Mul(h, m.Param("v", 90, 2))))
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
	h := must(gorgonia.Mul(m.Input("x", 5, 3), m.Param("one", 3, 4)))
	y, _, _, bn, err := gorgonia.BatchNorm(h, m.Param("scale", 1, 4), m.Param("shift", 1, 4), 0.9, 1e-5)
	must(y, err)
	net := done(m, must(gorgonia.Mul(must(gorgonia.Tanh(y)), m.Param("two", 4, 2))))
	if err := bn.SetTraining(false); err != nil {
		t.Fatal(err)
	}
	if err := bn.SetStats(newDense(m.Dtype, []float64{1, -1, 0.5, 2}, 4), newDense(m.Dtype, []float64{1, 2, 3, 0.5}, 4)); err != nil {
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

// A channel of padding that Gorgonia's convolution reads is no unit: nothing but a slice of the filters lies along it.
func TestPaddedChannelsOfGorgoniasConvolution(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := must(op.Pad(m.Input("x", 3, 4, 3, 3), 0.5, 0, 1, 1, 1, 0, 1, 1, 1))
	h = must(gorgonia.Conv2d(h, m.Param("conv", 4, 6, 2, 2), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}, []int{1, 1}))
	net := done(m, m.Dense(must(op.Flatten(must(gorgonia.Tanh(h)), 1)), "head", 3, op.Identity))
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
	h := must(op.Pad(m.Input("x", 5, 1, 3, 6), 0.5, 0, 1, 0, 0, 0, 1, 0, 0)) // (5, 3, 3, 6)
	h = must(op.Reshape(h, -1, 6))
	h = m.Dense(h, "dense", 4, op.Tanh)
	h = must(op.Reshape(h, -1, 3, 3, 4))
	h = must(op.BatchNorm(h, m.Param("norm.scale", 3), m.Param("norm.shift", 3), m.Constant("norm.mean", []float64{0.1, 0, 0.2}),
		m.Constant("norm.variance", []float64{1, 2, 0.5}), 1e-5, 0.1))
	net := done(m, m.Dense(must(op.Flatten(must(gorgonia.Tanh(h)), 1)), "head", 2, op.Identity))
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

package onnx_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// example is a network with every operation that can stand in a forward graph somewhere in the list.
type example struct {
	name   string
	build  func(b *builder) *network.Network
	normal bool // loading and saving again gives the same bytes
}

func networks() []example {
	list := []example{
		{"classifier", classifier, true},
		{"regression", func(b *builder) *network.Network {
			h := b.dense(b.input("x", 5), "fc1", 6, op.Tanh, 0)
			return b.done(b.dense(h, "fc2", 1, op.Identity, 0))
		}, true},
		{"binary", func(b *builder) *network.Network {
			h := b.dense(b.input("x", 5), "fc1", 6, op.ReLU, 0)
			return b.done(b.dense(h, "fc2", 1, op.Sigmoid, 0))
		}, true},
		{"masked", masked, true},
		{"dropout", func(b *builder) *network.Network {
			h := b.dense(b.input("x", 5), "fc1", 6, op.ReLU, 0)
			h = b.must(op.Dropout(h, 0.5, &op.DropoutState{Seed: 3}))
			return b.done(b.dense(h, "fc2", 2, op.Identity, 0))
		}, true},
		{"named", func(b *builder) *network.Network { // an activation of its own behind a layer that has a name
			h := b.dense(b.input("x", 5), "fc1", 6, op.Identity, 0)
			gorgonia.WithName("hidden")(h)
			h = b.must(op.Activate(h, op.ReLU, 0))
			out := b.dense(h, "fc2", 2, op.Identity, 0)
			gorgonia.WithName("logits")(out)
			return b.done(out)
		}, true},
		{"matmul", func(b *builder) *network.Network {
			h := b.must(op.Apply(op.MatMul{}, b.input("x", 5), b.param("w1", 5, 4)))
			h = b.must(op.Activate(h, op.Tanh, 0))
			return b.done(b.must(op.Apply(op.MatMul{TransB: true}, h, b.param("w2", 3, 4))))
		}, true},
		{"rows", func(b *builder) *network.Network {
			h := b.must(op.Apply(op.RowScale{Divide: true}, b.input("x", 5), b.constant("d", 1, 2, 5)))
			h = b.must(op.Apply(op.RowShift{}, h, b.param("up", 5)))
			h = b.must(op.Apply(op.RowShift{Subtract: true}, h, b.constant("down", -1, 1, 5)))
			return b.done(b.must(op.Apply(op.RowScale{}, h, b.constant("m", 1, 2, 5))))
		}, true},
		{"residual", residual, true},
		{"shared", func(b *builder) *network.Network { // a layer that two operations read is not taken into either
			z := b.dense(b.input("x", 5), "fc1", 6, op.Identity, 0)
			return b.done(b.must(gorgonia.Add(b.must(op.Activate(z, op.ReLU, 0)), b.must(op.Activate(z, op.Tanh, 0)))))
		}, true},
		{"branches", branches, true},
		{"gorgonia", plainGorgonia, false}, // a product and a broadcast sum come back as one dense layer
		{"functions", functions, true},
		{"passthrough", func(b *builder) *network.Network {
			x := b.input("x", 3)
			h := b.dense(x, "fc1", 2, op.ReLU, 0)
			return b.done(x, h, h)
		}, true},
	}
	for _, act := range op.Activations() {
		list = append(list,
			example{fmt.Sprintf("mlp-%v", act), func(b *builder) *network.Network {
				h := b.dense(b.input("x", 5), "fc1", 7, act, 0.2)
				h = b.dense(h, "fc2", 6, act, 0.01)
				return b.done(b.dense(h, "fc3", 3, op.Identity, 0))
			}, true},
			example{fmt.Sprintf("separate-%v", act), func(b *builder) *network.Network {
				h := b.dense(b.input("x", 5), "fc1", 7, op.Identity, 0)
				h = b.must(op.Activate(h, act, 0.2))
				h = b.must(op.Activate(h, act, 0.2)) // of a value that is no layer's
				return b.done(b.dense(h, "fc2", 3, op.Identity, 0))
			}, true})
	}
	return slices.Concat(list, imageNetworks(), shapeNetworks(), sequenceNetworks(), foundNetworks())
}

// classifier standardises in front and ends with a softmax.
func classifier(b *builder) *network.Network {
	x := b.input("x", 5)
	h := b.must(op.Standardize(x, b.constant("mean", -1, 1, 5), b.constant("scale", 0.5, 2, 5)))
	h = b.dense(h, "fc1", 8, op.ReLU, 0)
	h = b.dense(h, "fc2", 6, op.GELU, 0)
	return b.done(b.must(op.Softmax(b.dense(h, "fc3", 3, op.Identity, 0))))
}

func masked(b *builder) *network.Network {
	h := b.dense(b.input("x", 5), "fc1", 6, op.ReLU, 0)
	mask := b.constant("fc1.mask", 1, 1, 6)
	mask.Value().(*tensor.Dense).Zero()
	if err := mask.Value().(*tensor.Dense).SetAt(one(b.dt), 2); err != nil {
		b.t.Fatal(err)
	}
	return b.done(b.dense(b.must(op.Mask(h, mask)), "fc2", 2, op.Identity, 0))
}

func one(dt tensor.Dtype) any {
	if dt == tensor.Float64 {
		return 1.0
	}
	return float32(1)
}

// residual adds a layer's input to its output.
func residual(b *builder) *network.Network {
	h := b.dense(b.input("x", 5), "fc1", 6, op.ReLU, 0)
	h2 := b.dense(h, "fc2", 6, op.Tanh, 0)
	return b.done(b.dense(b.must(gorgonia.Add(h, h2)), "fc3", 2, op.Identity, 0))
}

// branches has two inputs, a shared trunk and two outputs.
func branches(b *builder) *network.Network {
	left, right := b.dense(b.input("left", 3), "l", 4, op.ReLU, 0), b.dense(b.input("right", 2), "r", 4, op.ReLU, 0)
	trunk := b.must(gorgonia.HadamardProd(left, right))
	class := b.must(op.Softmax(b.dense(trunk, "class", 3, op.Identity, 0)))
	return b.done(class, b.dense(trunk, "value", 1, op.Identity, 0))
}

// plainGorgonia uses none of our operations.
func plainGorgonia(b *builder) *network.Network {
	x := b.input("x", 5)
	h := b.must(gorgonia.Mul(x, b.param("w1", 5, 6)))
	h = b.must(gorgonia.BroadcastAdd(h, b.param("b1", 1, 6), nil, []byte{0}))
	h = b.must(gorgonia.Sigmoid(h))
	h = b.must(gorgonia.Mul(h, b.param("w2", 6, 3)))
	return b.done(b.must(gorgonia.SoftMax(h, 1)))
}

// functions goes through Gorgonia's functions of one element, and numbers on either side.
func functions(b *builder) *network.Network {
	number := func(v float64) *gorgonia.Node {
		if b.dt == tensor.Float64 {
			return gorgonia.NewConstant(v)
		}
		return gorgonia.NewConstant(float32(v))
	}
	h := b.must(gorgonia.Sin(b.input("x", 5)))
	h = b.must(gorgonia.Exp(h))
	h = b.must(gorgonia.Add(h, b.must(gorgonia.Abs(b.must(gorgonia.Cos(h))))))
	h = b.must(gorgonia.Sub(number(1.5), h))
	h = b.must(gorgonia.HadamardProd(h, number(0.5)))
	h = b.must(gorgonia.Pow(h, number(2)))
	h = b.must(gorgonia.Add(h, number(1)))
	h = b.must(gorgonia.Sqrt(h))
	h = b.must(gorgonia.HadamardDiv(number(3), h))
	h = b.must(gorgonia.Log(h))
	h = b.must(gorgonia.Neg(h))
	h = b.must(gorgonia.Softplus(h))
	h = b.must(gorgonia.Inverse(h))
	h = b.must(gorgonia.Square(h))
	return b.done(b.must(gorgonia.LogSoftMax(h, 1)))
}

func eachNetwork(t *testing.T, dts []tensor.Dtype, f func(t *testing.T, e example, net *network.Network)) {
	for _, e := range networks() {
		for _, dt := range dts {
			t.Run(fmt.Sprintf("%s/%v", e.name, dt), func(t *testing.T) { f(t, e, e.build(newBuilder(t, dt))) })
		}
	}
}

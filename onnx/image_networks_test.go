package onnx_test

import (
	"math"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// images is an input (batch, dims…).
func (b *builder) images(name string, dims ...int) *gorgonia.Node {
	shape := append([]int{4}, dims...)
	n := gorgonia.NewTensor(b.net.Graph, b.dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	b.net.Inputs = append(b.net.Inputs, n)
	return n
}

func (b *builder) conv(x *gorgonia.Node, name string, filters, kernel int, c op.ConvConfig, act op.Activation) *gorgonia.Node {
	b.t.Helper()
	channels := x.Shape()[1] / max(1, c.Groups)
	w := b.param(name+".weight", filters, channels, kernel, kernel)
	return b.must(op.Conv2D(x, w, b.param(name+".bias", filters), c, act, 0.1))
}

func (b *builder) batchNorm(x *gorgonia.Node, name string) *gorgonia.Node {
	b.t.Helper()
	c := x.Shape()[1]
	gamma, beta := b.param(name+".weight", c), b.param(name+".bias", c)
	mean, variance := b.leaf(name+".running_mean", -1, 1, c), b.leaf(name+".running_var", 0.5, 2, c)
	b.net.States = append(b.net.States, mean, variance)
	return b.must(op.BatchNorm(x, gamma, beta, mean, variance, op.DefaultBatchNormEps, op.DefaultBatchNormMomentum))
}

func (b *builder) flat(x *gorgonia.Node) *gorgonia.Node { return b.must(op.Flatten(x, 1)) }

func pads(n int) [4]int { return [4]int{n, n, n, n} }

// imageNetworks have convolutions, poolings, batch norm, and what stands between them.
func imageNetworks() []example {
	return []example{
		{"lenet", func(b *builder) *network.Network {
			h := b.conv(b.images("x", 1, 12, 12), "conv1", 4, 5, op.ConvConfig{Pads: pads(2)}, op.ReLU)
			h = b.must(op.MaxPool2D(h, op.PoolConfig{Kernel: [2]int{2, 2}}))
			h = b.conv(h, "conv2", 6, 3, op.ConvConfig{}, op.Tanh)
			h = b.must(op.AvgPool2D(h, op.PoolConfig{Kernel: [2]int{2, 2}}))
			return b.done(b.dense(b.dense(b.flat(h), "fc1", 9, op.ReLU, 0), "fc2", 3, op.Identity, 0))
		}, true},
		{"residual-images", residualImages, true},
		{"geometry", func(b *builder) *network.Network {
			x := b.images("x", 4, 9, 8)
			h := b.conv(x, "conv1", 6, 3, op.ConvConfig{Stride: [2]int{2, 1}, Pads: [4]int{1, 0, 2, 1}, Groups: 2}, op.GELU)
			h = b.conv(h, "conv2", 12, 2, op.ConvConfig{Dilation: [2]int{2, 3}, Groups: 6}, op.LeakyReLU)
			w := b.param("conv3.weight", 3, 12, 1, 2)
			h = b.must(op.Conv2D(h, w, nil, op.ConvConfig{Pads: [4]int{0, 1, 0, 0}}, op.Sigmoid, 0))
			return b.done(b.must(op.GlobalAvgPool(h)))
		}, true},
		{"poolings", func(b *builder) *network.Network {
			x := b.images("x", 2, 9, 10)
			window := op.PoolConfig{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}, Pads: [4]int{1, 0, 0, 1}}
			h := b.must(op.MaxPool2D(x, window))
			window.Dilation, window.Pads = [2]int{2, 1}, [4]int{}
			h2 := b.must(op.MaxPool2D(x, window))
			window = op.PoolConfig{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pads: pads(1)}
			h3 := b.must(op.AvgPool2D(x, window))
			window.CountIncludePad = true
			h4 := b.must(op.AvgPool2D(x, window))
			return b.done(b.flat(h), b.flat(h2), b.flat(h3), b.flat(h4))
		}, true},
		{"rounded-up", func(b *builder) *network.Network { // written as padding, and read as such
			x := b.images("x", 2, 8, 9)
			window := op.PoolConfig{Kernel: [2]int{3, 3}, Stride: [2]int{2, 3}, CeilMode: true}
			return b.done(b.must(op.MaxPool2D(x, window)), b.must(op.AvgPool2D(x, window)))
		}, true},
		{"masked-images", func(b *builder) *network.Network {
			h := b.conv(b.images("x", 2, 5, 5), "conv", 4, 3, op.ConvConfig{}, op.ReLU)
			mask := b.constant("mask.conv", 1, 1, 4, 1, 1)
			mask.Value().(*tensor.Dense).Zero()
			if err := mask.Value().(*tensor.Dense).SetAt(one(b.dt), 2, 0, 0); err != nil {
				b.t.Fatal(err)
			}
			return b.done(b.dense(b.flat(b.must(op.Mask(h, mask))), "fc", 2, op.Identity, 0))
		}, true},
		{"line", func(b *builder) *network.Network {
			x := b.images("x", 3, 11)
			c := op.ConvConfig{Stride: [2]int{1, 2}, Pads: [4]int{0, 1, 0, 2}}
			h := b.must(op.Conv1D(x, b.param("conv.weight", 5, 3, 3), b.param("conv.bias", 5), c, op.ReLU, 0))
			return b.done(b.must(op.GlobalAvgPool(b.batchNorm(h, "bn"))))
		}, true},
		{"norm-of-rows", func(b *builder) *network.Network {
			h := b.must(op.Activate(b.batchNorm(b.dense(b.input("x", 5), "fc1", 6, op.Identity, 0), "bn"), op.ReLU, 0))
			return b.done(b.dense(h, "fc2", 2, op.Identity, 0))
		}, true},
		{"joined", func(b *builder) *network.Network {
			x := b.images("x", 3, 6, 6)
			left := b.conv(x, "left", 4, 3, op.ConvConfig{Pads: pads(1)}, op.ReLU)
			right := b.conv(x, "right", 2, 1, op.ConvConfig{}, op.Identity)
			h := b.must(op.Concat(1, left, right, x))
			parts, err := op.Split(h, 1, 2, 7)
			if err != nil {
				b.t.Fatal(err)
			}
			h = b.must(op.Mul(parts[1], b.must(op.Reduce(op.ReduceMean, parts[0], true, 1))))
			h = b.must(op.Slice(h, 2, 1, 6, 2))
			return b.done(b.flat(h))
		}, true},
	}
}

func residualImages(b *builder) *network.Network {
	same := op.ConvConfig{Pads: pads(1)}
	x := b.images("x", 3, 6, 6)
	h := b.must(op.Activate(b.batchNorm(b.conv(x, "stem", 4, 3, same, op.Identity), "bn0"), op.ReLU, 0))
	r := b.must(op.Activate(b.batchNorm(b.conv(h, "conv1", 4, 3, same, op.Identity), "bn1"), op.ReLU, 0))
	r = b.batchNorm(b.conv(r, "conv2", 4, 3, same, op.Identity), "bn2")
	h = b.must(op.Activate(b.must(gorgonia.Add(r, h)), op.ReLU, 0))
	down := b.conv(h, "down", 6, 1, op.ConvConfig{Stride: [2]int{2, 2}}, op.Identity)
	r = b.conv(h, "conv3", 6, 3, op.ConvConfig{Stride: [2]int{2, 2}, Pads: pads(1)}, op.Identity)
	h = b.must(op.Activate(b.must(op.Add(r, down)), op.ReLU, 0))
	return b.done(b.dense(b.must(op.GlobalAvgPool(h)), "fc", 3, op.Identity, 0))
}

// sequenceNetworks have attention, embeddings, and what else works along an axis.
func sequenceNetworks() []example {
	return []example{
		{"attention", func(b *builder) *network.Network {
			x := b.images("x", 5, 6)
			h := b.must(op.LayerNorm(x, b.param("norm.weight", 6), b.param("norm.bias", 6), -1, 1e-5))
			heads := func(name string) *gorgonia.Node {
				p := b.must(op.Linear(h, b.param(name+".weight", 6, 6), b.param(name+".bias", 6), op.Identity, 0))
				return b.must(op.Transpose(b.must(op.Reshape(p, 0, 5, 2, 3)), 0, 2, 1, 3))
			}
			q, k, v := heads("q"), heads("k"), heads("v")
			scores := b.must(op.Mul(b.must(op.BatchMatMul(q, k, false, true)), b.param("scale", 2, 1, 1)))
			a := b.must(op.BatchMatMul(b.must(op.SoftmaxAxis(scores, 3)), v, false, false))
			a = b.must(op.Reshape(b.must(op.Transpose(a, 0, 2, 1, 3)), 0, 5, 6))
			h = b.must(op.Add(x, b.must(op.Linear(a, b.param("out.weight", 6, 6), b.param("out.bias", 6), op.GELU, 0))))
			return b.done(b.must(op.LogSoftmax(h, 1)))
		}, true},
		{"embedding", func(b *builder) *network.Network {
			x := b.must(gorgonia.Floor(b.must(op.Clip(b.input("ids", 5), 0, 6))))
			h := b.must(op.Embedding(b.param("table", 7, 3), x))
			return b.done(b.must(op.Reduce(op.ReduceMean, h, false, 1)))
		}, true},
		{"products", func(b *builder) *network.Network {
			x, y := b.images("x", 3, 4), b.images("y", 5, 4)
			h := b.must(op.BatchMatMul(x, y, false, true))
			h2 := b.must(op.BatchMatMul(b.param("left", 2, 3), h, false, false))
			h3 := b.must(op.BatchMatMul(x, x, true, false))
			return b.done(h, h2, h3, b.must(op.BatchMatMul(h3, b.param("right", 4, 6), true, false)))
		}, true},
		{"padded", func(b *builder) *network.Network {
			x := b.images("x", 2, 3, 4)
			h := b.must(op.Pad(x, 0.5, 0, 0, 1, 2, 0, 1, 0, 1))
			h = b.must(op.Clip(b.must(op.Pow(b.must(op.Unary("Erf", h)), 2)), 0.1, 0.75))
			h = b.must(op.Clip(h, math.Inf(-1), 0.7))
			return b.done(b.must(op.SoftmaxAxis(b.must(op.Unary("Cos", h)), 1)))
		}, true},
	}
}

// shapeNetworks rearrange, broadcast and reduce.
func shapeNetworks() []example {
	return []example{
		{"broadcast", func(b *builder) *network.Network {
			x := b.images("x", 2, 3, 4)
			h := b.must(op.Add(x, b.param("a", 2, 1, 4)))
			h = b.must(op.Sub(b.param("b", 3, 1), h))
			h = b.must(op.Mul(h, b.param("c", 1)))
			h = b.must(op.Div(h, b.constant("d", 1, 2, 4)))
			row := b.must(op.Reduce(op.ReduceMax, h, true, 3))
			return b.done(b.flat(b.must(op.Mul(h, row))))
		}, true},
		{"reductions", func(b *builder) *network.Network {
			x := b.images("x", 3, 4, 5)
			return b.done(b.must(op.Reduce(op.ReduceSum, x, false, 2, 3)), b.must(op.Reduce(op.ReduceMean, x, true, 1)),
				b.must(op.Reduce(op.ReduceMin, x, false, 1, 2)))
		}, true},
		{"rearranged", func(b *builder) *network.Network {
			x := b.images("x", 3, 4, 2)
			h := b.must(op.Transpose(x, 0, 2, 3, 1))
			h = b.must(op.Reshape(h, 0, 2, 4, -1))
			h = b.must(op.Unsqueeze(h, 2))
			h = b.must(op.Squeeze(h, 2))
			h = b.must(op.Reshape(b.must(op.Transpose(h, 1, 0, 3, 2)), 2, -1, 6)) // the batch within
			h = b.must(op.Reshape(h, 2, -1, 2, 6))
			h = b.must(op.Transpose(h, 1, 0, 2, 3))
			return b.done(b.must(op.Select(b.flat(h), 1, 5, 0, 5, 3)))
		}, true},
		{"filled", func(b *builder) *network.Network {
			x := b.input("x", 4)
			h := b.dense(b.must(op.Fill(x, 0.5, -1, 3)), "h", 4, op.Tanh, 0)
			two := b.must(op.Fill(x, -1, 2, -1, 4))
			return b.done(b.must(op.Add(x, h)), b.must(op.Transpose(b.must(op.Add(two, x)), 1, 0, 2)))
		}, true},
	}
}

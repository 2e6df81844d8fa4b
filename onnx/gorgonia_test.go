package onnx_test

import (
	"bytes"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgoniaNetworks are written with Gorgonia's own operations alone. They come back as ours, which round differently.
func gorgoniaNetworks() []example {
	return []example{
		{"convolution", func(b *builder) *network.Network {
			x := b.images("x", 2, 8, 8)
			pair := []int{1, 1}
			h := b.must(gorgonia.Conv2d(x, b.param("conv.weight", 3, 2, 3, 3), tensor.Shape{3, 3}, pair, pair, pair))
			h = b.must(gorgonia.Rectify(h))
			h = b.must(gorgonia.MaxPool2D(h, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
			h = b.must(gorgonia.Reshape(h, tensor.Shape{4, 48}))
			return b.done(b.must(gorgonia.Mul(h, b.param("fc.weight", 48, 3))))
		}, false},
		{"strided", func(b *builder) *network.Network {
			x := b.images("x", 3, 7, 9)
			h := b.must(gorgonia.Conv2d(x, b.param("conv.weight", 4, 3, 3, 3), tensor.Shape{3, 3}, []int{0, 0}, []int{2, 2}, []int{1, 1}))
			return b.done(b.must(gorgonia.GlobalAveragePool2D(b.must(gorgonia.LeakyRelu(h, 0.1)))))
		}, false},
		{"moved", func(b *builder) *network.Network {
			x := b.images("x", 3, 4, 2)
			h := b.must(gorgonia.Transpose(x, 0, 3, 1, 2))
			h = b.must(gorgonia.Concat(1, h, h))
			h = b.must(gorgonia.Slice(h, nil, gorgonia.S(1, 3)))
			return b.done(b.must(gorgonia.Tanh(h)))
		}, false},
		{"summed", func(b *builder) *network.Network {
			x := b.images("x", 3, 4)
			h := b.must(gorgonia.Sum(x, 2))
			h2 := b.must(gorgonia.Mean(b.must(gorgonia.Exp(x)), 1))
			return b.done(h, h2)
		}, false},
		{"products", func(b *builder) *network.Network {
			x, y := b.images("x", 3, 4), b.images("y", 4, 5)
			return b.done(b.must(gorgonia.BatchedMatMul(x, y)))
		}, false},
	}
}

// Networks of Gorgonia's own operations are written, run in ONNX Runtime, are read back, and keep the form that they got.
func TestGorgoniaNetworks(t *testing.T) {
	var all comparison
	var paths []string
	for _, e := range gorgoniaNetworks() {
		net := e.build(newBuilder(t, tensor.Float32))
		b, err := onnx.Marshal(net, onnx.Meta{})
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		path := save(t, net, onnx.Meta{})
		paths = append(paths, path)
		all.add(t, e.name, path, net, 1e-5)
		got, _ := load(t, path)
		in := examples(t, net, 3)
		for i, want := range forward(t, net, in) {
			agree(t, e.name, float64s(forward(t, got, in)[i]), float64s(want), 1e-5)
		}
		again := save(t, got, onnx.Meta{})
		if third, _ := load(t, again); !bytes.Equal(read(t, again), read(t, save(t, third, onnx.Meta{}))) {
			t.Errorf("%s: %d bytes do not stay as they are", e.name, len(b))
		}
	}
	ortcheck.Validate(t, paths...)
	all.run(t)
}

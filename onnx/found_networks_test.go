package onnx_test

import (
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
)

// foundNetworks are what random networks once found to go wrong (see internal/randnet), cut short.
func foundNetworks() []example {
	return []example{
		{"activation of a product of computed values", func(b *builder) *network.Network {
			x := b.images("x", 3, 4)
			h := b.must(op.Activate(b.must(op.BatchMatMul(x, x, false, true)), op.Tanh, 0))
			h = b.must(op.Activate(b.must(op.BatchMatMul(h, x, false, false)), op.ReLU, 0))
			return b.done(b.must(op.Activate(b.must(op.BatchMatMul(h, h, true, false)), op.GELU, 0)))
		}, true},
		{"one mask of matrices and of sequences", func(b *builder) *network.Network {
			x, mask := b.images("x", 3, 4), b.constant("mask", 0, 1, 4)
			h := b.must(op.Reduce(op.ReduceMean, b.must(op.Mask(x, mask)), false, 1))
			return b.done(b.must(op.Mask(b.must(op.Activate(h, op.Tanh, 0)), mask)))
		}, true},
		{"one row added to matrices and to sequences", func(b *builder) *network.Network {
			x, row := b.images("x", 3, 4), b.param("row", 4)
			h := b.must(op.Reduce(op.ReduceMean, b.must(op.Add(x, row)), false, 1))
			return b.done(b.must(op.Apply(op.RowShift{}, h, row)))
		}, true},
	}
}

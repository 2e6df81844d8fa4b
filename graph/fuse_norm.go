package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
)

// FoldBatchNorm lets a program put the evaluation form of a batch norm into the convolution, or the dense layer of
// matrices, before it, where that saves work: where the layer has four times as many outputs as weights. Weights are folded at each run, so
// that the program follows training, or once where they are frozen. Results differ from those without it by rounding.
func FoldBatchNorm() Option {
	return option("FoldBatchNorm", func(c *compilation) { c.foldNorm = true })
}

// batchNorm is the pattern: batch-norm(layer) = layer with other weights.
func (f *fuser) batchNorm(i *instruction) bool {
	b, ok := definition[op.Normalizer](i)
	if !f.c.foldNorm || !ok || !f.inner(i.in[0]) {
		return false
	}
	layer := f.def[i.in[0]]
	d, ours := definition[op.Definition](layer)
	if !ours || len(layer.in) < 2 || 4*layer.in[1].shape.TotalSize() > i.out.shape.TotalSize() {
		return false
	}
	n, ok := b.FoldInto(d)
	if !ok {
		return false
	}
	in := slices.Concat(layer.in, i.in[1:])
	if shape, err := n.Shape(shapes(in)); err != nil || !sameDims(shape, i.out.shape) {
		return false
	}
	return i.become(n, in...)
}

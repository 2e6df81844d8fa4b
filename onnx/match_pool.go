package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// matchPool is for MaxPool and AveragePool of images, and of signals, which become images of height 1. The indices of
// maxima, MaxPool's second result, are not known.
func matchPool(im *importer, n *node) (*plan, error) {
	given := n.attrs.integers("kernel_shape")
	if len(given) != 1 && len(given) != 2 {
		return nil, unsupportedf("kernel_shape is %v; pooling in one and two dimensions is supported", given)
	}
	kernel := make([]int, len(given))
	if err := n.attrs.fill("kernel_shape", kernel, 1); err != nil {
		return nil, err
	}
	w, err := windowOf(n.attrs, kernel)
	if err != nil {
		return nil, err
	}
	c := op.PoolConfig{
		Kernel: w.kernel, Stride: w.stride, Dilation: w.dilation, CeilMode: n.attrs.integer("ceil_mode", 0) != 0,
	}
	pool := op.MaxPool2D
	if n.OpType == "AveragePool" {
		pool = op.AvgPool2D
		c.CountIncludePad = n.attrs.integer("count_include_pad", 0) != 0
	} else {
		n.attrs.ignore("storage_order") // of the indices
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		x, s := in[0], in[0].Shape()
		if len(s) != 2+len(kernel) {
			return nil, invalidf("a value of shape %v does not suit a window %v", s, kernel)
		}
		c := c
		c.Pads = w.padsFor(s)
		if len(s) == 4 {
			return pool(x, c)
		}
		x, err := op.Unsqueeze(x, 2)
		if err != nil {
			return nil, err
		}
		if x, err = pool(x, c); err != nil {
			return nil, err
		}
		return op.Squeeze(x, 2)
	}}, nil
}

// matchGlobalPool: our operation has no axes of size 1 behind it, which ONNX's has. Where these are dropped at once, as
// they mostly are, they are never made (see flattened).
func matchGlobalPool(im *importer, n *node) (*plan, error) {
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		pooled, err := op.GlobalAvgPool(in[0])
		if err != nil {
			return nil, err
		}
		axes := []int{2, 3}[:in[0].Dims()-2]
		v, err := op.Unsqueeze(pooled, axes...)
		if err == nil {
			im.at.pooled[v] = pooled
		}
		return v, err
	}}, nil
}

// flattened gives the result of a global pooling without its axes of size 1, where v is such a result with them and
// should become (batch, channels).
func (im *importer) flattened(v *gorgonia.Node, to []int) *gorgonia.Node {
	p := im.at.pooled[v]
	if p == nil || !sameDims(p.Shape(), to) {
		return nil
	}
	return p
}

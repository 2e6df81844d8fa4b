package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// reduction is how an operator is made of ours: before, what is done to each element first, and after to each result.
type reduction struct {
	kind          op.ReduceKind
	before, after func(*gorgonia.Node) (*gorgonia.Node, error)
}

var reductions = map[string]reduction{
	"ReduceL1":        {op.ReduceSum, gorgonia.Abs, nil},
	"ReduceL2":        {op.ReduceSum, gorgonia.Square, gorgonia.Sqrt},
	"ReduceLogSum":    {op.ReduceSum, nil, gorgonia.Log},
	"ReduceMax":       {op.ReduceMax, nil, nil},
	"ReduceMean":      {op.ReduceMean, nil, nil},
	"ReduceMin":       {op.ReduceMin, nil, nil},
	"ReduceSum":       {op.ReduceSum, nil, nil},
	"ReduceSumSquare": {op.ReduceSum, gorgonia.Square, nil},
}

// axesInput is the opset since which a reduction has its axes as an input.
func axesInput(operator string) int64 {
	if operator == "ReduceSum" {
		return 13
	}
	return 18
}

func matchReduce(im *importer, n *node) (*plan, error) {
	r := reductions[n.OpType]
	listed, err := im.intsOrAttribute(n, "axes", axesInput(n.OpType), 1)
	if err != nil {
		return nil, err
	}
	keep := n.attrs.integer("keepdims", 1) != 0
	if len(listed) == 0 && im.opset >= axesInput(n.OpType) && n.attrs.integer("noop_with_empty_axes", 0) != 0 {
		return passThrough(im, n)
	}
	n.attrs.ignore("noop_with_empty_axes")
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (v *gorgonia.Node, err error) {
		axes, err := axesOf(listed, in[0].Dims())
		if err != nil {
			return nil, err
		}
		if v = in[0]; r.before != nil {
			if v, err = r.before(v); err != nil {
				return nil, err
			}
		}
		if v, err = op.Reduce(r.kind, v, keep, axes...); err != nil || r.after == nil {
			return v, err
		}
		return r.after(v)
	}}, nil
}

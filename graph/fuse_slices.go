package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
)

// placed joins the gradients of slices of one tensor: without it each would be as large as the tensor, nearly all zeros.
func (f *fuser) placed(i *instruction) bool {
	if op.KindOf(i.op) != op.KindAdd || i.in[0] == i.in[1] || !f.inner(i.in[0]) || !f.inner(i.in[1]) ||
		!sameDims(i.in[0].shape, i.in[1].shape) {
		return false
	}
	a, b := f.def[i.in[0]], f.def[i.in[1]]
	definition, order, ok := op.Together(a.op, b.op)
	if !ok {
		return false
	}
	both := slices.Concat(a.in, b.in)
	in := make([]*value, len(order))
	for k, from := range order {
		in[k] = both[from]
	}
	return i.become(definition, in...)
}

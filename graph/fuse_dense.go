package graph

import (
	"github.com/gtrain/gtrain/graph/op"
)

func (f *fuser) dense(i *instruction) bool {
	shift, ok := room[op.RowShift](i)
	if !ok || shift.Subtract || !f.inner(i.in[0]) {
		return false
	}
	mm := f.def[i.in[0]]
	plain := op.Describe(mm.op) == op.Desc{Name: "matmul"}
	if r, ours := room[op.MatMul](mm); ours {
		plain = r == op.MatMul{}
	}
	if !plain {
		return false
	}
	return i.become(op.DenseLayer{}, mm.in[0], mm.in[1], i.in[1])
}

func (f *fuser) activate(i *instruction) bool {
	act, slope, ok := f.activation(i)
	if !ok || !f.inner(i.in[0]) {
		return false
	}
	l, ok := room[op.Activated](f.def[i.in[0]])
	if !ok || !f.isLayer(i.in[0], op.Identity) {
		return false
	}
	return i.become(l.WithActivation(act, slope), f.def[i.in[0]].in...)
}

func (f *fuser) activation(i *instruction) (op.Activation, float64, bool) {
	if r, ok := room[op.Elementwise](i); ok {
		return r.Act, r.Slope, true
	}
	name := op.Describe(i.op).Name
	for _, a := range []op.Activation{op.Sigmoid, op.Tanh, op.Softplus} {
		if a.String() == name {
			return a, 0, true
		}
	}
	return 0, 0, false
}

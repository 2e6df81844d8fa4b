package graph

import (
	"github.com/gtrain/gtrain/graph/op"
)

func (f *fuser) dense(i *instruction) bool {
	if op.KindOf(i.op) != op.KindAddRow || !f.inner(i.in[0]) {
		return false
	}
	mm := f.def[i.in[0]]
	if op.Describe(mm.op) != (op.Desc{Kind: op.KindMatMul}) {
		return false
	}
	return i.become(op.DenseLayer{}, mm.in[0], mm.in[1], i.in[1])
}

func (f *fuser) activate(i *instruction) bool {
	act, slope, ok := op.ActivationOf(i.op)
	if !ok || !f.inner(i.in[0]) {
		return false
	}
	l, ok := definition[op.Activated](f.def[i.in[0]])
	if !ok || !f.isLayer(i.in[0], op.Identity) {
		return false
	}
	return i.become(l.WithActivation(act, slope), f.def[i.in[0]].in...)
}

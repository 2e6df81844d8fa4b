package graph

import (
	"github.com/gtrain/gtrain/graph/op"
)

// row undoes a broadcast over the batch: v = repeat(reshape(b → (1, n)), along 0). The row is a vector or (1, n).
func (f *fuser) row(v *value, like *value) *value {
	rep := f.def[v]
	if rep == nil || len(like.shape) != 2 || !sameDims(v.shape, like.shape) {
		return nil
	}
	if d := op.Describe(rep.op); d.Kind != op.KindRepeat || d.Axis != 0 || rep.in[0].shape.TotalSize() != like.shape[1] {
		return nil
	}
	b := rep.in[0]
	if r := f.def[b]; r != nil && op.KindOf(r.op) == op.KindReshape && len(r.in[0].shape) == 1 {
		b = r.in[0]
	}
	return b
}

func (f *fuser) rowShift(i *instruction) bool {
	d := op.KindOf(i.op)
	if d != op.KindAdd && d != op.KindSub || !sameDims(i.in[0].shape, i.out.shape) {
		return false
	}
	if b := f.row(i.in[1], i.out); b != nil {
		return i.become(op.RowShift{Subtract: d == op.KindSub}, i.in[0], b)
	}
	if d == op.KindAdd && sameDims(i.in[1].shape, i.out.shape) {
		if b := f.row(i.in[0], i.out); b != nil {
			return i.become(op.RowShift{}, i.in[1], b)
		}
	}
	return false
}

func (f *fuser) rowScale(i *instruction) bool {
	d := op.KindOf(i.op)
	if d != op.KindMulElem && d != op.KindDivElem || !sameDims(i.in[0].shape, i.out.shape) {
		return false
	}
	if b := f.row(i.in[1], i.out); b != nil {
		return i.become(op.RowScale{Divide: d == op.KindDivElem}, i.in[0], b)
	}
	return false
}

package graph

import (
	"github.com/gtrain/gtrain/graph/op"
)

// positive returns x where v = (x > 0), or v = (x ≥ 0): orEqual says which.
func (f *fuser) positive(v *value) (x *value, orEqual bool) {
	cmp := f.def[v]
	if cmp == nil {
		return nil, false
	}
	kind := op.KindOf(cmp.op)
	if kind != op.KindGreater && kind != op.KindGreaterEqual || !isNumber(cmp.in[1], 0) || !sameDims(cmp.in[0].shape, v.shape) {
		return nil, false
	}
	return cmp.in[0], kind == op.KindGreaterEqual
}

func (f *fuser) relu(i *instruction) bool {
	if op.KindOf(i.op) != op.KindMulElem {
		return false
	}
	for k := range 2 {
		if x, orEqual := f.positive(i.in[1-k]); x != nil && x == i.in[k] {
			act := op.ReLU
			if orEqual {
				act = op.Rectify
			}
			return i.become(op.Elementwise{Act: act}, x)
		}
	}
	return false
}

func (f *fuser) reluGrad(i *instruction) bool {
	if op.KindOf(i.op) != op.KindMulElem {
		return false
	}
	for k := range 2 {
		x, orEqual := f.positive(i.in[1-k])
		if x == nil || x == i.in[k] || !sameDims(i.in[k].shape, x.shape) {
			continue
		}
		before := func(y *value) bool { return y != nil && f.at[y] < f.at[i.out] }
		// The activation tells what x does, and lets x vanish into the layer before.
		switch relu, rectify := f.reluOf[x], f.rectifyOf[x]; {
		case orEqual && before(rectify):
			return i.become(op.ActivationGrad{Act: op.Rectify}, rectify, i.in[k])
		case orEqual:
			return i.become(op.Gate{}, x, i.in[k])
		case before(relu):
			return i.become(op.ActivationGrad{Act: op.ReLU}, relu, i.in[k])
		}
		return i.become(op.ActivationGrad{Act: op.ReLU}, x, i.in[k])
	}
	return false
}

// sigmoidGrad also knows the form σ(x) ⊙ σ(−x), which Gorgonia makes of σ(x) ⊙ (1 − σ(x)).
func (f *fuser) sigmoidGrad(i *instruction) bool {
	if op.KindOf(i.op) != op.KindMulElem || f.kind(i.in[0]) != op.KindMulElem {
		return false
	}
	prod := f.def[i.in[0]]
	y, rest := prod.in[0], f.def[prod.in[1]]
	if rest == nil || !sameDims(i.in[1].shape, y.shape) {
		return false
	}
	switch op.KindOf(rest.op) {
	case op.KindSub:
		if !isNumber(rest.in[0], 1) || rest.in[1] != y || f.kind(y) != op.KindSigmoid && !f.isLayer(y, op.Sigmoid) {
			return false
		}
	case op.KindSigmoid:
		minus := f.def[rest.in[0]]
		if minus == nil || op.KindOf(minus.op) != op.KindNeg || f.kind(y) != op.KindSigmoid || f.def[y].in[0] != minus.in[0] {
			return false
		}
	default:
		return false
	}
	return i.become(op.ActivationGrad{Act: op.Sigmoid}, y, i.in[1])
}

func (f *fuser) tanhGrad(i *instruction) bool {
	if op.KindOf(i.op) != op.KindMulElem || f.kind(i.in[0]) != op.KindSub {
		return false
	}
	diff := f.def[i.in[0]]
	sq := f.def[diff.in[1]]
	if !isNumber(diff.in[0], 1) || sq == nil || op.KindOf(sq.op) != op.KindMulElem || sq.in[0] != sq.in[1] {
		return false
	}
	y := sq.in[0]
	if f.kind(y) != op.KindTanh && !f.isLayer(y, op.Tanh) || !sameDims(i.in[1].shape, y.shape) {
		return false
	}
	return i.become(op.ActivationGrad{Act: op.Tanh}, y, i.in[1])
}

func (f *fuser) isLayer(v *value, act op.Activation) bool {
	l, ok := definition[op.Activated](f.def[v])
	if !ok {
		return false
	}
	a, _ := l.Activation()
	return a == act
}

package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The loss of a classifier as Gorgonia's users write it: the mean or the sum, negated somewhere, of targets ⊙
// Log(SoftMax(logits)), which Gorgonia itself makes into targets ⊙ LogSoftMax(logits).

// logLikelihood starts at the sum. Sums of sums and signs on the way count too.
func (f *fuser) logLikelihood(i *instruction) bool {
	if op.KindOf(i.op) != op.KindSum || len(i.out.shape) != 0 {
		return false
	}
	scale := 1.0
	for v := i.in[0]; f.inner(v); {
		switch d := f.def[v]; f.kind(v) {
		case op.KindSum:
			v = d.in[0]
		case op.KindNeg:
			v, scale = d.in[0], -scale
		case op.KindMulElem:
			for k := range 2 {
				y, t := d.in[k], d.in[1-k]
				if x := f.logSoftmaxOf(y); x != nil && f.inner(y) && sameDims(x.shape, t.shape) {
					return i.become(op.LogLikelihood{Scale: scale}, x, t)
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}

// logSoftmaxOf returns x where v = log-softmax(x) over the rows of a matrix.
func (f *fuser) logSoftmaxOf(v *value) *value {
	d := f.def[v]
	if d == nil || !isRows(op.Describe(d.op), op.KindLogSoftmax, v.shape) {
		return nil
	}
	return d.in[0]
}

// isRows leaves a column out: Gorgonia normalises it as one row.
func isRows(d op.Desc, kind op.Kind, s tensor.Shape) bool {
	return d.Kind == kind && (d.Axis == -1 || d.Axis == 1) && len(s) == 2 && s[1] > 1
}

// scaleLoss takes a negation, or multiplication or division by a constant, into the loss. The result is the same but
// for rounding: the sum is scaled before it is rounded.
func (f *fuser) scaleLoss(i *instruction) bool {
	if len(i.out.shape) != 0 {
		return false
	}
	loss := func(k int) (l op.Scaling, ok bool) {
		if l, ok = definition[op.Scaling](f.def[i.in[k]]); ok {
			ok = f.inner(i.in[k])
		}
		return l, ok
	}
	become := func(k int, l op.Scaling, scale float64) bool {
		return i.become(l.WithScale(scale), f.def[i.in[k]].in...)
	}
	switch op.KindOf(i.op) {
	case op.KindNeg:
		if l, ok := loss(0); ok {
			return become(0, l, -l.Scaled())
		}
	case op.KindDivElem:
		l, ok := loss(0)
		if c, is := f.constant(i.in[1]); ok && is {
			return become(0, l, l.Scaled()/c)
		}
	case op.KindMulElem:
		for k := range 2 {
			l, ok := loss(k)
			if c, is := f.constant(i.in[1-k]); ok && is {
				return become(k, l, l.Scaled()*c)
			}
		}
	}
	return false
}

// logLikelihoodGrad: the gradient of a scaled sum reaches log-softmax as targets ⊙ one number, a constant by now.
func (f *fuser) logLikelihoodGrad(i *instruction) bool {
	if !isRows(op.Describe(i.op), op.KindLogSoftmaxGrad, i.out.shape) || f.kind(i.in[2]) != op.KindMulElem {
		return false
	}
	x, d := i.in[0], f.def[i.in[2]]
	for k := range 2 {
		if c, ok := f.constant(d.in[k]); ok && sameDims(d.in[1-k].shape, x.shape) {
			return i.become(op.LogLikelihoodGrad{Scale: c}, x, d.in[1-k])
		}
	}
	return false
}

// constant returns the number that a constant, or one that was folded, consists of. A tensor consists of one number if
// all of its elements are equal.
func (f *fuser) constant(v *value) (float64, bool) {
	if f.def[v] != nil || v.node.Op() == nil || v.data == nil {
		return 0, false
	}
	switch x := v.data.(type) {
	case *gorgonia.F32:
		return float64(*x), true
	case *gorgonia.F64:
		return float64(*x), true
	case *tensor.Dense:
		switch x.Dtype() {
		case tensor.Float32:
			return uniform(x.Float32s())
		case tensor.Float64:
			return uniform(x.Float64s())
		}
	}
	return 0, false
}

func uniform[T float32 | float64](x []T) (float64, bool) {
	for _, v := range x {
		if v != x[0] {
			return 0, false
		}
	}
	if len(x) == 0 {
		return 0, false
	}
	return float64(x[0]), true
}

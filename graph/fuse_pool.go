package graph

import (
	"github.com/gtrain/gtrain/graph/op"
)

// poolGrad takes the derivative of an activation behind max pooling, where there is less to multiply: the maximum of a
// window is an activation itself, so its own derivative is that of the element that gave it.
func (f *fuser) poolGrad(i *instruction) bool {
	g, ok := definition[op.ActivationGradient](i)
	if !ok || g.GradientOf().NeedsInput() || !f.inner(i.in[1]) {
		return false
	}
	scatter := f.def[i.in[1]]
	p, ok := definition[op.PoolGradient](scatter)
	if !ok || scatter.in[0] != i.in[0] {
		return false
	}
	x, dy, pooled := i.in[0], scatter.in[1], scatter.out
	if dy.shape.TotalSize() >= x.shape.TotalSize() {
		return false
	}
	y := f.pooling(x, p)
	if y == nil || f.at[y] > f.at[pooled] {
		return false
	}
	pooled.shape = dy.shape.Clone() // now the gradient of the maxima, which nothing but i reads
	scatter.become(g, y, dy)
	return i.become(p, x, pooled)
}

// pooling finds the maxima of x.
func (f *fuser) pooling(x *value, p op.PoolGradient) *value {
	for _, i := range f.c.instrs {
		if d, ok := definition[op.Definition](i); ok && i.in[0] == x && d == p.Pooling() {
			return i.out
		}
	}
	return nil
}

// poolSums adds up what max pooling hands back before it does: every window hands all of its gradient to one element.
func (f *fuser) poolSums(i *instruction) bool {
	if op.KindOf(i.op) != op.KindChannelSums {
		return false
	}
	scatter := f.def[i.in[0]]
	p, ok := definition[op.PoolGradient](scatter)
	if !ok || !p.KeepsSum() {
		return false
	}
	if dy := scatter.in[1]; dy.shape.TotalSize() < i.in[0].shape.TotalSize() {
		i.in = []*value{dy}
		return true
	}
	return false
}

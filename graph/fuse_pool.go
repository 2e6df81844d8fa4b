package graph

import "github.com/gtrain/gtrain/graph/op"

// poolGrad takes the derivative of an activation behind max pooling, where there is less to multiply: the maximum of a
// window is an activation itself, so its own derivative is that of the element that gave it.
func (f *fuser) poolGrad(i *instruction) bool {
	g, ok := room[op.ActivationGrad](i)
	if !ok || g.Act == op.GELU || !f.inner(i.in[1]) { // GELU's derivative is not had from its output
		return false
	}
	scatter := f.def[i.in[1]]
	p, ok := room[op.MaxPoolGrad](scatter)
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
func (f *fuser) pooling(x *value, p op.MaxPoolGrad) *value {
	for _, i := range f.c.instrs {
		if r, ok := room[op.MaxPooling](i); ok && i.in[0] == x && r == op.MaxPooling(p) {
			return i.out
		}
	}
	return nil
}

// poolSums adds up what max pooling hands back before it does: every window hands all of its gradient to one element.
func (f *fuser) poolSums(i *instruction) bool {
	s, ok := room[op.ChannelSums](i)
	if !ok {
		return false
	}
	scatter := f.def[i.in[0]]
	p, ok := room[op.MaxPoolGrad](scatter)
	if !ok || p.Dilation != [2]int{1, 1} {
		return false
	}
	for k, pad := range p.Pads { // no window lies in the padding alone
		if pad >= p.Kernel[k%2] {
			return false
		}
	}
	if dy := scatter.in[1]; dy.shape.TotalSize() < i.in[0].shape.TotalSize() {
		return i.become(s, dy)
	}
	return false
}

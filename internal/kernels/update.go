package kernels

import "math"

// The update kernels change one parameter in place by one optimizer step: w holds the weights, g the gradient, the
// other slices the optimizer's slots, all flat and of one length. Every one is a single fused pass that allocates
// nothing. Rates and bias corrections come in as float64, computed once a step, and are rounded to T once.
//
// decay is the coupled (L2) weight decay: the gradient used is g + decay·w. shrink is the decoupled one: the weight is
// first multiplied by it.

func root[T Float](x T) T { return T(math.Sqrt(float64(x))) }

// SGDUpdate computes d = g + decay·w and w ← w − rate·d.
func SGDUpdate[T Float](w, g []T, rate, decay float64) {
	g = g[:len(w)]
	lr, wd := T(rate), T(decay)
	for i, x := range w {
		w[i] = x - lr*(g[i]+wd*x)
	}
}

// MomentumUpdate computes d = g + decay·w, buf ← momentum·buf + gain·d and w ← w − rate·buf.
// gain is 1 − dampening, and 1 on the first step.
func MomentumUpdate[T Float](w, g, buf []T, rate, decay, momentum, gain float64) {
	g, buf = g[:len(w)], buf[:len(w)]
	lr, wd, mu, k := T(rate), T(decay), T(momentum), T(gain)
	for i, x := range w {
		b := mu*buf[i] + k*(g[i]+wd*x)
		buf[i] = b
		w[i] = x - lr*b
	}
}

// NesterovUpdate is MomentumUpdate with the look-ahead w ← w − rate·(d + momentum·buf).
func NesterovUpdate[T Float](w, g, buf []T, rate, decay, momentum, gain float64) {
	g, buf = g[:len(w)], buf[:len(w)]
	lr, wd, mu, k := T(rate), T(decay), T(momentum), T(gain)
	for i, x := range w {
		d := g[i] + wd*x
		b := mu*buf[i] + k*d
		buf[i] = b
		w[i] = x - lr*(d+mu*b)
	}
}

// AdamUpdate computes, with d = g + decay·w, m ← β₁m + (1−β₁)d, v ← β₂v + (1−β₂)d² and
// w ← shrink·w − step·m/(scale·√v + eps).
// Adam gives step = η/(1−β₁ᵗ) and scale = 1/√(1−β₂ᵗ); RAdam without rectification gives scale 0 and eps 1.
func AdamUpdate[T Float](w, g, m, v []T, beta1, beta2, step, scale, eps, decay, shrink float64) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	b1, c1, b2, c2 := T(beta1), T(1-beta1), T(beta2), T(1-beta2)
	s, r, e, wd, sh := T(step), T(scale), T(eps), T(decay), T(shrink)
	for i, x := range w {
		d := g[i] + wd*x
		mi := b1*m[i] + c1*d
		vi := b2*v[i] + c2*d*d
		m[i], v[i] = mi, vi
		w[i] = sh*x - s*(mi/(r*root(vi)+e))
	}
}

// AMSGradUpdate is AdamUpdate with peak ← max(peak, v) in the place of v under the root.
func AMSGradUpdate[T Float](w, g, m, v, peak []T, beta1, beta2, step, scale, eps, decay, shrink float64) {
	g, m, v, peak = g[:len(w)], m[:len(w)], v[:len(w)], peak[:len(w)]
	b1, c1, b2, c2 := T(beta1), T(1-beta1), T(beta2), T(1-beta2)
	s, r, e, wd, sh := T(step), T(scale), T(eps), T(decay), T(shrink)
	for i, x := range w {
		d := g[i] + wd*x
		mi := b1*m[i] + c1*d
		vi := b2*v[i] + c2*d*d
		p := max(peak[i], vi)
		m[i], v[i], peak[i] = mi, vi, p
		w[i] = sh*x - s*(mi/(r*root(p)+e))
	}
}

// NAdamUpdate is AdamUpdate whose step is a mixture: w ← w − (gstep·d + mstep·m)/(scale·√v + eps).
func NAdamUpdate[T Float](w, g, m, v []T, beta1, beta2, gstep, mstep, scale, eps, decay float64) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	b1, c1, b2, c2 := T(beta1), T(1-beta1), T(beta2), T(1-beta2)
	sg, sm, r, e, wd := T(gstep), T(mstep), T(scale), T(eps), T(decay)
	for i, x := range w {
		d := g[i] + wd*x
		mi := b1*m[i] + c1*d
		vi := b2*v[i] + c2*d*d
		m[i], v[i] = mi, vi
		w[i] = x - (sg*d+sm*mi)/(r*root(vi)+e)
	}
}

// AdamaxUpdate computes, with d = g + decay·w, m ← β₁m + (1−β₁)d, u ← max(β₂u, |d|+eps) and w ← w − step·m/u.
func AdamaxUpdate[T Float](w, g, m, u []T, beta1, beta2, step, eps, decay float64) {
	g, m, u = g[:len(w)], m[:len(w)], u[:len(w)]
	b1, c1, b2, s, e, wd := T(beta1), T(1-beta1), T(beta2), T(step), T(eps), T(decay)
	for i, x := range w {
		d := g[i] + wd*x
		mi := b1*m[i] + c1*d
		ui := max(b2*u[i], T(math.Abs(float64(d)))+e)
		m[i], u[i] = mi, ui
		w[i] = x - s*(mi/ui)
	}
}

package kernels

import "math"

// AdagradUpdate computes, with d = g + decay·w, sum ← sum + d² and w ← w − rate·d/(√sum + eps).
func AdagradUpdate[T Float](w, g, sum []T, rate, eps, decay float64) {
	g, sum = g[:len(w)], sum[:len(w)]
	lr, e, wd := T(rate), T(eps), T(decay)
	for i, x := range w {
		d := g[i] + wd*x
		s := sum[i] + d*d
		sum[i] = s
		w[i] = x - lr*(d/(root(s)+e))
	}
}

// AdadeltaUpdate computes, with d = g + decay·w, v ← ρv + (1−ρ)d², δ = d·√(a + eps)/√(v + eps),
// a ← ρa + (1−ρ)δ² and w ← w − rate·δ.
func AdadeltaUpdate[T Float](w, g, v, a []T, rate, rho, eps, decay float64) {
	g, v, a = g[:len(w)], v[:len(w)], a[:len(w)]
	lr, r, c, e, wd := T(rate), T(rho), T(1-rho), T(eps), T(decay)
	for i, x := range w {
		d := g[i] + wd*x
		vi := r*v[i] + c*d*d
		delta := root(a[i]+e) / root(vi+e) * d
		v[i], a[i] = vi, r*a[i]+c*delta*delta
		w[i] = x - lr*delta
	}
}

// RMSPropUpdate computes, with d = g + decay·w, v ← αv + (1−α)d², and s = d/(√v + eps). With a mean slot (centered)
// mean ← α·mean + (1−α)d and v − mean² stands under the root. With a buf slot buf ← momentum·buf + s and
// w ← w − rate·buf, otherwise w ← w − rate·s. mean and buf may be nil.
func RMSPropUpdate[T Float](w, g, v, mean, buf []T, rate, alpha, momentum, eps, decay float64) {
	g, v = g[:len(w)], v[:len(w)]
	lr, a, c, mu, e, wd := T(rate), T(alpha), T(1-alpha), T(momentum), T(eps), T(decay)
	if mean == nil && buf == nil {
		for i, x := range w {
			d := g[i] + wd*x
			vi := a*v[i] + c*d*d
			v[i] = vi
			w[i] = x - lr*(d/(root(vi)+e))
		}
		return
	}
	for i, x := range w {
		d := g[i] + wd*x
		vi := a*v[i] + c*d*d
		v[i] = vi
		if mean != nil {
			mi := a*mean[i] + c*d
			mean[i] = mi
			vi -= mi * mi
		}
		s := d / (root(vi) + e)
		if buf != nil {
			s += mu * buf[i]
			buf[i] = s
		}
		w[i] = x - lr*s
	}
}

// RpropUpdate multiplies each weight's step size by plus where g and the previous gradient agree in sign and by minus
// where they differ (there the gradient counts as 0), clamps it to [low, high] and computes w ← w − scale·sign(g)·size.
func RpropUpdate[T Float](w, g, prev, size []T, minus, plus, low, high, scale float64) {
	g, prev, size = g[:len(w)], prev[:len(w)], size[:len(w)]
	mi, pl, lo, hi, sc := T(minus), T(plus), T(low), T(high), T(scale)
	for i, x := range w {
		d, s := g[i], size[i]
		switch agree := d * prev[i]; {
		case agree > 0:
			s *= pl
		case agree < 0:
			s *= mi
			d = 0
		}
		s = min(max(s, lo), hi)
		size[i], prev[i] = s, d
		switch {
		case d > 0:
			w[i] = x - sc*s
		case d < 0:
			w[i] = x + sc*s
		case d != d: // a NaN gradient must show
			w[i] = d
		}
	}
}

// ASGDUpdate computes, with d = g + decay·w, w ← shrink·w − rate·d and mean ← mean + mix·(w − mean).
func ASGDUpdate[T Float](w, g, mean []T, rate, shrink, mix, decay float64) {
	g, mean = g[:len(w)], mean[:len(w)]
	lr, sh, k, wd := T(rate), T(shrink), T(mix), T(decay)
	if mix == 1 { // exactly the weights, free of the rounding of mean + (w − mean)
		for i, x := range w {
			x = sh*x - lr*(g[i]+wd*x)
			w[i], mean[i] = x, x
		}
		return
	}
	for i, x := range w {
		x = sh*x - lr*(g[i]+wd*x)
		w[i] = x
		mean[i] += (x - mean[i]) * k
	}
}

// SquaredNorm returns Σg², accumulated in float64 in a fixed order.
func SquaredNorm[T Float](g []T) float64 {
	var a, b, c, d float64
	for len(g) >= 4 {
		p, q, r, s := float64(g[0]), float64(g[1]), float64(g[2]), float64(g[3])
		a, b, c, d = a+p*p, b+q*q, c+r*r, d+s*s
		g = g[4:]
	}
	for _, x := range g {
		a += float64(x) * float64(x)
	}
	return (a + b) + (c + d)
}

// ScaleGradient multiplies g by k.
func ScaleGradient[T Float](g []T, k float64) {
	s := T(k)
	for i := range g {
		g[i] *= s
	}
}

// ClampGradient limits g to [−bound, bound]; NaN stays NaN.
func ClampGradient[T Float](g []T, bound float64) {
	b := T(bound)
	for i, x := range g {
		g[i] = max(min(x, b), -b)
	}
}

// NonFiniteIndex returns the index of the first NaN or infinity in g, or −1.
func NonFiniteIndex[T Float](g []T) int {
	var s T
	for _, x := range g { // x·0 is 0 for every finite x and NaN for the others: no branch in the common case
		s += x * 0
	}
	if s == 0 {
		return -1
	}
	for i, x := range g {
		if y := float64(x); math.IsNaN(y) || math.IsInf(y, 0) {
			return i
		}
	}
	return -1
}

// ZeroUnkept sets x[i] to 0 wherever keep[i] is false.
func ZeroUnkept[T Float](x []T, keep []bool) {
	keep = keep[:len(x)]
	for i, k := range keep {
		if !k {
			x[i] = 0
		}
	}
}

// Interpolate moves w to from + k·(w − from).
func Interpolate[T Float](w, from []T, k float64) {
	from = from[:len(w)]
	s := T(k)
	for i, x := range w {
		w[i] = from[i] + s*(x-from[i])
	}
}

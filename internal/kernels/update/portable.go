package update

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
)

func root[T kernels.Float](x T) T { return T(math.Sqrt(float64(x))) }

func portableUpdates[T kernels.Float]() updateOps[T] {
	return updateOps[T]{
		apply: [numUpdates]updateFunc[T]{
			sgdKind:          sgdGo[T],
			momentumKind:     momentumGo[T],
			nesterovKind:     nesterovGo[T],
			adamKind:         adamGo[T],
			amsgradKind:      amsgradGo[T],
			nadamKind:        nadamGo[T],
			adamaxKind:       adamaxGo[T],
			adagradKind:      adagradGo[T],
			adadeltaKind:     adadeltaGo[T],
			rmspropKind:      rmspropGo[T],
			rmspropSlotsKind: rmspropSlotsGo[T],
			rpropKind:        rpropGo[T],
			asgdKind:         asgdGo[T],
			asgdFirstKind:    asgdFirstGo[T],
			clampKind:        clampGo[T],
			interpolateKind:  interpolateGo[T],
		},
		squares: squaresGo[T],
		residue: residueGo[T],
	}
}

func sgdGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g := x[0], x[1][:len(x[0])]
	lr, wd := k[0], k[1]
	for i, x := range w {
		w[i] = x - T(lr*(g[i]+T(wd*x)))
	}
}

func momentumGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, buf := x[0], x[1][:len(x[0])], x[2][:len(x[0])]
	lr, wd, mu, gain := k[0], k[1], k[2], k[3]
	for i, x := range w {
		b := T(mu*buf[i]) + T(gain*(g[i]+T(wd*x)))
		buf[i] = b
		w[i] = x - T(lr*b)
	}
}

func nesterovGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, buf := x[0], x[1][:len(x[0])], x[2][:len(x[0])]
	lr, wd, mu, gain := k[0], k[1], k[2], k[3]
	for i, x := range w {
		d := g[i] + T(wd*x)
		b := T(mu*buf[i]) + T(gain*d)
		buf[i] = b
		w[i] = x - T(lr*(d+T(mu*b)))
	}
}

func adamGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, m, v := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3][:len(x[0])]
	b1, c1, b2, c2, s, r, e, wd, sh := k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8]
	for i, x := range w {
		d := g[i] + T(wd*x)
		mi := T(b1*m[i]) + T(c1*d)
		vi := T(b2*v[i]) + T(c2*d*d)
		m[i], v[i] = mi, vi
		w[i] = T(sh*x) - T(s*(mi/(T(r*root(vi))+e)))
	}
}

func amsgradGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, m, v, peak := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3][:len(x[0])], x[4][:len(x[0])]
	b1, c1, b2, c2, s, r, e, wd, sh := k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8]
	for i, x := range w {
		d := g[i] + T(wd*x)
		mi := T(b1*m[i]) + T(c1*d)
		vi := T(b2*v[i]) + T(c2*d*d)
		p := max(peak[i], vi)
		m[i], v[i], peak[i] = mi, vi, p
		w[i] = T(sh*x) - T(s*(mi/(T(r*root(p))+e)))
	}
}

func nadamGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, m, v := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3][:len(x[0])]
	b1, c1, b2, c2, sg, sm, r, e, wd := k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8]
	for i, x := range w {
		d := g[i] + T(wd*x)
		mi := T(b1*m[i]) + T(c1*d)
		vi := T(b2*v[i]) + T(c2*d*d)
		m[i], v[i] = mi, vi
		w[i] = x - (T(sg*d)+T(sm*mi))/(T(r*root(vi))+e)
	}
}

func adamaxGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, m, u := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3][:len(x[0])]
	b1, c1, b2, s, e, wd := k[0], k[1], k[2], k[3], k[4], k[5]
	for i, x := range w {
		d := g[i] + T(wd*x)
		mi := T(b1*m[i]) + T(c1*d)
		ui := max(T(b2*u[i]), T(math.Abs(float64(d)))+e)
		m[i], u[i] = mi, ui
		w[i] = x - T(s*(mi/ui))
	}
}

func adagradGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, sum := x[0], x[1][:len(x[0])], x[2][:len(x[0])]
	lr, e, wd := k[0], k[1], k[2]
	for i, x := range w {
		d := g[i] + T(wd*x)
		s := sum[i] + T(d*d)
		sum[i] = s
		w[i] = x - T(lr*(d/(root(s)+e)))
	}
}

func adadeltaGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, v, a := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3][:len(x[0])]
	lr, r, c, e, wd := k[0], k[1], k[2], k[3], k[4]
	for i, x := range w {
		d := g[i] + T(wd*x)
		vi := T(r*v[i]) + T(c*d*d)
		delta := T(root(a[i]+e) / root(vi+e) * d)
		v[i], a[i] = vi, T(r*a[i])+T(c*delta*delta)
		w[i] = x - T(lr*delta)
	}
}

func rmspropGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, v := x[0], x[1][:len(x[0])], x[2][:len(x[0])]
	lr, a, c, e, wd := k[0], k[1], k[2], k[3], k[4]
	for i, x := range w {
		d := g[i] + T(wd*x)
		vi := T(a*v[i]) + T(c*d*d)
		v[i] = vi
		w[i] = x - T(lr*(d/(root(vi)+e)))
	}
}

func rmspropSlotsGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, v, mean, buf := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3], x[4]
	lr, a, c, e, wd, mu, inside, less := k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]
	for i, x := range w {
		d := g[i] + T(wd*x)
		vi := T(a*v[i]) + T(c*d*d)
		v[i] = vi
		if mean != nil {
			mi := T(a*mean[i]) + T(c*d)
			mean[i] = mi
			vi -= T(mi * mi)
		}
		var s T
		if inside != 0 {
			s = d / root(vi+e)
		} else {
			s = d / (root(vi) + e)
		}
		if buf != nil {
			s += T(mu * buf[i])
			buf[i] = s
		}
		if less != 0 {
			x -= T(less * x)
		}
		w[i] = x - T(lr*s)
	}
}

func rpropGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, prev, size := x[0], x[1][:len(x[0])], x[2][:len(x[0])], x[3][:len(x[0])]
	minus, plus, lo, hi, scale := k[0], k[1], k[2], k[3], k[4]
	for i, x := range w {
		d, s := g[i], size[i]
		switch agree := d * prev[i]; {
		case agree > 0:
			s *= plus
		case agree < 0:
			s *= minus
			d = 0
		}
		s = min(max(s, lo), hi)
		size[i], prev[i] = s, d
		switch {
		case d > 0:
			w[i] = x - T(scale*s)
		case d < 0:
			w[i] = x + T(scale*s)
		case d != d: // a NaN gradient must show
			w[i] = d
		}
	}
}

func asgdGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, mean := x[0], x[1][:len(x[0])], x[2][:len(x[0])]
	lr, sh, wd, mix := k[0], k[1], k[2], k[3]
	for i, x := range w {
		x = T(sh*x) - T(lr*(g[i]+T(wd*x)))
		w[i] = x
		mean[i] += T((x - mean[i]) * mix)
	}
}

func asgdFirstGo[T kernels.Float](x [5][]T, k [10]T) {
	w, g, mean := x[0], x[1][:len(x[0])], x[2][:len(x[0])]
	lr, sh, wd := k[0], k[1], k[2]
	for i, x := range w {
		x = T(sh*x) - T(lr*(g[i]+T(wd*x)))
		w[i], mean[i] = x, x
	}
}

func clampGo[T kernels.Float](x [5][]T, k [10]T) {
	g := x[0]
	for i, x := range g {
		g[i] = max(min(x, k[0]), k[1])
	}
}

func interpolateGo[T kernels.Float](x [5][]T, k [10]T) {
	w, from := x[0], x[1][:len(x[0])]
	for i, x := range w {
		w[i] = from[i] + T(k[0]*(x-from[i]))
	}
}

func squaresGo[T kernels.Float](x []T) (sums [16]float64) {
	for ; len(x) >= len(sums); x = x[len(sums):] {
		for i, v := range x[:len(sums)] {
			sums[i] += float64(float64(v) * float64(v))
		}
	}
	return sums
}

// residueGo adds up x·0, which is 0 for every finite x and NaN for the others: no branch in the common case.
func residueGo[T kernels.Float](x []T) T {
	var a, b, c, d T
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d = a+x[0]*0, b+x[1]*0, c+x[2]*0, d+x[3]*0
	}
	for _, v := range x {
		a += v * 0
	}
	return (a + b) + (c + d)
}

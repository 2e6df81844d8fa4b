package update

import "github.com/gtrain/gtrain/internal/kernels"

// AdagradUpdate computes, with d = g + decay·w, sum ← sum + d² and w ← w − rate·d/(√sum + eps).
func AdagradUpdate[T kernels.Float](w, g, sum []T, rate, eps, decay float64) {
	n := len(w)
	kernels.Need("AdagradUpdate", "g", len(g), n)
	kernels.Need("AdagradUpdate", "sum", len(sum), n)
	runUpdate(adagradKind, [5][]T{w, g[:n], sum[:n]}, [10]T{T(rate), T(eps), T(decay)})
}

// AdadeltaUpdate computes, with d = g + decay·w, v ← ρv + (1−ρ)d², δ = d·√(a + eps)/√(v + eps),
// a ← ρa + (1−ρ)δ² and w ← w − rate·δ.
func AdadeltaUpdate[T kernels.Float](w, g, v, a []T, rate, rho, eps, decay float64) {
	n := len(w)
	kernels.Need("AdadeltaUpdate", "g", len(g), n)
	kernels.Need("AdadeltaUpdate", "v", len(v), n)
	kernels.Need("AdadeltaUpdate", "a", len(a), n)
	runUpdate(adadeltaKind, [5][]T{w, g[:n], v[:n], a[:n]}, [10]T{T(rate), T(rho), T(1 - rho), T(eps), T(decay)})
}

// RMSPropUpdate computes, with d = g + decay·w, v ← αv + (1−α)d², and s = d/(√v + eps). With a mean slot (centered)
// mean ← α·mean + (1−α)d and v − mean² stands under the root. With a buf slot buf ← momentum·buf + s and
// w ← w − rate·buf, otherwise w ← w − rate·s. mean and buf may be nil.
func RMSPropUpdate[T kernels.Float](w, g, v, mean, buf []T, rate, alpha, momentum, eps, decay float64) {
	n := len(w)
	kernels.Need("RMSPropUpdate", "g", len(g), n)
	kernels.Need("RMSPropUpdate", "v", len(v), n)
	kind, x := rmspropKind, [5][]T{w, g[:n], v[:n]}
	if mean != nil {
		kernels.Need("RMSPropUpdate", "mean", len(mean), n)
		kind, x[3] = rmspropSlotsKind, mean[:n]
	}
	if buf != nil {
		kernels.Need("RMSPropUpdate", "buf", len(buf), n)
		kind, x[4] = rmspropSlotsKind, buf[:n]
	}
	runUpdate(kind, x, [10]T{T(rate), T(alpha), T(1 - alpha), T(eps), T(decay), T(momentum)})
}

// RMSPropVariant is RMSPropUpdate with eps under the root where inside is true, and with w ← w − less·w before the step.
func RMSPropVariant[T kernels.Float](w, g, v, mean, buf []T, rate, alpha, momentum, eps, decay, less float64, inside bool) {
	n := len(w)
	kernels.Need("RMSPropVariant", "g", len(g), n)
	kernels.Need("RMSPropVariant", "v", len(v), n)
	x := [5][]T{w, g[:n], v[:n]}
	if mean != nil {
		kernels.Need("RMSPropVariant", "mean", len(mean), n)
		x[3] = mean[:n]
	}
	if buf != nil {
		kernels.Need("RMSPropVariant", "buf", len(buf), n)
		x[4] = buf[:n]
	}
	k := [10]T{T(rate), T(alpha), T(1 - alpha), T(eps), T(decay), T(momentum), 0, T(less)}
	if inside {
		k[6] = 1
	}
	runUpdate(rmspropSlotsKind, x, k)
}

// RpropUpdate multiplies each weight's step size by plus where g and the previous gradient agree in sign and by minus
// where they differ (there the gradient counts as 0), clamps it to [low, high] and computes w ← w − scale·sign(g)·size.
func RpropUpdate[T kernels.Float](w, g, prev, size []T, minus, plus, low, high, scale float64) {
	n := len(w)
	kernels.Need("RpropUpdate", "g", len(g), n)
	kernels.Need("RpropUpdate", "prev", len(prev), n)
	kernels.Need("RpropUpdate", "size", len(size), n)
	runUpdate(rpropKind, [5][]T{w, g[:n], prev[:n], size[:n]}, [10]T{T(minus), T(plus), T(low), T(high), T(scale)})
}

// ASGDUpdate computes, with d = g + decay·w, w ← shrink·w − rate·d and mean ← mean + mix·(w − mean).
func ASGDUpdate[T kernels.Float](w, g, mean []T, rate, shrink, mix, decay float64) {
	n := len(w)
	kernels.Need("ASGDUpdate", "g", len(g), n)
	kernels.Need("ASGDUpdate", "mean", len(mean), n)
	kind := asgdKind
	if mix == 1 { // exactly the weights, free of the rounding of mean + (w − mean)
		kind = asgdFirstKind
	}
	runUpdate(kind, [5][]T{w, g[:n], mean[:n]}, [10]T{T(rate), T(shrink), T(decay), T(mix)})
}

// ClampGradient limits g to [−bound, bound], bound ≥ 0; NaN stays NaN.
func ClampGradient[T kernels.Float](g []T, bound float64) {
	runUpdate(clampKind, [5][]T{g}, [10]T{T(bound), -T(bound)})
}

// Interpolate moves w to from + k·(w − from).
func Interpolate[T kernels.Float](w, from []T, k float64) {
	n := len(w)
	kernels.Need("Interpolate", "from", len(from), n)
	runUpdate(interpolateKind, [5][]T{w, from[:n]}, [10]T{T(k)})
}

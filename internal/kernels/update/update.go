package update

import "github.com/gtrain/gtrain/internal/kernels"

// The update kernels change one parameter in place by one optimizer step: w holds the weights, g the gradient, the
// other slices the optimizer's slots, all flat and of one length. Every one is a single fused pass that allocates
// nothing, shared over the workers where it is long, and gives the same bits in every implementation (a NaN may have
// another sign or payload). Rates and bias corrections come in as float64, computed once a step, and are rounded to T
// once.
//
// decay is the coupled (L2) weight decay: the gradient used is g + decay·w. shrink is the decoupled one: the weight is
// first multiplied by it.

// SGDUpdate computes d = g + decay·w and w ← w − rate·d.
func SGDUpdate[T kernels.Float](w, g []T, rate, decay float64) {
	n := len(w)
	kernels.Need("SGDUpdate", "g", len(g), n)
	runUpdate(sgdKind, [5][]T{w, g[:n]}, [10]T{T(rate), T(decay)})
}

// MomentumUpdate computes d = g + decay·w, buf ← momentum·buf + gain·d and w ← w − rate·buf.
// gain is 1 − dampening, and 1 on the first step.
func MomentumUpdate[T kernels.Float](w, g, buf []T, rate, decay, momentum, gain float64) {
	n := len(w)
	kernels.Need("MomentumUpdate", "g", len(g), n)
	kernels.Need("MomentumUpdate", "buf", len(buf), n)
	runUpdate(momentumKind, [5][]T{w, g[:n], buf[:n]}, [10]T{T(rate), T(decay), T(momentum), T(gain)})
}

// NesterovUpdate is MomentumUpdate with the look-ahead w ← w − rate·(d + momentum·buf).
func NesterovUpdate[T kernels.Float](w, g, buf []T, rate, decay, momentum, gain float64) {
	n := len(w)
	kernels.Need("NesterovUpdate", "g", len(g), n)
	kernels.Need("NesterovUpdate", "buf", len(buf), n)
	runUpdate(nesterovKind, [5][]T{w, g[:n], buf[:n]}, [10]T{T(rate), T(decay), T(momentum), T(gain)})
}

// AdamUpdate computes, with d = g + decay·w, m ← β₁m + (1−β₁)d, v ← β₂v + (1−β₂)d² and
// w ← shrink·w − step·m/(scale·√v + eps).
// Adam gives step = η/(1−β₁ᵗ) and scale = 1/√(1−β₂ᵗ); RAdam without rectification gives scale 0 and eps 1.
func AdamUpdate[T kernels.Float](w, g, m, v []T, beta1, beta2, step, scale, eps, decay, shrink float64) {
	n := len(w)
	kernels.Need("AdamUpdate", "g", len(g), n)
	kernels.Need("AdamUpdate", "m", len(m), n)
	kernels.Need("AdamUpdate", "v", len(v), n)
	runUpdate(adamKind, [5][]T{w, g[:n], m[:n], v[:n]}, [10]T{
		T(beta1), T(1 - beta1), T(beta2), T(1 - beta2), T(step), T(scale), T(eps), T(decay), T(shrink),
	})
}

// AMSGradUpdate is AdamUpdate with peak ← max(peak, v) in the place of v under the root.
func AMSGradUpdate[T kernels.Float](w, g, m, v, peak []T, beta1, beta2, step, scale, eps, decay, shrink float64) {
	n := len(w)
	kernels.Need("AMSGradUpdate", "g", len(g), n)
	kernels.Need("AMSGradUpdate", "m", len(m), n)
	kernels.Need("AMSGradUpdate", "v", len(v), n)
	kernels.Need("AMSGradUpdate", "peak", len(peak), n)
	runUpdate(amsgradKind, [5][]T{w, g[:n], m[:n], v[:n], peak[:n]}, [10]T{
		T(beta1), T(1 - beta1), T(beta2), T(1 - beta2), T(step), T(scale), T(eps), T(decay), T(shrink),
	})
}

// NAdamUpdate is AdamUpdate whose step is a mixture: w ← w − (gstep·d + mstep·m)/(scale·√v + eps).
func NAdamUpdate[T kernels.Float](w, g, m, v []T, beta1, beta2, gstep, mstep, scale, eps, decay float64) {
	n := len(w)
	kernels.Need("NAdamUpdate", "g", len(g), n)
	kernels.Need("NAdamUpdate", "m", len(m), n)
	kernels.Need("NAdamUpdate", "v", len(v), n)
	runUpdate(nadamKind, [5][]T{w, g[:n], m[:n], v[:n]}, [10]T{
		T(beta1), T(1 - beta1), T(beta2), T(1 - beta2), T(gstep), T(mstep), T(scale), T(eps), T(decay),
	})
}

// AdamaxUpdate computes, with d = g + decay·w, m ← β₁m + (1−β₁)d, u ← max(β₂u, |d|+eps) and w ← w − step·m/u.
func AdamaxUpdate[T kernels.Float](w, g, m, u []T, beta1, beta2, step, eps, decay float64) {
	n := len(w)
	kernels.Need("AdamaxUpdate", "g", len(g), n)
	kernels.Need("AdamaxUpdate", "m", len(m), n)
	kernels.Need("AdamaxUpdate", "u", len(u), n)
	runUpdate(adamaxKind, [5][]T{w, g[:n], m[:n], u[:n]}, [10]T{
		T(beta1), T(1 - beta1), T(beta2), T(step), T(eps), T(decay),
	})
}

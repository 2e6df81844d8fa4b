package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// RAdam is [Adam] that trusts v only once it has seen enough. With d, m, v and m̂ as in Adam and
//
//	ρ∞ = 2/(1−β₂) − 1      ρ = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ)
//	ρ > 5:     θ ← θ − η·m̂·r·√(1−β₂ᵗ)/(√v + ε),  r = √( (ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ) )
//	otherwise: θ ← θ − η·m̂
//
// As in PyTorch the limit is 5 where the paper has 4, and ε is added to √v before bias correction. Weight decay is
// coupled. Slots: "first_moment", "second_moment". Source: Liu et al. 2020, arXiv:1908.03265.
type RAdam struct {
	LearningRate float64 // η; default 0.001
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	Common
	engine
	use adamValues
}

func (o *RAdam) settings() []setting {
	s := append([]setting{learningRate(&o.LearningRate, &o.use.lr, 1e-3)},
		o.use.betas(&o.Beta1, &o.Beta2, &o.Epsilon)...)
	return append(s, weightDecay(&o.WeightDecay, &o.use.decay))
}

func (o *RAdam) slots() []slot { return []slot{{name: "first_moment"}, {name: "second_moment"}} }

func (o *RAdam) update32(u *update[float32]) { radam(o, u) }
func (o *RAdam) update64(u *update[float64]) { radam(o, u) }

func radam[T kernels.Float](o *RAdam, u *update[T]) {
	h, t := &o.use, float64(u.t)
	power := h.power2.of(h.beta2, u.t)
	limit := 2/(1-h.beta2) - 1
	rho := limit - 2*t*power/(1-power)
	step, scale, eps := u.rate/(1-h.power1.of(h.beta1, u.t)), 0.0, 1.0 // a denominator of 1
	if rho > 5 {
		step *= math.Sqrt((1 - power) * (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
		scale, eps = 1, h.eps
	}
	kernels.AdamUpdate(u.w, u.g, u.slots[0], u.slots[1], h.beta1, h.beta2, step, scale, eps, h.decay*u.decay, 1)
}

// Name is "radam".
func (o *RAdam) Name() string { return "radam" }

// Step changes the parameters by one step; see [Optimizer].
func (o *RAdam) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *RAdam) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *RAdam) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *RAdam) SetState(s *State) error { return o.restore(o, s) }

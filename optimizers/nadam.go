package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// NAdam is [Adam] with Nesterov momentum. With d, m and v as in Adam, ψ the momentum decay and
//
//	μₜ = β₁(1 − ½·0.96^(tψ))      Πₜ = μ₁·…·μₜ
//	θ ← θ − η·[ (1−μₜ)/(1−Πₜ)·d + μₜ₊₁/(1−Πₜμₜμₜ₊₁)·m ] / (√v̂ + ε)
//
// The second denominator is PyTorch 1.13's default path; Dozat's report has 1−Πₜμₜ₊₁ there. Weight decay is
// coupled. Slots: "first_moment", "second_moment" and the number "momentum_product". Source: Dozat 2016, "Incorporating
// Nesterov Momentum into Adam", ICLR workshop.
type NAdam struct {
	LearningRate  float64 // η; default 0.002
	Beta1         float64 // β₁; default 0.9
	Beta2         float64 // β₂; default 0.999
	Epsilon       float64 // ε; default 1e-8
	WeightDecay   float64 // λ; default 0
	MomentumDecay float64 // ψ; default 0.004
	Common
	engine
	use struct {
		adamValues
		momentumDecay float64
	}
}

func (o *NAdam) settings() []setting {
	s := append([]setting{learningRate(&o.LearningRate, &o.use.lr, 2e-3)},
		o.use.betas(&o.Beta1, &o.Beta2, &o.Epsilon)...)
	return append(s, weightDecay(&o.WeightDecay, &o.use.decay),
		number("momentum_decay", &o.MomentumDecay, &o.use.momentumDecay, 4e-3, nonNegative,
			"how fast the momentum warms up to beta1"))
}

func (o *NAdam) slots() []slot {
	return []slot{{name: "first_moment"}, {name: "second_moment"},
		{name: "momentum_product", scalar: true, init: func() float64 { return 1 }}}
}

func (o *NAdam) update32(u *update[float32]) { nadam(o, u) }
func (o *NAdam) update64(u *update[float64]) { nadam(o, u) }

func nadam[T kernels.Float](o *NAdam, u *update[T]) {
	h, t := &o.use, float64(u.t)
	mu := h.beta1 * (1 - 0.5*math.Pow(0.96, t*h.momentumDecay))
	next := h.beta1 * (1 - 0.5*math.Pow(0.96, (t+1)*h.momentumDecay))
	u.scalars[0] *= mu
	product := u.scalars[0]
	gstep := u.rate * (1 - mu) / (1 - product)
	mstep := u.rate * next / (1 - product*mu*next)
	scale := 1 / math.Sqrt(1-math.Pow(h.beta2, t))
	kernels.NAdamUpdate(u.w, u.g, u.slots[0], u.slots[1], h.beta1, h.beta2, gstep, mstep, scale, h.eps, h.decay*u.decay)
}

// Name is "nadam".
func (o *NAdam) Name() string { return "nadam" }

// Step changes the parameters by one step; see [Optimizer].
func (o *NAdam) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *NAdam) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *NAdam) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *NAdam) SetState(s *State) error { return o.restore(o, s) }

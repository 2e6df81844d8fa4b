package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// ASGD is stochastic gradient descent that also keeps the running average of the weights. At a parameter's step t, with
// Λ the decay term, λ the (coupled) weight decay and ηₜ beginning at η:
//
//	d = g + λθ
//	θ ← (1 − Ληₜ)θ − ηₜd
//	θ̄ ← θ̄ + (θ − θ̄)/max(1, t−1−t₀)
//	ηₜ₊₁ = η/(1 + Ληt)^α
//
// Training goes on with θ; the average θ̄ is the result, see [Averager]: the training package evaluates it, decides by it
// which epoch is best, and saves it. It equals θ up to step t₀ + 2, so that t₀ has to lie within the training; PyTorch's
// default, which is also the one here, is later than most trainings end. The average is the slot "average" of the State. As in
// PyTorch a schedule acts on ηₜ₊₁, one step late. Slots: "average" and the number "rate". Sources: Polyak & Juditsky
// 1992; Bottou 2010 for the step size.
type ASGD struct {
	LearningRate float64 // η; default 0.01
	Lambda       float64 // Λ; default 1e-4
	Alpha        float64 // α; default 0.75
	Start        float64 // t₀, in steps; default 1e6
	WeightDecay  float64 // λ; default 0
	Common
	engine
	use struct{ lr, lambda, alpha, start, decay float64 }
}

func (o *ASGD) settings() []setting {
	return []setting{
		learningRate(&o.LearningRate, &o.use.lr, 0.01),
		number("lambd", &o.Lambda, &o.use.lambda, 1e-4, nonNegative, "decay term, also in the rate"),
		number("alpha", &o.Alpha, &o.use.alpha, 0.75, nonNegative, "power of the decay of the rate"),
		number("t0", &o.Start, &o.use.start, 1e6, nonNegative, "step after which averaging begins"),
		weightDecay(&o.WeightDecay, &o.use.decay),
	}
}

func (o *ASGD) slots() []slot {
	// A rate of -1 stands for the one of the first step, which only the update knows.
	return []slot{{name: "average"}, {name: "rate", scalar: true, init: func() float64 { return -1 }}}
}

func (o *ASGD) update32(u *update[float32]) { asgd(o, u) }
func (o *ASGD) update64(u *update[float64]) { asgd(o, u) }

func asgd[T kernels.Float](o *ASGD, u *update[T]) {
	h, t := &o.use, float64(u.t)
	eta := u.scalars[0]
	if eta < 0 {
		eta = u.rate
	}
	mix := 1 / math.Max(1, t-1-h.start)
	kernels.ASGDUpdate(u.w, u.g, u.slots[0], eta, 1-h.lambda*eta, mix, h.decay*u.decay)
	u.scalars[0] = u.rate / math.Pow(1+h.lambda*u.rate*t, h.alpha)
}

// Name is "asgd".
func (o *ASGD) Name() string { return "asgd" }

// Step changes the parameters by one step; see [Optimizer].
func (o *ASGD) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *ASGD) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *ASGD) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *ASGD) SetState(s *State) error { return o.restore(o, s) }

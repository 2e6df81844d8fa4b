package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// Adam keeps running means of the gradient and of its square and divides the one by the root of the other. At a
// parameter's step t, with λ the weight decay:
//
//	d = g + λθ
//	m ← β₁m + (1−β₁)d      m̂ = m/(1−β₁ᵗ)
//	v ← β₂v + (1−β₂)d²     v̂ = v/(1−β₂ᵗ)
//	θ ← θ − η·m̂/(√v̂ + ε)
//
// ε stands outside the root, after bias correction, as in the paper's algorithm 1 and in PyTorch. Weight decay is
// coupled: it goes through the moments; [AdamW] has the other kind. With AMSGrad (Reddi et al. 2018, arXiv:1904.09237)
// the largest v so far stands in the place of v, before its bias correction, as in PyTorch. Slots: "first_moment",
// "second_moment", "peak_second_moment" (AMSGrad). Source: Kingma & Ba 2015, arXiv:1412.6980.
type Adam struct {
	LearningRate float64 // η; default 0.001
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	AMSGrad      bool    // default false
	Common
	engine
	use adamValues
}

type adamValues struct {
	lr, beta1, beta2, eps, decay float64

	power1, power2 power
}

// power remembers βᵗ, which as a rule is the same for all parameters of a step.
type power struct {
	base, value float64
	t           int
}

func (p *power) of(base float64, t int) float64 {
	if p.t != t || p.base != base {
		*p = power{base, math.Pow(base, float64(t)), t}
	}
	return p.value
}

func (v *adamValues) betas(beta1, beta2, eps *float64) []setting {
	return []setting{
		number("beta1", beta1, &v.beta1, 0.9, fraction, "decay of the running mean of the gradient"),
		number("beta2", beta2, &v.beta2, 0.999, fraction, "decay of the running mean of its square"),
		number("eps", eps, &v.eps, 1e-8, nonNegative, "added to the denominator"),
	}
}

func (o *Adam) settings() []setting {
	s := append([]setting{learningRate(&o.LearningRate, &o.use.lr, 1e-3)},
		o.use.betas(&o.Beta1, &o.Beta2, &o.Epsilon)...)
	return append(s, weightDecay(&o.WeightDecay, &o.use.decay),
		flag("amsgrad", &o.AMSGrad, "never let the denominator's moment shrink"))
}

func (o *Adam) slots() []slot { return adamSlots(&o.AMSGrad) }

func adamSlots(amsgrad *bool) []slot {
	return []slot{{name: "first_moment"}, {name: "second_moment"},
		{name: "peak_second_moment", used: func() bool { return *amsgrad }}}
}

func (o *Adam) update32(u *update[float32]) { adam(&o.use, u, o.use.decay*u.decay, 1) }
func (o *Adam) update64(u *update[float64]) { adam(&o.use, u, o.use.decay*u.decay, 1) }

// adam serves Adam (coupled decay, shrink 1) and AdamW (decay 0, shrink below 1).
func adam[T kernels.Float](v *adamValues, u *update[T], decay, shrink float64) {
	step := u.rate / (1 - v.power1.of(v.beta1, u.t))
	scale := 1 / math.Sqrt(1-v.power2.of(v.beta2, u.t))
	if peak := u.slots[2]; peak != nil {
		kernels.AMSGradUpdate(u.w, u.g, u.slots[0], u.slots[1], peak, v.beta1, v.beta2, step, scale, v.eps, decay, shrink)
		return
	}
	kernels.AdamUpdate(u.w, u.g, u.slots[0], u.slots[1], v.beta1, v.beta2, step, scale, v.eps, decay, shrink)
}

// Name is "adam".
func (o *Adam) Name() string { return "adam" }

// Step changes the parameters by one step; see [Optimizer].
func (o *Adam) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *Adam) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *Adam) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *Adam) SetState(s *State) error { return o.restore(o, s) }

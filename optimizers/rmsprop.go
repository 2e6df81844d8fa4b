package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// RMSProp divides the gradient by the root of the running mean of its square. With λ the weight decay, α the smoothing
// and μ the momentum:
//
//	d = g + λθ
//	v ← αv + (1−α)d²
//	a ← αa + (1−α)d, and v − a² in the place of v below, if Centered (Graves 2013)
//	b ← μb + d/(√v + ε)
//	θ ← θ − ηb
//
// As in PyTorch ε stands outside the root, the rate outside the momentum, weight decay is coupled. TensorFlow and Gorgonia
// have √(v + ε): EpsilonInside. With Decoupled, g takes the place of d and θ ← θ − ηλθ goes before the step, as in AdamW;
// Gorgonia's RMSProp has θ ← θ − λθ, which is WeightDecay λ/η. Slots: "second_moment", "mean_gradient" (Centered), "momentum" (μ > 0). Sources: Hinton 2012, Coursera
// lecture 6; Graves 2013, arXiv:1308.0850.
type RMSProp struct {
	LearningRate float64 // η; default 0.01
	Alpha        float64 // α; default 0.99
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	Momentum     float64 // μ; default 0
	Centered     bool    // default false

	EpsilonInside bool // ε under the root; default false
	Decoupled     bool // weight decay acts on the weights; default false
	Common
	engine
	use struct{ lr, alpha, eps, decay, momentum float64 }
}

func (o *RMSProp) settings() []setting {
	return []setting{
		learningRate(&o.LearningRate, &o.use.lr, 0.01),
		number("alpha", &o.Alpha, &o.use.alpha, 0.99, fraction, "decay of the running mean of the squared gradient"),
		number("eps", &o.Epsilon, &o.use.eps, 1e-8, nonNegative, "added to the denominator"),
		weightDecay(&o.WeightDecay, &o.use.decay),
		number("momentum", &o.Momentum, &o.use.momentum, 0, nonNegative, "share of the last velocity that is kept"),
		flag("centered", &o.Centered, "divide by the standard deviation instead of the root mean square"),
		flag("eps_inside", &o.EpsilonInside, "eps stands under the root, as in TensorFlow and Gorgonia"),
		flag("decoupled", &o.Decoupled, "weight decay acts on the weights, as in adamw, not on the gradient"),
	}
}

func (o *RMSProp) slots() []slot {
	return []slot{{name: "second_moment"},
		{name: "mean_gradient", used: func() bool { return o.Centered }},
		{name: "momentum", used: func() bool { return o.use.momentum != 0 }}}
}

func (o *RMSProp) update32(u *update[float32]) { rmsprop(o, u) }
func (o *RMSProp) update64(u *update[float64]) { rmsprop(o, u) }

func rmsprop[T kernels.Float](o *RMSProp, u *update[T]) {
	h := &o.use
	if o.EpsilonInside || o.Decoupled {
		decay, less := h.decay*u.decay, 0.0
		if o.Decoupled {
			decay, less = 0, u.rate*decay
		}
		kernels.RMSPropVariant(u.w, u.g, u.slots[0], u.slots[1], u.slots[2],
			u.rate, h.alpha, h.momentum, h.eps, decay, less, o.EpsilonInside)
		return
	}
	kernels.RMSPropUpdate(u.w, u.g, u.slots[0], u.slots[1], u.slots[2],
		u.rate, h.alpha, h.momentum, h.eps, h.decay*u.decay)
}

// Name is "rmsprop".
func (o *RMSProp) Name() string { return "rmsprop" }

// Step changes the parameters by one step; see [Optimizer].
func (o *RMSProp) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *RMSProp) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *RMSProp) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *RMSProp) SetState(s *State) error { return o.restore(o, s) }

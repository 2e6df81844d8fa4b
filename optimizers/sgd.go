package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// SGD is stochastic gradient descent. With g the gradient of a mini-batch, λ the weight decay, μ the momentum and τ the
// dampening:
//
//	d = g + λθ
//	b ← μb + (1−τ)d      (b ← d on a parameter's first step)
//	θ ← θ − η·b          θ ← θ − η·(d + μb) with Nesterov, θ ← θ − η·d without momentum
//
// The variant is PyTorch's: the rate stands outside the velocity (a change of rate acts at once), weight decay is
// coupled, and Nesterov is Sutskever's form rewritten at the look-ahead point. As in PyTorch Nesterov needs momentum
// and no dampening. Slot: "momentum". Sources: Robbins & Monro 1951; Polyak 1964; Sutskever et al. 2013, ICML.
type SGD struct {
	LearningRate float64 // η; default 0.01
	Momentum     float64 // μ; default 0
	Dampening    float64 // τ; default 0
	WeightDecay  float64 // λ; default 0
	Nesterov     bool    // default false
	Common
	engine
	use struct{ lr, momentum, dampening, decay float64 }
}

func (o *SGD) settings() []setting {
	return []setting{
		learningRate(&o.LearningRate, &o.use.lr, 0.01),
		number("momentum", &o.Momentum, &o.use.momentum, 0, nonNegative, "share of the last velocity that is kept"),
		number("dampening", &o.Dampening, &o.use.dampening, 0, unit, "share of the gradient kept out of the velocity"),
		weightDecay(&o.WeightDecay, &o.use.decay),
		flag("nesterov", &o.Nesterov, "look ahead along the velocity").needs(func() string {
			if o.Nesterov && (o.use.momentum == 0 || o.use.dampening != 0) {
				return "nesterov needs a momentum > 0 and no dampening"
			}
			return ""
		}),
	}
}

func (o *SGD) slots() []slot {
	return []slot{{name: "momentum", used: func() bool { return o.use.momentum != 0 }}}
}

func (o *SGD) update32(u *update[float32]) { sgd(o, u) }
func (o *SGD) update64(u *update[float64]) { sgd(o, u) }

func sgd[T kernels.Float](o *SGD, u *update[T]) {
	decay, gain := o.use.decay*u.decay, 1-o.use.dampening
	if u.fresh {
		gain = 1
	}
	switch buf := u.slots[0]; {
	case buf == nil:
		kernels.SGDUpdate(u.w, u.g, u.rate, decay)
	case o.Nesterov:
		kernels.NesterovUpdate(u.w, u.g, buf, u.rate, decay, o.use.momentum, gain)
	default:
		kernels.MomentumUpdate(u.w, u.g, buf, u.rate, decay, o.use.momentum, gain)
	}
}

// Name is "sgd".
func (o *SGD) Name() string { return "sgd" }

// Step changes the parameters by one step; see [Optimizer].
func (o *SGD) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *SGD) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *SGD) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *SGD) SetState(s *State) error { return o.restore(o, s) }

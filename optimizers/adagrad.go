package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// Adagrad divides the gradient by the root of the sum of all its squares so far. At a parameter's step t, with λ the
// weight decay and κ the rate decay:
//
//	d = g + λθ
//	s ← s + d²
//	θ ← θ − η/(1 + (t−1)κ)·d/(√s + ε)
//
// ε stands outside the root and weight decay is coupled, as in PyTorch. Slot: "sum_of_squares", which begins at
// InitialAccumulator. Source: Duchi, Hazan & Singer 2011, JMLR 12.
type Adagrad struct {
	LearningRate       float64 // η; default 0.01
	RateDecay          float64 // κ, per step; default 0
	WeightDecay        float64 // λ; default 0
	InitialAccumulator float64 // default 0
	Epsilon            float64 // ε; default 1e-10
	Common
	engine
	use struct{ lr, rateDecay, decay, initial, eps float64 }
}

func (o *Adagrad) settings() []setting {
	return []setting{
		learningRate(&o.LearningRate, &o.use.lr, 0.01),
		number("lr_decay", &o.RateDecay, &o.use.rateDecay, 0, nonNegative, "the rate is divided by 1 + this × steps taken"),
		weightDecay(&o.WeightDecay, &o.use.decay),
		number("initial_accumulator", &o.InitialAccumulator, &o.use.initial, 0, nonNegative,
			"what the sums of squares begin at"),
		number("eps", &o.Epsilon, &o.use.eps, 1e-10, nonNegative, "added to the denominator"),
	}
}

func (o *Adagrad) slots() []slot {
	return []slot{{name: "sum_of_squares", init: func() float64 { return o.use.initial }}}
}

func (o *Adagrad) update32(u *update[float32]) { adagrad(o, u) }
func (o *Adagrad) update64(u *update[float64]) { adagrad(o, u) }

func adagrad[T kernels.Float](o *Adagrad, u *update[T]) {
	h := &o.use
	kernels.AdagradUpdate(u.w, u.g, u.slots[0], u.rate/(1+float64(u.t-1)*h.rateDecay), h.eps, h.decay*u.decay)
}

// Name is "adagrad".
func (o *Adagrad) Name() string { return "adagrad" }

// Step changes the parameters by one step; see [Optimizer].
func (o *Adagrad) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *Adagrad) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *Adagrad) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *Adagrad) SetState(s *State) error { return o.restore(o, s) }

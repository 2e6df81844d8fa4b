package optimizers

import "gorgonia.org/gorgonia"

// AdamW is [Adam] with decoupled weight decay: the moments see the bare gradient, and
//
//	θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε)
//
// As in PyTorch the decay is multiplied by the learning rate, schedule included; the paper multiplies it by the
// schedule alone. Slots as Adam's. Source: Loshchilov & Hutter 2019, arXiv:1711.05101.
type AdamW struct {
	LearningRate float64 // η; default 0.001
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0.01; Zero for none
	AMSGrad      bool    // default false
	Common
	engine
	use adamValues
}

func (o *AdamW) settings() []setting {
	s := append([]setting{learningRate(&o.LearningRate, &o.use.lr, 1e-3)},
		o.use.betas(&o.Beta1, &o.Beta2, &o.Epsilon)...)
	return append(s,
		number("weight_decay", &o.WeightDecay, &o.use.decay, 0.01, nonNegative,
			"decoupled weight decay: w shrinks by this times the learning rate"),
		flag("amsgrad", &o.AMSGrad, "never let the denominator's moment shrink"))
}

func (o *AdamW) slots() []slot { return adamSlots(&o.AMSGrad) }

func (o *AdamW) update32(u *update[float32]) { adam(&o.use, u, 0, 1-u.rate*o.use.decay*u.decay) }
func (o *AdamW) update64(u *update[float64]) { adam(&o.use, u, 0, 1-u.rate*o.use.decay*u.decay) }

// Name is "adamw".
func (o *AdamW) Name() string { return "adamw" }

// Step changes the parameters by one step; see [Optimizer].
func (o *AdamW) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *AdamW) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *AdamW) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *AdamW) SetState(s *State) error { return o.restore(o, s) }

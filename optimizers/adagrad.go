package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
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
	method[Adagrad]
}

func (o *Adagrad) define() (definition, error) {
	decay, a, rate := &transform.CoupledDecay{}, &transform.Adagrad{}, &transform.Rate{}
	return definition{
		name: "adagrad",
		settings: []setting{
			learningRate(&o.LearningRate, 0.01),
			number("lr_decay", &o.RateDecay, &rate.Decay, 0, settings.NonNegative, "the rate is divided by 1 + this × steps taken"),
			weightDecay(&o.WeightDecay, &decay.Decay),
			number("initial_accumulator", &o.InitialAccumulator, &a.Initial, 0, settings.NonNegative,
				"what the sums of squares begin at"),
			number("eps", &o.Epsilon, &a.Epsilon, 1e-10, settings.NonNegative, "added to the denominator"),
		},
		links: []transform.Transform{decay, a, rate},
	}, nil
}

package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
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
	method[ASGD]
}

func (o *ASGD) define() (definition, error) {
	decay, rate, mean := &transform.CoupledDecay{}, &transform.AveragedRate{}, &transform.Average{}
	return definition{
		name: "asgd",
		settings: []setting{
			learningRate(&o.LearningRate, 0.01),
			number("lambd", &o.Lambda, &rate.Lambda, 1e-4, settings.NonNegative, "decay term, also in the rate"),
			number("alpha", &o.Alpha, &rate.Alpha, 0.75, settings.NonNegative, "power of the decay of the rate"),
			number("t0", &o.Start, &mean.Start, 1e6, settings.NonNegative, "step after which averaging begins"),
			weightDecay(&o.WeightDecay, &decay.Decay),
		},
		links: []transform.Transform{decay, rate, mean},
	}, nil
}

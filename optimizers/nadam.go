package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
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
	method[NAdam]
}

func (o *NAdam) define() (definition, error) {
	decay, a := &transform.CoupledDecay{}, &transform.NAdam{}
	return definition{
		name: "nadam",
		settings: slices.Concat(
			[]setting{learningRate(&o.LearningRate, 2e-3)},
			betas(&a.Moments, &a.Epsilon, &o.Beta1, &o.Beta2, &o.Epsilon),
			[]setting{weightDecay(&o.WeightDecay, &decay.Decay),
				number("momentum_decay", &o.MomentumDecay, &a.MomentumDecay, 4e-3, settings.NonNegative,
					"how fast the momentum warms up to beta1")}),
		links: []transform.Transform{decay, a, &transform.Rate{}},
	}, nil
}

package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
)

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
	method[AdamW]
}

func (o *AdamW) define() (definition, error) {
	a, decay := &transform.Adam{}, &transform.DecoupledDecay{}
	return definition{
		name: "adamw",
		settings: slices.Concat(
			[]setting{learningRate(&o.LearningRate, 1e-3)},
			betas(&a.Moments, &a.Epsilon, &o.Beta1, &o.Beta2, &o.Epsilon),
			[]setting{decoupledDecay(&o.WeightDecay, &decay.Decay, 0.01), amsgrad(&o.AMSGrad, a)}),
		links: []transform.Transform{a, &transform.Rate{}, decay},
	}, nil
}

package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
)

// RAdam is [Adam] that trusts v only once it has seen enough. With d, m, v and m̂ as in Adam and
//
//	ρ∞ = 2/(1−β₂) − 1      ρ = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ)
//	ρ > 5:     θ ← θ − η·m̂·r·√(1−β₂ᵗ)/(√v + ε),  r = √( (ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ) )
//	otherwise: θ ← θ − η·m̂
//
// As in PyTorch the limit is 5 where the paper has 4, and ε is added to √v before bias correction. Weight decay is
// coupled. Slots: "first_moment", "second_moment". Source: Liu et al. 2020, arXiv:1908.03265.
type RAdam struct {
	LearningRate float64 // η; default 0.001
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	Common
	method[RAdam]
}

func (o *RAdam) define() (definition, error) {
	decay, a := &transform.CoupledDecay{}, &transform.RAdam{}
	return definition{
		name: "radam",
		settings: slices.Concat(
			[]setting{learningRate(&o.LearningRate, 1e-3)},
			betas(&a.Moments, &a.Epsilon, &o.Beta1, &o.Beta2, &o.Epsilon),
			[]setting{weightDecay(&o.WeightDecay, &decay.Decay)}),
		links: []transform.Transform{decay, a, &transform.Rate{}},
	}, nil
}

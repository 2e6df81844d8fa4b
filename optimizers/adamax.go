package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
)

// Adamax is [Adam] with the infinity norm in the place of the root mean square. With d and m as in Adam:
//
//	u ← max(β₂u, |d| + ε)
//	θ ← θ − η/(1−β₁ᵗ)·m/u
//
// ε inside the maximum is PyTorch's; the paper has none. Weight decay is coupled. Slots: "first_moment",
// "infinity_norm". Source: Kingma & Ba 2015, arXiv:1412.6980, section 7.1.
type Adamax struct {
	LearningRate float64 // η; default 0.002
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	Common
	method[Adamax]
}

func (o *Adamax) define() (definition, error) {
	decay, a := &transform.CoupledDecay{}, &transform.Adamax{}
	s := betas(&a.Moments, &a.Epsilon, &o.Beta1, &o.Beta2, &o.Epsilon)
	s[1].Doc = "decay of the infinity norm"
	s[2].Doc = "added to the gradient's size"
	return definition{
		name: "adamax",
		settings: slices.Concat([]setting{learningRate(&o.LearningRate, 2e-3)}, s,
			[]setting{weightDecay(&o.WeightDecay, &decay.Decay)}),
		links: []transform.Transform{decay, a, &transform.Rate{}},
	}, nil
}

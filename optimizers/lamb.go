package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// LAMB is [Adam] whose step has, for each parameter, the size of its weights: for large batches. With m̂ and v̂ as in Adam
// and λ the weight decay:
//
//	u = m̂/(√v̂ + ε) + λθ
//	θ ← θ − η·‖θ‖₂/‖u‖₂·u      (factor 1 where one of the norms is 0)
//
// As in the paper's algorithm 2 moments are corrected for their start at 0, and the ratio is not limited (φ is the
// identity); weight decay stands behind Adam's scaling. Slots: "first_moment", "second_moment". Source: You et al. 2019,
// arXiv:1904.00962.
type LAMB struct {
	LearningRate float64 // η; default 0.001
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-6
	WeightDecay  float64 // λ; default 0
	Common
	method[LAMB]
}

func (o *LAMB) define() (definition, error) {
	a, decay := &transform.Adam{}, &transform.AddDecay{}
	s := betas(&a.Moments, &a.Epsilon, &o.Beta1, &o.Beta2, &o.Epsilon)
	s[2] = number("eps", &o.Epsilon, &a.Epsilon, 1e-6, settings.NonNegative, "added to the denominator")
	return definition{
		name: "lamb",
		settings: slices.Concat([]setting{learningRate(&o.LearningRate, 1e-3)}, s,
			[]setting{number("weight_decay", &o.WeightDecay, &decay.Decay, 0, settings.NonNegative,
				"weight decay: the update grows by this times w, behind Adam's scaling")}),
		links: []transform.Transform{a, decay, &transform.TrustRatio{}, &transform.Rate{}},
	}, nil
}

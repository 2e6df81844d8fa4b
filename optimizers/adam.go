package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// Adam keeps running means of the gradient and of its square and divides the one by the root of the other. At a
// parameter's step t, with λ the weight decay:
//
//	d = g + λθ
//	m ← β₁m + (1−β₁)d      m̂ = m/(1−β₁ᵗ)
//	v ← β₂v + (1−β₂)d²     v̂ = v/(1−β₂ᵗ)
//	θ ← θ − η·m̂/(√v̂ + ε)
//
// ε stands outside the root, after bias correction, as in the paper's algorithm 1 and in PyTorch. Weight decay is
// coupled: it goes through the moments; [AdamW] has the other kind. With AMSGrad (Reddi et al. 2018, arXiv:1904.09237)
// the largest v so far stands in the place of v, before its bias correction, as in PyTorch. Slots: "first_moment",
// "second_moment", "peak_second_moment" (AMSGrad). Source: Kingma & Ba 2015, arXiv:1412.6980.
type Adam struct {
	LearningRate float64 // η; default 0.001
	Beta1        float64 // β₁; default 0.9
	Beta2        float64 // β₂; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	AMSGrad      bool    // default false
	Common
	method[Adam]
}

func (o *Adam) define() (definition, error) {
	decay, a := &transform.CoupledDecay{}, &transform.Adam{}
	return definition{
		name: "adam",
		settings: slices.Concat(
			[]setting{learningRate(&o.LearningRate, 1e-3)},
			betas(&a.Moments, &a.Epsilon, &o.Beta1, &o.Beta2, &o.Epsilon),
			[]setting{weightDecay(&o.WeightDecay, &decay.Decay), amsgrad(&o.AMSGrad, a)}),
		links: []transform.Transform{decay, a, &transform.Rate{}},
	}, nil
}

// betas are the settings of Adam's relatives: the fields of the optimizer and where they land.
func betas(m *transform.Moments, eps, beta1, beta2, epsilon *float64) []setting {
	return []setting{
		number("beta1", beta1, &m.Beta1, 0.9, settings.Fraction, "decay of the running mean of the gradient"),
		number("beta2", beta2, &m.Beta2, 0.999, settings.Fraction, "decay of the running mean of its square"),
		number("eps", epsilon, eps, 1e-8, settings.NonNegative, "added to the denominator"),
	}
}

func amsgrad(field *bool, a *transform.Adam) setting {
	return flag("amsgrad", field, &a.AMSGrad, "never let the denominator's moment shrink")
}

package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// RMSProp divides the gradient by the root of the running mean of its square. With λ the weight decay, α the smoothing
// and μ the momentum:
//
//	d = g + λθ
//	v ← αv + (1−α)d²
//	a ← αa + (1−α)d, and v − a² in the place of v below, if Centered (Graves 2013)
//	b ← μb + d/(√v + ε)
//	θ ← θ − ηb
//
// As in PyTorch ε stands outside the root, the rate outside the momentum, weight decay is coupled. TensorFlow and Gorgonia
// have √(v + ε): EpsilonInside. With Decoupled, g takes the place of d and θ ← θ − ηλθ goes before the step, as in AdamW;
// Gorgonia's RMSProp has θ ← θ − λθ, which is WeightDecay λ/η. Slots: "second_moment", "mean_gradient" (Centered), "momentum" (μ > 0). Sources: Hinton 2012, Coursera
// lecture 6; Graves 2013, arXiv:1308.0850.
type RMSProp struct {
	LearningRate float64 // η; default 0.01
	Alpha        float64 // α; default 0.99
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0
	Momentum     float64 // μ; default 0
	Centered     bool    // default false

	EpsilonInside bool // ε under the root; default false
	Decoupled     bool // weight decay acts on the weights; default false
	Common
	method[RMSProp]
}

func (o *RMSProp) define() (definition, error) {
	coupled, decoupled := &transform.CoupledDecay{}, &transform.DecoupledDecay{}
	r, m := &transform.RMS{}, &transform.Momentum{}
	apart := new(bool)
	return definition{
		name: "rmsprop",
		settings: []setting{
			learningRate(&o.LearningRate, 0.01),
			number("alpha", &o.Alpha, &r.Alpha, 0.99, settings.Fraction, "decay of the running mean of the squared gradient"),
			number("eps", &o.Epsilon, &r.Epsilon, 1e-8, settings.NonNegative, "added to the denominator"),
			weightDecay(&o.WeightDecay, &coupled.Decay),
			number("momentum", &o.Momentum, &m.Momentum, 0, settings.NonNegative, "share of the last velocity that is kept"),
			flag("centered", &o.Centered, &r.Centered, "divide by the standard deviation instead of the root mean square"),
			flag("eps_inside", &o.EpsilonInside, &r.EpsilonInside, "eps stands under the root, as in TensorFlow and Gorgonia"),
			flag("decoupled", &o.Decoupled, apart, "weight decay acts on the weights, as in adamw, not on the gradient"),
		},
		arrange: func() {
			if decoupled.Decay = 0; *apart {
				coupled.Decay, decoupled.Decay = 0, coupled.Decay
			}
		},
		links: []transform.Transform{coupled, r, m, &transform.Rate{}, decoupled},
	}, nil
}

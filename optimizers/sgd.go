package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// SGD is stochastic gradient descent. With g the gradient of a mini-batch, λ the weight decay, μ the momentum and τ the
// dampening:
//
//	d = g + λθ
//	b ← μb + (1−τ)d      (b ← d on a parameter's first step)
//	θ ← θ − η·b          θ ← θ − η·(d + μb) with Nesterov, θ ← θ − η·d without momentum
//
// The variant is PyTorch's: the rate stands outside the velocity (a change of rate acts at once), weight decay is
// coupled, and Nesterov is Sutskever's form rewritten at the look-ahead point. As in PyTorch Nesterov needs momentum
// and no dampening. Slot: "momentum". Sources: Robbins & Monro 1951; Polyak 1964; Sutskever et al. 2013, ICML.
type SGD struct {
	LearningRate float64 // η; default 0.01
	Momentum     float64 // μ; default 0
	Dampening    float64 // τ; default 0
	WeightDecay  float64 // λ; default 0
	Nesterov     bool    // default false
	Common
	method[SGD]
}

func (o *SGD) define() (definition, error) {
	decay, m := &transform.CoupledDecay{}, &transform.Momentum{}
	return definition{
		name: "sgd",
		settings: []setting{
			learningRate(&o.LearningRate, 0.01),
			number("momentum", &o.Momentum, &m.Momentum, 0, settings.NonNegative, "share of the last velocity that is kept"),
			number("dampening", &o.Dampening, &m.Dampening, 0, settings.Unit, "share of the gradient kept out of the velocity"),
			weightDecay(&o.WeightDecay, &decay.Decay),
			flag("nesterov", &o.Nesterov, &m.Nesterov, "look ahead along the velocity").needs(func() string {
				if o.Nesterov && (m.Momentum == 0 || m.Dampening != 0) {
					return "nesterov needs a momentum > 0 and no dampening"
				}
				return ""
			}),
		},
		links: []transform.Transform{decay, m, &transform.Rate{}},
	}, nil
}

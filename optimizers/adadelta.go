package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// Adadelta divides by a running root mean square of the gradient and multiplies by that of its own steps, so that the
// step has the parameter's units. With λ the weight decay:
//
//	d = g + λθ
//	v ← ρv + (1−ρ)d²
//	δ = √(a + ε)/√(v + ε)·d
//	a ← ρa + (1−ρ)δ²
//	θ ← θ − ηδ
//
// ε stands inside both roots, as in the paper and in PyTorch; weight decay is coupled. Slots: "second_moment",
// "squared_step". Source: Zeiler 2012, arXiv:1212.5701.
type Adadelta struct {
	LearningRate float64 // η; default 1
	Rho          float64 // ρ; default 0.9
	Epsilon      float64 // ε; default 1e-6
	WeightDecay  float64 // λ; default 0
	Common
	method[Adadelta]
}

func (o *Adadelta) define() (definition, error) {
	decay, a := &transform.CoupledDecay{}, &transform.Adadelta{}
	return definition{
		name: "adadelta",
		settings: []setting{
			learningRate(&o.LearningRate, 1),
			number("rho", &o.Rho, &a.Rho, 0.9, settings.Unit, "decay of both running means"),
			number("eps", &o.Epsilon, &a.Epsilon, 1e-6, settings.NonNegative, "added under both roots"),
			weightDecay(&o.WeightDecay, &decay.Decay),
		},
		links: []transform.Transform{decay, a, &transform.Rate{}},
	}, nil
}

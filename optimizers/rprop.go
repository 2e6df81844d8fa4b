package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// Rprop gives every weight a step size of its own, which grows while the sign of its gradient stays and shrinks when it
// changes; the gradient's size does not count, so it has to be the full batch's. For each weight, g₋ being the previous
// gradient:
//
//	g·g₋ > 0: Δ ← min(Δ·η₊, Δmax)
//	g·g₋ < 0: Δ ← max(Δ·η₋, Δmin), and g counts as 0 in this step and the next
//	θ ← θ − sign(g)·Δ
//
// This is iRprop−, as in PyTorch. LearningRate is the first Δ. A schedule and a group's RateFactor multiply the step
// taken, not Δ (PyTorch ignores its schedulers here). Slots: "previous_gradient", "step_size". Sources: Riedmiller &
// Braun 1993; Igel & Hüsken 2000.
type Rprop struct {
	LearningRate float64 // first step size; default 0.01
	EtaMinus     float64 // η₋; default 0.5
	EtaPlus      float64 // η₊; default 1.2
	StepMin      float64 // Δmin; default 1e-6
	StepMax      float64 // Δmax; default 50
	Common
	method[Rprop]
}

func (o *Rprop) define() (definition, error) {
	r := &transform.Resilient{}
	return definition{
		name: "rprop",
		settings: []setting{
			number("lr", &o.LearningRate, &r.First, 0.01, settings.NonNegative, "learning rate"),
			number("eta_minus", &o.EtaMinus, &r.Minus, 0.5, settings.Inner, "factor of the step size when the sign changes"),
			number("eta_plus", &o.EtaPlus, &r.Plus, 1.2, settings.AboveOne, "factor of the step size when the sign stays"),
			number("step_min", &o.StepMin, &r.Low, 1e-6, settings.NonNegative, "least step size"),
			number("step_max", &o.StepMax, &r.High, 50, settings.Positive, "greatest step size").needs(func() string {
				if r.Low > r.High {
					return "step_min is greater than step_max"
				}
				return ""
			}),
		},
		links: []transform.Transform{r},
	}, nil
}

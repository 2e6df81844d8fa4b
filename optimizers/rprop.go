package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
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
	engine
	use struct{ lr, minus, plus, low, high float64 }
}

func (o *Rprop) settings() []setting {
	return []setting{
		learningRate(&o.LearningRate, &o.use.lr, 0.01),
		number("eta_minus", &o.EtaMinus, &o.use.minus, 0.5, inner, "factor of the step size when the sign changes"),
		number("eta_plus", &o.EtaPlus, &o.use.plus, 1.2, aboveOne, "factor of the step size when the sign stays"),
		number("step_min", &o.StepMin, &o.use.low, 1e-6, nonNegative, "least step size"),
		number("step_max", &o.StepMax, &o.use.high, 50, positive, "greatest step size").needs(func() string {
			if o.use.low > o.use.high {
				return "step_min is greater than step_max"
			}
			return ""
		}),
	}
}

func (o *Rprop) slots() []slot {
	return []slot{{name: "previous_gradient"}, {name: "step_size", init: func() float64 { return o.use.lr }}}
}

func (o *Rprop) update32(u *update[float32]) { rprop(o, u) }
func (o *Rprop) update64(u *update[float64]) { rprop(o, u) }

func rprop[T kernels.Float](o *Rprop, u *update[T]) {
	h := &o.use
	kernels.RpropUpdate(u.w, u.g, u.slots[0], u.slots[1], h.minus, h.plus, h.low, h.high, u.factor)
}

// Name is "rprop".
func (o *Rprop) Name() string { return "rprop" }

// Step changes the parameters by one step; see [Optimizer].
func (o *Rprop) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *Rprop) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *Rprop) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *Rprop) SetState(s *State) error { return o.restore(o, s) }

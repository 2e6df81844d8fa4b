package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
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
	engine
	use struct{ lr, rho, eps, decay float64 }
}

func (o *Adadelta) settings() []setting {
	return []setting{
		learningRate(&o.LearningRate, &o.use.lr, 1),
		number("rho", &o.Rho, &o.use.rho, 0.9, unit, "decay of both running means"),
		number("eps", &o.Epsilon, &o.use.eps, 1e-6, nonNegative, "added under both roots"),
		weightDecay(&o.WeightDecay, &o.use.decay),
	}
}

func (o *Adadelta) slots() []slot { return []slot{{name: "second_moment"}, {name: "squared_step"}} }

func (o *Adadelta) update32(u *update[float32]) { adadelta(o, u) }
func (o *Adadelta) update64(u *update[float64]) { adadelta(o, u) }

func adadelta[T kernels.Float](o *Adadelta, u *update[T]) {
	h := &o.use
	kernels.AdadeltaUpdate(u.w, u.g, u.slots[0], u.slots[1], u.rate, h.rho, h.eps, h.decay*u.decay)
}

// Name is "adadelta".
func (o *Adadelta) Name() string { return "adadelta" }

// Step changes the parameters by one step; see [Optimizer].
func (o *Adadelta) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *Adadelta) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *Adadelta) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *Adadelta) SetState(s *State) error { return o.restore(o, s) }

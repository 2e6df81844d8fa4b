package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
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
	engine
	use adamValues
}

func (o *Adamax) settings() []setting {
	s := append([]setting{learningRate(&o.LearningRate, &o.use.lr, 2e-3)},
		o.use.betas(&o.Beta1, &o.Beta2, &o.Epsilon)...)
	s[2].Help = "decay of the infinity norm"
	s[3].Help = "added to the gradient's size"
	return append(s, weightDecay(&o.WeightDecay, &o.use.decay))
}

func (o *Adamax) slots() []slot { return []slot{{name: "first_moment"}, {name: "infinity_norm"}} }

func (o *Adamax) update32(u *update[float32]) { adamax(o, u) }
func (o *Adamax) update64(u *update[float64]) { adamax(o, u) }

func adamax[T kernels.Float](o *Adamax, u *update[T]) {
	h := &o.use
	step := u.rate / (1 - math.Pow(h.beta1, float64(u.t)))
	kernels.AdamaxUpdate(u.w, u.g, u.slots[0], u.slots[1], h.beta1, h.beta2, step, h.eps, h.decay*u.decay)
}

// Name is "adamax".
func (o *Adamax) Name() string { return "adamax" }

// Step changes the parameters by one step; see [Optimizer].
func (o *Adamax) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *Adamax) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *Adamax) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *Adamax) SetState(s *State) error { return o.restore(o, s) }

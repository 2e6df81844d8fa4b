package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// GD is gradient descent: with the gradient of the loss J over the whole data set,
//
//	θ ← θ − η·∇J(θ)
//
// It keeps no state but the step count. What makes it GD instead of plain [SGD] is the gradient that it is given, so
// its entry in the table says FullBatch. Source: Cauchy 1847, Comptes Rendus 25.
type GD struct {
	LearningRate float64 // η; default 0.01
	Common
	engine
	use struct{ lr float64 }
}

func (o *GD) settings() []setting {
	return []setting{learningRate(&o.LearningRate, &o.use.lr, 0.01)}
}

func (o *GD) slots() []slot { return nil }

func (o *GD) update32(u *update[float32]) { kernels.SGDUpdate(u.w, u.g, u.rate, 0) }
func (o *GD) update64(u *update[float64]) { kernels.SGDUpdate(u.w, u.g, u.rate, 0) }

// Name is "gd".
func (o *GD) Name() string { return "gd" }

// Step changes the parameters by one step; see [Optimizer].
func (o *GD) Step(model []gorgonia.ValueGrad) error { return o.advance(o, &o.Common, model) }

// Rate is the learning rate of the next Step.
func (o *GD) Rate() float64 { return o.rateOf(o, &o.Common) }

// State returns a copy of the state.
func (o *GD) State() *State { return o.export(o) }

// SetState replaces the state by a copy of s.
func (o *GD) SetState(s *State) error { return o.restore(o, s) }

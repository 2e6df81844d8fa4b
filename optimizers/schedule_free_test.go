package optimizers_test

import (
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/tensor"
)

// scheduleFree keeps three sets of weights (Defazio et al. 2024, arXiv:2405.15682): gradients are of y, which is in the
// network, z steps by them, and x, the mean of z, is evaluated.
type scheduleFree struct{ beta float64 }

func (s *scheduleFree) Layout() transform.Layout {
	return transform.Layout{Name: "schedule free", Slots: []transform.Slot{
		{Name: "z", FromWeights: true}, {Name: "x", FromWeights: true, Evaluation: true}}}
}
func (s *scheduleFree) Float32(u *transform.Update[float32]) { scheduleFreeStep(s, u) }
func (s *scheduleFree) Float64(u *transform.Update[float64]) { scheduleFreeStep(s, u) }

func scheduleFreeStep[T transform.Float](s *scheduleFree, u *transform.Update[T]) {
	z, x, c, beta := u.Slots[0], u.Slots[1], 1/T(u.Step), T(s.beta)
	for i, d := range u.U {
		z[i] -= d
		x[i] += (z[i] - x[i]) * c
		u.U[i] = u.W[i] - ((1-beta)*z[i] + beta*x[i]) // what leads from y to the next y
	}
}

// Weights to step on, to differentiate at and to evaluate may all differ: schedule-free gradient descent as a chain is the
// loop of its paper, in both its sets.
func TestThreeSetsOfWeights(t *testing.T) {
	const beta, rate, steps = 0.9, 0.05, 100
	o := &optimizers.Chain{Method: "schedule free", LearningRate: rate,
		Links: []transform.Transform{&transform.Rate{}, &scheduleFree{beta}}}
	p, loop := newProblem(tensor.Float64), newProblem(tensor.Float64)
	p.steps(t, o, steps)

	var x, y, z [entries]float64
	copy(z[:], loop.weights())
	x = z
	for step := 1; step <= steps; step++ {
		for i := range y {
			y[i] = (1-beta)*z[i] + beta*x[i]
		}
		copy(loop.w.w.Data().([]float64), y[:12])
		copy(loop.b.w.Data().([]float64), y[12:])
		loop.gradient()
		for i, g := range loop.b.data(loop.w.data(nil, true), true) {
			z[i] -= rate * g
			c := 1 / float64(step)
			x[i] = (1-c)*x[i] + c*z[i]
		}
	}
	if d := distance(p.evaluated(t, o), x[:]); !(d < 1e-13) {
		t.Errorf("what is evaluated is off by %g", d)
	}
	for i := range y {
		y[i] = (1-beta)*z[i] + beta*x[i]
	}
	if d := distance(p.weights(), y[:]); !(d < 1e-13) {
		t.Errorf("what gradients are of is off by %g", d)
	}
	if distance(x[:], y[:]) < 1e-6 {
		t.Error("the sets are one")
	}
}

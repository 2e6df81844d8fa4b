package optimizers_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A chain of one's own is the optimizer of the same transforms, to the bit: the fused kernel is found for it.
func TestChainIsTheOptimizer(t *testing.T) {
	moments := func() transform.Moments { return transform.Moments{Beta1: 0.8, Beta2: 0.95} }
	for _, c := range []struct {
		name    string
		options optimizers.Options
		links   []transform.Transform
	}{
		{"adam", optimizers.Options{"beta1": 0.8, "beta2": 0.95, "eps": 0.1, "weight_decay": 0.1}, []transform.Transform{
			&transform.CoupledDecay{Decay: 0.1}, &transform.Adam{Moments: moments(), Epsilon: 0.1}, &transform.Rate{}}},
		{"adamw", optimizers.Options{"beta1": 0.8, "beta2": 0.95, "eps": 0.1, "weight_decay": 0.1}, []transform.Transform{
			&transform.Adam{Moments: moments(), Epsilon: 0.1}, &transform.Rate{}, &transform.DecoupledDecay{Decay: 0.1}}},
		{"sgd", optimizers.Options{"momentum": 0.9, "nesterov": true}, []transform.Transform{
			&transform.CoupledDecay{}, &transform.Momentum{Momentum: 0.9, Nesterov: true}, &transform.Rate{}}},
	} {
		p, q := newProblem(tensor.Float32), newProblem(tensor.Float32)
		own := &optimizers.Chain{Method: c.name, LearningRate: 0.05, Links: c.links}
		c.options["lr"] = 0.05
		p.steps(t, own, 30)
		q.steps(t, mustNew(t, c.name, c.options), 30)
		if !slices.Equal(p.weights(), q.weights()) {
			t.Errorf("%s: other weights", c.name)
		}
	}
}

// What a chain cannot be is said at the first use, with the names.
func TestChainRefuses(t *testing.T) {
	mean := &transform.Average{}
	for want, o := range map[string]*optimizers.Chain{
		"no Method":       {Links: []transform.Transform{&transform.Rate{}}},
		"without Links":   {Method: "mine"},
		"transform 1":     {Method: "mine", Links: []transform.Transform{&transform.Rate{}, nil}},
		`named "average"`: {Method: "mine", Links: []transform.Transform{&transform.Rate{}, mean, &transform.Average{}}},
		"stands behind":   {Method: "mine", Links: []transform.Transform{mean, &transform.Rate{}}},
	} {
		p := newProblem(tensor.Float64)
		for what, err := range map[string]error{"Step": o.Step(p.model()), "SetState": o.SetState(o.State())} {
			if !errors.Is(err, optimizers.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want … %s", what, err, want)
			}
		}
		if o.Evaluates() || o.Rate() == o.Rate() {
			t.Errorf("%s: usable", want)
		}
	}
}

// lion is an optimizer that this module does not have: the sign of an interpolation (Chen et al. 2023,
// arXiv:2302.06675).
type lion struct{ Beta1, Beta2 float64 }

func (l *lion) Layout() transform.Layout {
	return transform.Layout{Name: "lion", Slots: []transform.Slot{{Name: "momentum"}}}
}
func (l *lion) Float32(u *transform.Update[float32]) { lionStep(l, u) }
func (l *lion) Float64(u *transform.Update[float64]) { lionStep(l, u) }

func lionStep[T transform.Float](l *lion, u *transform.Update[T]) {
	m := u.Slots[0]
	for i, g := range u.U {
		u.U[i] = T(l.Beta1)*m[i] + T(1-l.Beta1)*g
		m[i] = T(l.Beta2)*m[i] + T(1-l.Beta2)*g
	}
}

func newLion() *optimizers.Chain {
	return &optimizers.Chain{Method: "lion", LearningRate: 1e-2, Links: []transform.Transform{
		&lion{0.9, 0.99}, &transform.Sign{}, &transform.Rate{}, &transform.DecoupledDecay{Decay: 0.1}}}
}

// An optimizer from outside goes on from its state to the bit, also when a parameter was cut meanwhile.
func TestChainResumesAndIsCut(t *testing.T) {
	a, b := newLion(), newLion()
	p, q := newProblem(tensor.Float32), newProblem(tensor.Float32)
	p.steps(t, a, 5)
	q.steps(t, b, 5)
	var file bytes.Buffer
	if _, err := b.State().WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	state, err := optimizers.ReadState(&file)
	if err != nil {
		t.Fatal(err)
	}
	c := newLion()
	if err := c.SetState(state); err != nil {
		t.Fatal(err)
	}
	p.steps(t, a, 5)
	q.steps(t, c, 5)
	if !slices.Equal(p.weights(), q.weights()) {
		t.Error("it does not go on where it was")
	}
	keep := []int{0, 2}
	before := a.State().Param("w").Slots[0].F32
	if err := a.Cut("w", 0, keep); err != nil {
		t.Fatal(err)
	}
	after := a.State().Param("w")
	if !slices.Equal(after.Shape, []int{2, 4}) || !slices.Equal(after.Slots[0].F32, slices.Concat(before[:4], before[8:])) {
		t.Errorf("cut to %v %v", after.Shape, after.Slots[0].F32)
	}
	small := newParam("w", tensor.Float32, []int{2, 4}, make([]float64, 8))
	if err := a.Step([]gorgonia.ValueGrad{small, p.b}); err != nil {
		t.Error(err)
	}
	if err := c.SetState(&optimizers.State{Optimizer: "adam"}); !errors.Is(err, optimizers.ErrState) {
		t.Errorf("the state of another: %v", err)
	}
}

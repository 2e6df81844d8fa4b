package optimizers_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var _ optimizers.Optimizer = (*optimizers.Wrapped)(nil)

// plain is a solver that nobody knows: w ← w − rate·g.
type plain struct{ rate float64 }

func (s plain) Step(model []gorgonia.ValueGrad) error {
	for _, n := range model {
		g, err := n.Grad()
		if err != nil {
			return err
		}
		w := n.Value().Data().([]float64)
		for i, g := range g.Data().([]float64) {
			w[i] -= s.rate * g
		}
	}
	return nil
}

// Around any solver of plain gradient descent the wrapper does what our own GD does with the same settings.
func TestWrapEqualsOwn(t *testing.T) {
	common := func() optimizers.Common {
		return optimizers.Common{
			Schedule:  &optimizers.Warmup{Steps: 3, Start: 0.1, Then: &optimizers.Exponential{Gamma: 0.9}},
			Clip:      optimizers.Clip{Value: 0.9, Norm: 1.5, GlobalNorm: 1.2},
			NonFinite: optimizers.SkipStep,
		}
	}
	mask := optimizers.Mask{Shape: []int{5}, Keep: []bool{true, false, true, true, false}}
	own := &optimizers.GD{LearningRate: 0.2, Common: common()}
	for name, s := range map[string]gorgonia.Solver{
		"gorgonia": gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.2)),
		"unknown":  plain{0.2},
		"own":      &optimizers.GD{LearningRate: 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			own := &optimizers.GD{LearningRate: own.LearningRate, Common: common()}
			w := optimizers.Wrap(s, common())
			p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
			for _, o := range []optimizers.Optimizer{own, w} {
				if err := o.SetMask("b", mask); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 10 {
				p.gradient()
				q.gradient()
				if i == 6 {
					p.w.g.Data().([]float64)[0] = math.NaN()
					q.w.g.Data().([]float64)[0] = math.NaN()
				}
				if want, got := own.Rate(), w.Rate(); name != "unknown" && math.Abs(got-want) > 1e-15 {
					t.Errorf("step %d: rate %v, want %v", i, got, want)
				}
				if err := own.Step(p.model()); err != nil {
					t.Fatal(err)
				}
				if err := w.Step(q.model()); err != nil {
					t.Fatal(err)
				}
				if d := distance(q.weights(), p.weights()); d > 1e-14 {
					t.Fatalf("step %d: off by %g", i, d)
				}
				if b := q.b.data(nil, false); b[1] != 0 || b[4] != 0 {
					t.Fatalf("step %d: the mask is gone: %v", i, b)
				}
				if !slices.Equal(q.w.data(nil, true), make([]float64, 12)) {
					t.Fatalf("step %d: the gradient is not zeroed", i)
				}
			}
			if w.StepCount() != own.StepCount() || w.Skipped() != 1 {
				t.Errorf("%d steps, %d skipped", w.StepCount(), w.Skipped())
			}
			back := optimizers.Wrap(s, common())
			if err := back.SetState(through(t, w.State())); name == "unknown" {
				if !errors.Is(err, optimizers.ErrForeign) { // who knows what it would lose
					t.Error(err)
				}
			} else if err != nil || back.StepCount() != 9 {
				t.Errorf("step %d after SetState: %v", back.StepCount(), err)
			}
		})
	}
}

// Every solver of Gorgonia that takes WithLearnRate goes under a constant factor the way it goes at that rate; the
// update of AdaGradSolver, which does not take it, is scaled.
func TestWrapGorgoniaSolvers(t *testing.T) {
	half := optimizers.Common{Schedule: optimizers.ScheduleFunc(func(int) float64 { return 0.5 })}
	for _, make := range []func(rate float64) gorgonia.Solver{
		func(r float64) gorgonia.Solver { return gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(r)) },
		func(r float64) gorgonia.Solver { return gorgonia.NewAdamSolver(gorgonia.WithLearnRate(r)) },
		func(r float64) gorgonia.Solver { return gorgonia.NewRMSPropSolver(gorgonia.WithLearnRate(r)) },
		func(r float64) gorgonia.Solver { return gorgonia.NewMomentum(gorgonia.WithLearnRate(r)) },
	} {
		t.Run(fmt.Sprintf("%T", make(1)), func(t *testing.T) {
			p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
			w := optimizers.Wrap(make(0.02), half)
			if r := w.Rate(); r != 0.01 {
				t.Errorf("rate %v", r)
			}
			p.steps(t, w, 5)
			q.steps(t, make(0.01), 5)
			if !slices.Equal(p.weights(), q.weights()) || slices.Equal(p.weights(), newProblem(tensor.Float64).weights()) {
				t.Errorf("%v, want %v", p.weights(), q.weights())
			}
		})
	}
	p, q, start := newProblem(tensor.Float64), newProblem(tensor.Float64), newProblem(tensor.Float64).weights()
	p.steps(t, optimizers.Wrap(gorgonia.NewAdaGradSolver(), half), 1)
	q.steps(t, gorgonia.NewAdaGradSolver(), 1)
	for i, x := range p.weights() {
		if want := start[i] + (q.weights()[i]-start[i])/2; math.Abs(x-want) > 1e-15 || x == start[i] {
			t.Errorf("AdaGradSolver: entry %d is %v, want %v", i, x, want)
		}
	}
	// Gorgonia's AdamW panics on anything but a *gorgonia.Node.
	p.gradient()
	w := optimizers.Wrap(gorgonia.NewAdamW(gorgonia.WithLearnRate(0.02)), half)
	if err := w.Step(p.model()); err == nil || !strings.Contains(err.Error(), "panic") || w.Rate() != 0.01 {
		t.Errorf("rate %v, %v", w.Rate(), err)
	}
}

// Around one of our own optimizers state and cuts go through.
func TestWrapOwn(t *testing.T) {
	inner := &optimizers.Adam{Common: optimizers.Common{Schedule: &optimizers.Exponential{Gamma: 0.9}}}
	w := optimizers.Wrap(inner, optimizers.Common{Schedule: &optimizers.Exponential{Gamma: 0.5}, KeepGradients: true})
	keep := append(make([]bool, 4), slices.Repeat([]bool{true}, 8)...)
	if err := w.SetMask("w", optimizers.Mask{Shape: []int{3, 4}, Keep: keep}); err != nil {
		t.Fatal(err)
	}
	p := newProblem(tensor.Float64)
	p.steps(t, w, 3)
	if r, want := w.Rate(), 1e-3*math.Pow(0.45, 3); math.Abs(r-want) > 1e-18 {
		t.Errorf("rate %v, want %v", r, want)
	}
	if g := p.w.data(nil, true); g[0] != 0 || g[5] == 0 {
		t.Errorf("kept gradients: %v", g)
	}
	if inner.KeepGradients {
		t.Error("the inner optimizer's settings are changed")
	}
	inner.NonFinite = optimizers.SkipStep
	p.gradient()
	p.b.g.Data().([]float64)[0] = math.Inf(1)
	if err := w.Step(p.model()); err != nil || w.StepCount() != 3 || w.Skipped() != 1 {
		t.Errorf("%d steps, %d skipped after the inner one skipped: %v", w.StepCount(), w.Skipped(), err)
	}
	if d := cmp.Diff(inner.State(), w.State()); d != "" || w.Name() != "adam" {
		t.Errorf("state of %q:\n%s", w.Name(), d)
	}
	if err := w.Cut("w", 0, []int{0, 2}); err != nil {
		t.Fatal(err)
	}
	p.w = newParam("w", tensor.Float64, []int{2, 4}, []float64{1, 1, 1, 1, 1, 1, 1, 1})
	if err := w.Step([]gorgonia.ValueGrad{p.w, p.b}); err != nil {
		t.Fatal(err)
	}
	if x := p.w.data(nil, false); x[0] != 0 || x[4] == 0 {
		t.Errorf("mask after the cut: %v", x)
	}
	w.SetStep(7)
	if inner.StepCount() != 7 {
		t.Error("SetStep does not reach the inner optimizer")
	}
	w.Forget("w")
	if inner.State().Param("w") != nil {
		t.Error("Forget does not reach the inner optimizer")
	}
}

func TestWrapGroups(t *testing.T) {
	isB := func(name string) bool { return name == "b" }
	p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
	slow := optimizers.Common{Groups: []optimizers.ParamGroup{{Match: isB, RateFactor: 0.5}}}
	p.steps(t, optimizers.Wrap(plain{0.2}, slow), 3)
	q.steps(t, optimizers.Wrap(plain{0.2}, optimizers.Common{Groups: []optimizers.ParamGroup{optimizers.Freeze(isB)}}), 3)
	if !slices.Equal(q.b.data(nil, false), newProblem(tensor.Float64).b.data(nil, false)) {
		t.Error("a frozen parameter moves")
	}
	half := newProblem(tensor.Float64)
	half.steps(t, &optimizers.GD{LearningRate: 0.1}, 3)
	if d := distance(p.b.data(nil, false), half.b.data(nil, false)); d > 1e-14 {
		t.Errorf("half the rate is off by %g", d)
	}
}

func TestWrapRefuses(t *testing.T) {
	p := newProblem(tensor.Float64)
	w := optimizers.Wrap(plain{0.1}, optimizers.Common{})
	p.steps(t, w, 1)
	if err := w.Cut("w", 0, []int{0}); !errors.Is(err, optimizers.ErrForeign) || !strings.Contains(err.Error(), `"w"`) {
		t.Error(err)
	}
	if err := w.SetState(&optimizers.State{Optimizer: "adam"}); !errors.Is(err, optimizers.ErrState) {
		t.Error(err)
	}
	w.Groups = []optimizers.ParamGroup{optimizers.NoDecay(nil)}
	if err := w.Step(p.model()); !errors.Is(err, optimizers.ErrForeign) {
		t.Error(err)
	}
	if err := optimizers.Wrap(nil, optimizers.Common{}).Step(p.model()); !errors.Is(err, optimizers.ErrInvalid) {
		t.Error(err)
	}
}

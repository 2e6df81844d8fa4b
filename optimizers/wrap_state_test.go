package optimizers_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// heavyBall is somebody's own solver with momentum, counted by position: v ← 0.9·v + g, w ← w − 0.05·v.
type heavyBall struct{ V [][]float64 }

func (s *heavyBall) Step(model []gorgonia.ValueGrad) error {
	for i, n := range model {
		g, err := n.Grad()
		if err != nil {
			return err
		}
		w, d := n.Value().Data().([]float64), g.Data().([]float64)
		if i == len(s.V) {
			s.V = append(s.V, make([]float64, len(w)))
		}
		for k := range w {
			s.V[i][k] = 0.9*s.V[i][k] + d[k]
			w[k] -= 0.05 * s.V[i][k]
		}
	}
	return nil
}

// savedBall can be saved.
type savedBall struct{ heavyBall }

func (s *savedBall) MarshalBinary() ([]byte, error) { return json.Marshal(s.V) }
func (s *savedBall) UnmarshalBinary(b []byte) error { return json.Unmarshal(b, &s.V) }

// cutBall can follow pruning; it knows of "w" (3×4) alone that it is first.
type cutBall struct {
	heavyBall
	cuts []string
}

func (s *cutBall) Cut(param string, axis int, keep []int) error {
	s.cuts = append(s.cuts, param)
	return nil
}

// brokenBall panics where it should read.
type brokenBall struct{ savedBall }

func (s *brokenBall) UnmarshalBinary([]byte) error { panic("out of luck") }

// A solver that says what it knows resumes with the same bits as if it had never stopped; one that does not is refused.
func TestWrappedSolverResumes(t *testing.T) {
	whole, first := newProblem(tensor.Float64), newProblem(tensor.Float64)
	common := optimizers.Common{Schedule: &optimizers.Exponential{Gamma: 0.9}}
	whole.steps(t, optimizers.Wrap(&savedBall{}, common), 7)
	w := optimizers.Wrap(&savedBall{}, common)
	first.steps(t, w, 4)
	state := through(t, w.State())
	back := optimizers.Wrap(&savedBall{}, common)
	if err := back.SetState(state); err != nil {
		t.Fatal(err)
	}
	first.steps(t, back, 3)
	if d := distance(first.weights(), whole.weights()); d != 0 {
		t.Errorf("off by %g after resuming", d)
	}

	for name, c := range map[string]struct {
		of, to gorgonia.Solver
		want   error
	}{
		"momentum that nobody knows":               {&heavyBall{}, &heavyBall{}, optimizers.ErrForeign},
		"saved, but cannot read":                   {&savedBall{}, &heavyBall{}, optimizers.ErrForeign},
		"reads, but was not saved":                 {&heavyBall{}, &savedBall{}, optimizers.ErrForeign},
		"panics":                                   {&savedBall{}, &brokenBall{}, optimizers.ErrState},
		"Gorgonia's Adam":                          {gorgonia.NewAdamSolver(), gorgonia.NewAdamSolver(), optimizers.ErrForeign},
		"Gorgonia's Momentum":                      {gorgonia.NewMomentum(), gorgonia.NewMomentum(), optimizers.ErrForeign},
		"Gorgonia's gradient descent has no state": {gorgonia.NewVanillaSolver(), gorgonia.NewVanillaSolver(), nil},
		"an optimizer of ours":                     {&optimizers.Adam{}, &optimizers.Adam{}, nil},
		"of another kind":                          {&optimizers.Adam{}, &savedBall{}, optimizers.ErrState},
	} {
		w := optimizers.Wrap(c.of, optimizers.Common{})
		newProblem(tensor.Float64).steps(t, w, 2)
		to := optimizers.Wrap(c.to, optimizers.Common{})
		err := to.SetState(through(t, w.State()))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && to.StepCount() != 0 {
			t.Errorf("%s: refused, and yet at step %d", name, to.StepCount())
		}
	}
	if err := optimizers.Wrap(&heavyBall{}, common).SetState(optimizers.Wrap(&heavyBall{}, common).State()); err != nil {
		t.Errorf("a state of no steps: %v", err)
	}
}

func TestWrappedSolverIsCut(t *testing.T) {
	step := func(s *optimizers.Wrapped) *problem {
		p := newProblem(tensor.Float64)
		p.steps(t, s, 2)
		return p
	}
	for name, c := range map[string]struct {
		s    *optimizers.Wrapped
		want error
	}{
		"counts positions":        {optimizers.Wrap(&heavyBall{}, optimizers.Common{}), optimizers.ErrForeign},
		"Gorgonia's Adam":         {optimizers.Wrap(gorgonia.NewAdamSolver(), optimizers.Common{}), optimizers.ErrForeign},
		"no state":                {optimizers.Wrap(gorgonia.NewVanillaSolver(), optimizers.Common{}), nil},
		"cuts itself":             {optimizers.Wrap(&cutBall{}, optimizers.Common{}), nil},
		"made anew":               {optimizers.WrapNew(func() gorgonia.Solver { return &heavyBall{} }, optimizers.Common{}), nil},
		"ours":                    {optimizers.Wrap(&optimizers.Adam{}, optimizers.Common{}), nil},
		"a wrapper in a wrapper":  {optimizers.Wrap(optimizers.Wrap(&heavyBall{}, optimizers.Common{}), optimizers.Common{}), optimizers.ErrForeign},
		"ours, made by a factory": {optimizers.WrapNew(func() gorgonia.Solver { return &optimizers.Adam{} }, optimizers.Common{}), nil},
	} {
		if name == "a wrapper in a wrapper" {
			if err := optimizers.Cuttable(c.s); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue // its Step is refused: see TestWrapRefuses
		}
		if err := c.s.Cut("w", 0, []int{0, 2}); err != nil {
			t.Errorf("%s, before the first step: %v", name, err)
		}
		step(c.s)
		if err := optimizers.Cuttable(c.s); !errors.Is(err, c.want) {
			t.Errorf("%s: Cuttable: %v", name, err)
		}
		err := c.s.Cut("w", 0, []int{0, 2})
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), "WrapNew") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A new solver goes on where the schedule is, without the momentum of the old one.
func TestWrapNewBeginsAnew(t *testing.T) {
	made := 0
	w := optimizers.WrapNew(func() gorgonia.Solver { made++; return &heavyBall{} },
		optimizers.Common{Schedule: &optimizers.Exponential{Gamma: 0.5}})
	newProblem(tensor.Float64).steps(t, w, 3)
	if err := w.Cut("w", 0, []int{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := w.Cut("b", 0, []int{0, 1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if made != 2 || w.StepCount() != 3 {
		t.Errorf("%d solvers made, want 2; step %d, want 3", made, w.StepCount())
	}
	fresh := optimizers.Wrap(&heavyBall{}, optimizers.Common{Schedule: &optimizers.Exponential{Gamma: 0.5}})
	fresh.SetStep(3)
	p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
	p.steps(t, w, 2)
	q.steps(t, fresh, 2)
	if d := distance(p.weights(), q.weights()); d != 0 {
		t.Errorf("off by %g", d)
	}
	w.Forget("w")
	if err := optimizers.Reset(w); err != nil || made != 3 || w.StepCount() != 0 {
		t.Errorf("%d made, step %d: %v", made, w.StepCount(), err)
	}
	if err := optimizers.WrapNew(nil, optimizers.Common{}).Step(nil); !errors.Is(err, optimizers.ErrInvalid) {
		t.Error(err)
	}
}

// Reset makes every optimizer of the table one that has never stepped.
func TestReset(t *testing.T) {
	for _, row := range optimizers.All() {
		used, err := optimizers.New(row.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		fresh, _ := optimizers.New(row.Name, nil)
		newProblem(tensor.Float64).steps(t, used, 3)
		if err := optimizers.Reset(used); err != nil {
			t.Fatal(err)
		}
		p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
		p.steps(t, used, 3)
		q.steps(t, fresh, 3)
		if d := distance(p.weights(), q.weights()); d != 0 {
			t.Errorf("%s: off by %g", row.Name, d)
		}
	}
	w := optimizers.Wrap(&heavyBall{}, optimizers.Common{})
	newProblem(tensor.Float64).steps(t, w, 1)
	if err := optimizers.Reset(w); !errors.Is(err, optimizers.ErrForeign) {
		t.Errorf("a solver that cannot be reset: %v", err)
	}
}

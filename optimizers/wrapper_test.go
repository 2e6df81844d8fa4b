package optimizers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// wrap puts a wrapper by name around an optimizer.
func wrap(kind string, n map[string]float64, inner optimizers.Optimizer) optimizers.Optimizer {
	switch kind {
	case "sam":
		return &optimizers.SAM{Inner: inner, Rho: n["rho"], Adaptive: n["adaptive"] != 0}
	case "lookahead":
		return &optimizers.Lookahead{Inner: inner, Every: int(n["every"]), Alpha: n["alpha"]}
	case "ema":
		return &optimizers.EMA{Inner: inner, Decay: n["decay"]}
	}
	panic(kind)
}

// walk takes steps as package training does: with a second gradient where one is asked for.
func (p *problem) walk(t *testing.T, o optimizers.Optimizer, n int) {
	t.Helper()
	for range n {
		p.gradient()
		if s, ok := optimizers.SecondGradientOf(o); ok {
			moved, err := s.Perturb(p.model())
			if err != nil {
				t.Fatal(err)
			}
			if moved {
				p.t-- // of the same batch
				p.gradient()
			}
		}
		if err := o.Step(p.model()); err != nil {
			t.Fatal(err)
		}
	}
}

// evaluated are the evaluation weights; the problem keeps its own.
func (p *problem) evaluated(t *testing.T, o optimizers.Optimizer) []float64 {
	t.Helper()
	e, ok := optimizers.EvaluationWeightsOf(o)
	if !ok {
		t.Fatalf("%s keeps no evaluation weights", o.Name())
	}
	q := newProblem(p.w.w.Dtype())
	if err := e.LoadEvaluationWeights(q.model()); err != nil {
		t.Fatal(err)
	}
	return q.weights()
}

func TestWrappersEqualPyTorch(t *testing.T) {
	raw, err := os.ReadFile("testdata/wrappers.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Record   []int
		Wrappers []struct {
			Wrapper string
			Numbers map[string]float64
			Name    string
			Options optimizers.Options
			DType   string
			X       [][]float64
		}
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Wrappers) != 30 {
		t.Fatalf("%d fixtures", len(f.Wrappers))
	}
	for _, c := range f.Wrappers {
		t.Run(fmt.Sprint(c.Wrapper, c.Numbers, c.Name, c.DType), func(t *testing.T) {
			dt, tol := tensor.Float64, torchTol64
			if c.DType == "float32" {
				dt, tol = tensor.Float32, torchTol32
			}
			o := wrap(c.Wrapper, c.Numbers, mustNew(t, c.Name, c.Options))
			p := newProblem(dt)
			for i, step := range f.Record {
				p.walk(t, o, step-p.t)
				got := p.weights()
				if c.Numbers["evaluated"] != 0 {
					got = p.evaluated(t, o)
				}
				if d := distance(got, c.X[i]); !(d <= tol) {
					t.Fatalf("step %d: off by %.3g\n got %v\nwant %v", step, d, got, c.X[i])
				}
			}
		})
	}
}

// wrappers are all of them, and some in one another.
var wrappers = map[string]func(inner optimizers.Optimizer) optimizers.Optimizer{
	"sam": func(o optimizers.Optimizer) optimizers.Optimizer { return &optimizers.SAM{Inner: o} },
	"lookahead": func(o optimizers.Optimizer) optimizers.Optimizer {
		return &optimizers.Lookahead{Inner: o, Every: 2}
	},
	"ema": func(o optimizers.Optimizer) optimizers.Optimizer { return &optimizers.EMA{Inner: o, Decay: 0.9} },
	"ema of lookahead": func(o optimizers.Optimizer) optimizers.Optimizer {
		return &optimizers.EMA{Inner: &optimizers.Lookahead{Inner: o, Every: 2}, Decay: 0.9}
	},
	"lookahead of sam": func(o optimizers.Optimizer) optimizers.Optimizer {
		return &optimizers.Lookahead{Inner: &optimizers.SAM{Inner: o, Rho: 0.1}, Every: 2}
	},
	"Wrap of ema of sam": func(o optimizers.Optimizer) optimizers.Optimizer {
		return optimizers.Wrap(&optimizers.EMA{Inner: &optimizers.SAM{Inner: o}}, optimizers.Common{})
	},
}

// A wrapper's state is one with the inner optimizer's: it resumes to the bit through a file, is cut with the parameter, and
// is forgotten; another wrapper's, and the bare optimizer's, is refused.
func TestWrappedStateIsOne(t *testing.T) {
	for kind, make := range wrappers {
		for _, v := range variants {
			t.Run(fmt.Sprint(kind, v.name, v.options), func(t *testing.T) {
				a := make(mustNew(t, v.name, v.options))
				p, q := newProblem(tensor.Float32), newProblem(tensor.Float32)
				p.walk(t, a, 5)
				q.walk(t, make(mustNew(t, v.name, v.options)), 5)
				var file bytes.Buffer
				if _, err := a.State().WriteTo(&file); err != nil {
					t.Fatal(err)
				}
				s, err := optimizers.ReadState(&file)
				if err != nil {
					t.Fatal(err)
				}
				b := make(mustNew(t, v.name, v.options))
				if err := b.SetState(s); err != nil {
					t.Fatal(err)
				}
				p.walk(t, a, 4)
				q.walk(t, b, 4)
				if !slices.Equal(p.weights(), q.weights()) || !slices.Equal(numbersOf(a.State()), numbersOf(b.State())) ||
					a.StepCount() != 9 || b.StepCount() != 9 {
					t.Error("resumed, it goes elsewhere")
				}
				if a.Name() != v.name {
					if err := mustNew(t, v.name, v.options).SetState(s); !errors.Is(err, optimizers.ErrState) {
						t.Errorf("the bare optimizer takes it: %v", err)
					}
				}
				if err := a.Cut("w", 1, []int{3, 0}); err != nil {
					t.Fatal(err)
				}
				for _, ps := range a.State().Params {
					for _, sl := range ps.Slots {
						if want := map[string]int{"w": 6, "b": 5}[ps.Name]; len(sl.F32) != want {
							t.Errorf("slot %q of %q has %d entries, want %d", sl.Name, ps.Name, len(sl.F32), want)
						}
					}
				}
				a.Forget("w", "b")
				if n := len(a.State().Params); n != 0 {
					t.Errorf("%d parameters are remembered", n)
				}
			})
		}
	}
}

// Masks hold through wrappers, of the weights that are stepped on, those that are moved to, and those that are evaluated;
// frozen parameters stay; no step allocates.
func TestWrappersKeepMasksAndGroups(t *testing.T) {
	for kind, make := range wrappers {
		t.Run(kind, func(t *testing.T) {
			o := make(mustNew(t, "adam", nil))
			keep := []bool{true, false, true, true, false, true, true, true, false, true, true, true}
			if err := o.SetMask("w", optimizers.Mask{Shape: []int{3, 4}, Keep: keep}); err != nil {
				t.Fatal(err)
			}
			o.Options().Groups = []optimizers.ParamGroup{optimizers.Freeze(func(n string) bool { return n == "b" })}
			p := newProblem(tensor.Float64)
			start := p.weights()
			p.walk(t, o, 1)
			check := func(what string, x []float64) {
				for i, v := range x {
					if i < 12 && !keep[i] && v != 0 || i >= 12 && v != start[i] {
						t.Errorf("%s: entry %d is %v", what, i, v)
					}
				}
			}
			if s, ok := optimizers.SecondGradientOf(o); ok {
				p.gradient()
				if moved, err := s.Perturb(p.model()); !moved || err != nil {
					t.Fatal(moved, err)
				}
				check("moved", p.weights())
				p.gradient()
				if err := o.Step(p.model()); err != nil {
					t.Fatal(err)
				}
			}
			p.walk(t, o, 5)
			check("weights", p.weights())
			if slices.Equal(p.weights(), start) {
				t.Error("nothing has moved")
			}
			if _, ok := optimizers.EvaluationWeightsOf(o); ok {
				x := p.evaluated(t, o)
				for i := range x {
					if i < 12 && !keep[i] && x[i] != 0 {
						t.Errorf("evaluation weight %d is %v", i, x[i])
					}
				}
			}
			model := p.model()
			s, again := optimizers.SecondGradientOf(o)
			if n := testing.AllocsPerRun(20, func() {
				if again {
					if _, err := s.Perturb(model); err != nil {
						t.Fatal(err)
					}
				}
				if err := o.Step(model); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// A wrapper goes around a solver of another package, too, by way of Wrap: the slow weights are its own loop's.
func TestWrappersOfForeignSolvers(t *testing.T) {
	run := func(o optimizers.Optimizer, n int) (*problem, optimizers.Optimizer) {
		p := newProblem(tensor.Float64)
		p.walk(t, o, n)
		return p, o
	}
	foreign := func() optimizers.Optimizer {
		return optimizers.Wrap(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.05)), optimizers.Common{})
	}
	for kind, make := range wrappers {
		if strings.HasPrefix(kind, "Wrap") {
			continue
		}
		a, x := run(make(foreign()), 7)
		b, y := run(make(&optimizers.GD{LearningRate: 0.05}), 7)
		if d := distance(a.weights(), b.weights()); d > 1e-14 {
			t.Errorf("%s: off by %g", kind, d)
		}
		if _, ok := optimizers.EvaluationWeightsOf(x); ok {
			if d := distance(a.evaluated(t, x), b.evaluated(t, y)); d > 1e-14 {
				t.Errorf("%s: evaluation weights off by %g", kind, d)
			}
		}
		z := make(foreign())
		if err := z.SetState(x.State()); err != nil {
			t.Fatal(kind, err)
		}
		c := newProblem(tensor.Float64)
		put(c.w.w, clone(a.w.w))
		put(c.b.w, clone(a.b.w))
		c.t = a.t
		a.walk(t, x, 3)
		c.walk(t, z, 3)
		if !slices.Equal(a.weights(), c.weights()) {
			t.Errorf("%s: resumed, it goes elsewhere", kind)
		}
		if err := x.Cut("w", 0, []int{2}); err != nil {
			t.Error(kind, err)
		}
	}
}

// What a wrapper cannot do is an error of Step and of SetState.
func TestWrappersRefuse(t *testing.T) {
	p := newProblem(tensor.Float64)
	inner := func() optimizers.Optimizer { return &optimizers.SGD{} }
	for _, c := range []struct {
		o    optimizers.Optimizer
		is   error
		want string
	}{
		{&optimizers.EMA{}, optimizers.ErrInvalid, "no Inner"},
		{&optimizers.SAM{Inner: (*optimizers.Adam)(nil)}, optimizers.ErrInvalid, "no Inner"},
		{&optimizers.EMA{Inner: &optimizers.EMA{Inner: inner()}}, optimizers.ErrInvalid, `named "moving_average"`},
		{&optimizers.EMA{Inner: optimizers.Wrap(inner(), optimizers.Common{})}, optimizers.ErrForeign, "Wrap around both"},
		{&optimizers.EMA{Inner: inner(), Decay: 1}, optimizers.ErrInvalid, "decay is 1: must be a number in [0, 1)"},
		{&optimizers.Lookahead{Inner: inner(), Every: -1}, optimizers.ErrInvalid, "every is -1"},
		{&optimizers.Lookahead{Inner: inner(), Alpha: 2}, optimizers.ErrInvalid, "alpha is 2"},
		{&optimizers.SAM{Inner: inner(), Rho: -1}, optimizers.ErrInvalid, "rho is -1"},
		{&optimizers.SAM{Inner: inner()}, optimizers.ErrInvalid, "call Perturb"},
	} {
		before := p.weights()
		if err := c.o.Step(p.model()); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v, want … %s", c.o, err, c.want)
		}
		if !slices.Equal(before, p.weights()) {
			t.Errorf("%T: stepped", c.o)
		}
	}
	o := &optimizers.SAM{Inner: inner()}
	p.gradient()
	before := p.weights()
	if moved, err := o.Perturb(p.model()); !moved || err != nil || slices.Equal(before, p.weights()) {
		t.Fatal(moved, err)
	}
	if _, err := o.Perturb(p.model()); !errors.Is(err, optimizers.ErrState) {
		t.Error("moved twice:", err)
	}
	if err := o.Restore(p.model()); err != nil || !slices.Equal(before, p.weights()) {
		t.Error("not restored:", err)
	}
	o.Options().NonFinite = optimizers.SkipStep
	p.gradient()
	p.w.g.Data().([]float64)[2] = math.NaN()
	if moved, err := o.Perturb(p.model()); moved || err != nil {
		t.Error(moved, err)
	}
	if err := o.Step(p.model()); err != nil || o.Skipped() != 1 || !slices.Equal(before, p.weights()) {
		t.Error("the step is not skipped:", err)
	}
}

// Clips in a chain are those of Common at its head; the joint norm makes the chain go over all parameters first.
func TestClipsInAChain(t *testing.T) {
	for name, c := range map[string]struct {
		link transform.Transform
		clip optimizers.Clip
	}{
		"value":  {&transform.ClipValue{Limit: 0.3}, optimizers.Clip{Value: 0.3}},
		"norm":   {&transform.ClipNorm{Limit: 0.5}, optimizers.Clip{Norm: 0.5}},
		"global": {&transform.ClipGlobalNorm{Limit: 0.7}, optimizers.Clip{GlobalNorm: 0.7}},
	} {
		p, q, r := newProblem(tensor.Float64), newProblem(tensor.Float64), newProblem(tensor.Float64)
		own := &optimizers.Chain{Method: "clipped", LearningRate: 0.05, Links: []transform.Transform{
			c.link, &transform.Momentum{Momentum: 0.9}, &transform.Rate{}}}
		sgd := &optimizers.SGD{LearningRate: 0.05, Momentum: 0.9, Common: optimizers.Common{Clip: c.clip}}
		p.steps(t, own, 40)
		q.steps(t, sgd, 40)
		r.steps(t, &optimizers.SGD{LearningRate: 0.05, Momentum: 0.9}, 40)
		if d := distance(p.weights(), q.weights()); d > 1e-13 {
			t.Errorf("%s: off by %g", name, d)
		}
		if d := distance(p.weights(), r.weights()); d < 1e-3 {
			t.Errorf("%s: it clips nothing", name)
		}
		model := p.model()
		if n := testing.AllocsPerRun(20, func() {
			if err := own.Step(model); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

package optimizers_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

func TestScheduleTable(t *testing.T) {
	for _, info := range optimizers.Schedules() {
		names := []string{}
		for _, o := range info.Options {
			names = append(names, o.Name)
			if o.Help == "" || o.Range == "" {
				t.Errorf("%q: option %+v lacks something", info.Name, o)
			}
		}
		if !slices.Contains(names, "warmup") || info.Summary == "" {
			t.Errorf("%q: options %v, summary %q", info.Name, names, info.Summary)
		}
	}
}

// With nothing but the length of the training every schedule that has one fills it, after its warm-up.
func TestScheduleLengthByDefault(t *testing.T) {
	for name, end := range map[string]float64{"linear": 0, "polynomial": 0, "cosine": 0} {
		for _, warm := range []int{0, 20} {
			o := optimizers.Options{"warmup": warm}
			s, err := optimizers.NewSchedule(name, 100, o)
			if err != nil {
				t.Fatal(err)
			}
			if s.Factor(100) != end || !(s.Factor(99) > end) || s.Factor(100000) != end {
				t.Errorf("%s, warm-up %d: %v at 99, %v at 100", name, warm, s.Factor(99), s.Factor(100))
			}
			if f := s.Factor(warm); f != 1 {
				t.Errorf("%s: %v after the warm-up", name, f)
			}
			if len(o) != 1 {
				t.Error("the options were changed")
			}
		}
	}
}

func TestNewScheduleRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		total   int
		options optimizers.Options
		is      error
		want    string
	}{
		{"cosin", 10, nil, optimizers.ErrUnknown, `did you mean "cosine"`},
		{"cosine", 0, nil, optimizers.ErrInvalid, "steps has to be given"},
		{"cosine", 10, optimizers.Options{"warmup": 10}, optimizers.ErrInvalid, "leaves nothing of 10"},
		{"cosine", 10, optimizers.Options{"warmup": -1}, optimizers.ErrInvalid, "warmup"},
		{"cosine", 10, optimizers.Options{"warmup": 1.5}, optimizers.ErrInvalid, "whole number"},
		{"cosine", 10, optimizers.Options{"warmup_start": 0.5}, optimizers.ErrInvalid, "without a warmup"},
		{"cosine", 10, optimizers.Options{"steps": 0}, optimizers.ErrInvalid, "steps"},
		{"cosine", 10, optimizers.Options{"finale": 0}, optimizers.ErrUnknown, `did you mean "final"`},
		{"step", 10, nil, optimizers.ErrInvalid, "every has to be given"},
		{"step", 10, optimizers.Options{"every": 3, "gamma": -1}, optimizers.ErrInvalid, "gamma is -1"},
		{"multistep", 10, nil, optimizers.ErrInvalid, "milestones has to be given"},
		{"multistep", 10, optimizers.Options{"milestones": "30,20"}, optimizers.ErrInvalid, "ascending"},
		{"multistep", 10, optimizers.Options{"milestones": []any{1, "x"}}, optimizers.ErrInvalid, "1,x"},
		{"one_cycle", 3, nil, optimizers.ErrInvalid, "rise"},
		{"one_cycle", 100, optimizers.Options{"rise": 1}, optimizers.ErrInvalid, "rise is 1"},
	} {
		s, err := optimizers.NewSchedule(c.name, c.total, c.options)
		if s != nil || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("NewSchedule(%q, %d, %v) = %v, want ... %s", c.name, c.total, c.options, err, c.want)
		}
	}
}

func TestMilestonesFromText(t *testing.T) {
	a, err := optimizers.NewSchedule("multistep", 0, optimizers.Options{"milestones": "3, 5", "gamma": "0.5"})
	if err != nil {
		t.Fatal(err)
	}
	for step, want := range []float64{1, 1, 1, 0.5, 0.5, 0.25, 0.25} {
		if got := a.Factor(step); got != want {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
}

func TestInverseSqrt(t *testing.T) {
	s := &optimizers.Warmup{Steps: 400, Then: &optimizers.InverseSqrt{Scale: 400}}
	// the transformer's min(t^-½, t·400^-3/2), scaled to 1 at its peak
	for _, step := range []int{0, 1, 200, 400, 401, 1600, 40000} {
		x := float64(step)
		want := math.Min(1/math.Sqrt(x), x*math.Pow(400, -1.5)) * math.Sqrt(400)
		if got := s.Factor(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	if f := new(optimizers.InverseSqrt).Factor(1000); math.Abs(f-math.Sqrt(0.5)) > 1e-15 {
		t.Errorf("default scale: %v", f)
	}
}

// No schedule panics or gives a factor that is not a finite number >= 0 once its parameters are accepted, and a
// schedule whose parameters are not gives at worst NaN.
func TestSchedulesAreTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-2, 50)
		x := rapid.SampledFrom([]float64{0, optimizers.Zero, 0.1, 0.5, 1, 3, -1, math.NaN()})
		s := rapid.SampledFrom([]optimizers.Schedule{
			&optimizers.StepDecay{Every: n.Draw(t, "n"), Gamma: x.Draw(t, "x")},
			&optimizers.MultiStep{Milestones: []int{n.Draw(t, "n"), 9}, Gamma: x.Draw(t, "x")},
			&optimizers.Exponential{Gamma: x.Draw(t, "x")},
			&optimizers.Linear{Steps: n.Draw(t, "n"), Start: x.Draw(t, "x"), End: x.Draw(t, "y")},
			&optimizers.Polynomial{Steps: n.Draw(t, "n"), Power: x.Draw(t, "x")},
			&optimizers.Cosine{Steps: n.Draw(t, "n"), Final: x.Draw(t, "x")},
			&optimizers.CosineRestarts{Period: n.Draw(t, "n"), Growth: n.Draw(t, "g") / 10, Final: x.Draw(t, "x")},
			&optimizers.OneCycle{
				Steps: n.Draw(t, "n"), Rise: x.Draw(t, "x"), Divide: x.Draw(t, "y"), FinalDivide: x.Draw(t, "z"),
			},
			&optimizers.InverseSqrt{Scale: n.Draw(t, "n")},
		}).Draw(t, "schedule")
		warm := &optimizers.Warmup{Steps: n.Draw(t, "w"), Start: x.Draw(t, "s"), Then: s}
		step := rapid.IntRange(0, 300).Draw(t, "step") // 3^300 is still finite
		f := warm.Factor(step)
		if warm.Validate() == nil && (!(f >= 0) || math.IsInf(f, 0)) {
			t.Fatalf("%#v: factor %v at %d", s, f, step)
		}
	})
}

// Rate shows what the next Step uses, and SetStep moves it.
func TestRateAndSetStep(t *testing.T) {
	o := &optimizers.GD{LearningRate: 0.5, Common: optimizers.Common{Schedule: &optimizers.Exponential{Gamma: 0.5}}}
	p := newProblem(tensor.Float64)
	for step := range 4 {
		want := 0.5 * math.Pow(0.5, float64(step))
		if r := o.Rate(); r != want {
			t.Errorf("step %d: rate %v, want %v", step, r, want)
		}
		p.gradient()
		g, w := p.b.data(nil, true), p.b.data(nil, false)
		if err := o.Step(p.model()); err != nil {
			t.Fatal(err)
		}
		if got := p.b.data(nil, false)[1]; got != w[1]-want*g[1] {
			t.Errorf("step %d: the step used another rate", step)
		}
	}
	o.SetStep(1)
	if r := o.Rate(); r != 0.25 || o.StepCount() != 1 {
		t.Errorf("after SetStep(1): rate %v", r)
	}
	o.SetStep(-5)
	if o.StepCount() != 0 {
		t.Error("negative step")
	}
}

package optimizers_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/settings"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A step allocates nothing once the parameters are known, with everything switched on.
func TestStepDoesNotAllocate(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, v := range variants {
			t.Run(fmt.Sprint(dt, v.name, v.options), func(t *testing.T) {
				o := mustNew(t, v.name, v.options)
				c := o.Options()
				c.Schedule = &optimizers.Warmup{Steps: 3, Then: &optimizers.Cosine{Steps: 1000}}
				c.Clip = optimizers.Clip{Value: 1, Norm: 0.5, GlobalNorm: 0.4}
				c.NonFinite = optimizers.SkipStep
				c.Groups = []optimizers.ParamGroup{optimizers.NoDecay(func(name string) bool { return name == "b" })}
				mask := optimizers.Mask{Shape: []int{5}, Keep: []bool{true, false, true, true, true}}
				if err := o.SetMask("b", mask); err != nil {
					t.Fatal(err)
				}
				p := newProblem(dt)
				scalar := &param{"s", gorgonia.NewF64(1), gorgonia.NewF64(0.1)}
				node := gorgonia.NewVector(gorgonia.NewGraph(), dt, gorgonia.WithShape(2), gorgonia.WithName("node"),
					gorgonia.WithValue(dense(dt, []int{2}, []float64{1, 2})), gorgonia.WithGrad(dense(dt, []int{2}, []float64{1, 2})))
				model := append(p.model(), scalar, node)
				p.gradient()
				step := func() {
					if err := o.Step(model); err != nil {
						t.Fatal(err)
					}
				}
				step()
				if n := testing.AllocsPerRun(20, step); n != 0 {
					t.Errorf("%v allocations a step", n)
				}
			})
		}
	}
}

// Scalars, whether Gorgonia's or dense, go the way of a vector's entry.
func TestScalars(t *testing.T) {
	for _, v := range variants {
		t.Run(fmt.Sprint(v.name, v.options), func(t *testing.T) {
			o := mustNew(t, v.name, v.options)
			a := &param{"a", gorgonia.NewF64(1.5), gorgonia.NewF64(0)}
			b := &param{"b", gorgonia.NewF32(1.5), gorgonia.NewF32(0)}
			c := &param{"c", tensor.New(tensor.FromScalar(1.5)), tensor.New(tensor.FromScalar(0.0))}
			d := newParam("d", tensor.Float64, []int{1, 1}, []float64{1.5})
			for range 10 {
				x := d.w.Data().([]float64)[0]
				*a.g.(*gorgonia.F64) = gorgonia.F64(x)
				*b.g.(*gorgonia.F32) = gorgonia.F32(x)
				c.g.(*tensor.Dense).Set(0, x)
				d.g.Data().([]float64)[0] = x
				if err := o.Step([]gorgonia.ValueGrad{a, b, c, d}); err != nil {
					t.Fatal(err)
				}
				if *a.g.(*gorgonia.F64) != 0 || *b.g.(*gorgonia.F32) != 0 || c.g.Data().(float64) != 0 {
					t.Fatal("gradient is not zeroed")
				}
			}
			want := d.data(nil, false)[0]
			if want == 1.5 {
				t.Fatal("nothing has moved")
			}
			if x := a.data(nil, false)[0]; x != want {
				t.Errorf("F64: %v, want %v", x, want)
			}
			if x := c.data(nil, false)[0]; x != want {
				t.Errorf("dense: %v, want %v", x, want)
			}
			if x := b.data(nil, false)[0]; math.Abs(x-want) > 1e-5 {
				t.Errorf("F32: %v, want %v", x, want)
			}
		})
	}
}

func TestKeepGradients(t *testing.T) {
	for _, keep := range []bool{false, true} {
		p, o := newProblem(tensor.Float32), mustNew(t, "sgd", nil)
		o.Options().KeepGradients = keep
		p.gradient()
		want := p.w.data(nil, true)
		if err := o.Step(p.model()); err != nil {
			t.Fatal(err)
		}
		if !keep {
			want = make([]float64, len(want))
		}
		if got := p.w.data(nil, true); !slices.Equal(got, want) {
			t.Errorf("keep %v: %v, want %v", keep, got, want)
		}
	}
}

func TestGroups(t *testing.T) {
	isB := func(name string) bool { return name == "b" }
	step := func(c optimizers.Common, lr, decay float64) *problem {
		p := newProblem(tensor.Float64)
		o := &optimizers.SGD{LearningRate: lr, WeightDecay: decay, Common: c}
		p.steps(t, o, 3)
		return p
	}
	plain := step(optimizers.Common{}, 0.1, 0.3)

	p := step(optimizers.Common{Groups: []optimizers.ParamGroup{optimizers.Freeze(isB)}}, 0.1, 0.3)
	if !slices.Equal(p.b.data(nil, false), newProblem(tensor.Float64).b.data(nil, false)) {
		t.Error("a frozen parameter moves")
	}
	if g := p.b.data(nil, true); slices.Max(g) != 0 || slices.Min(g) != 0 {
		t.Error("a frozen parameter's gradient adds up")
	}
	p = step(optimizers.Common{Groups: []optimizers.ParamGroup{optimizers.NoDecay(isB)}}, 0.1, 0.3)
	if !slices.Equal(p.w.data(nil, false), plain.w.data(nil, false)) {
		t.Error("a group changes a parameter that does not match")
	}
	if !slices.Equal(p.b.data(nil, false), step(optimizers.Common{}, 0.1, 0).b.data(nil, false)) {
		t.Error("weight decay where there should be none")
	}
	two := []optimizers.ParamGroup{{Match: isB, RateFactor: 0.5, DecayFactor: 2}, {RateFactor: 9}}
	p = step(optimizers.Common{Groups: two}, 0.1, 0.3)
	if !slices.Equal(p.b.data(nil, false), step(optimizers.Common{}, 0.05, 0.6).b.data(nil, false)) {
		t.Error("rate or decay factor")
	}
	if slices.Equal(p.w.data(nil, false), plain.w.data(nil, false)) {
		t.Error("the second group matches all, but does nothing")
	}
}

// The factors of a group reach every optimizer.
func TestGroupsReachEveryOptimizer(t *testing.T) {
	t.Run("float32", func(t *testing.T) { groupsReach(t, tensor.Float32) })
	t.Run("float64", func(t *testing.T) { groupsReach(t, tensor.Float64) })
}

func groupsReach(t *testing.T, dt tensor.Dtype) {
	for _, v := range variants {
		t.Run(fmt.Sprint(v.name, v.options), func(t *testing.T) {
			o := mustNew(t, v.name, v.options)
			o.Options().Groups = []optimizers.ParamGroup{{RateFactor: optimizers.Zero}}
			p := newProblem(dt)
			start := p.weights()
			p.steps(t, o, 3)
			if !slices.Equal(start, p.weights()) {
				t.Error("moves at rate 0")
			}
			decays := func(o settings.Description) bool { return o.Name == "weight_decay" }
			if !slices.ContainsFunc(infoOf(t, v.name).Options, decays) {
				return
			}
			with := optimizers.Options{"weight_decay": 0.5}
			without := optimizers.Options{"weight_decay": 0}
			for k, x := range v.options {
				if k != "weight_decay" {
					with[k], without[k] = x, x
				}
			}
			a, b, c := newProblem(dt), newProblem(dt), newProblem(dt)
			exempt := mustNew(t, v.name, with)
			exempt.Options().Groups = []optimizers.ParamGroup{optimizers.NoDecay(nil)}
			a.steps(t, exempt, 3)
			b.steps(t, mustNew(t, v.name, without), 3)
			c.steps(t, mustNew(t, v.name, with), 3)
			if !slices.Equal(a.weights(), b.weights()) {
				t.Error("decays although exempt")
			}
			if slices.Equal(b.weights(), c.weights()) {
				t.Error("weight decay does nothing")
			}
		})
	}
}

func infoOf(t *testing.T, name string) optimizers.Info {
	t.Helper()
	for _, i := range optimizers.All() {
		if i.Name == name {
			return i
		}
	}
	t.Fatalf("no %q", name)
	return optimizers.Info{}
}

func TestNonFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, policy := range []optimizers.NonFinite{optimizers.Unchecked, optimizers.Fail, optimizers.SkipStep} {
			for _, clip := range []optimizers.Clip{{}, {GlobalNorm: 1}, {Norm: 1}} {
				t.Run(fmt.Sprint(bad, policy, clip), func(t *testing.T) {
					p, o := newProblem(tensor.Float32), mustNew(t, "adam", nil)
					o.Options().NonFinite, o.Options().Clip = policy, clip
					p.steps(t, o, 2)
					before := p.weights()
					p.gradient()
					p.b.g.Data().([]float32)[3] = float32(bad)
					err := o.Step(p.model())
					moved := !slices.Equal(before, p.weights())
					switch {
					case policy == optimizers.SkipStep:
						zeroed := slices.Equal(p.b.data(nil, true), make([]float64, 5))
						if err != nil || moved || o.Skipped() != 1 || o.StepCount() != 2 || !zeroed {
							t.Errorf("%v, moved %v, skipped %d, gradient %v", err, moved, o.Skipped(), p.b.data(nil, true))
						}
					case policy == optimizers.Fail || clip != optimizers.Clip{}:
						if !errors.Is(err, optimizers.ErrNonFinite) || !strings.Contains(err.Error(), `"b"`) ||
							moved || o.StepCount() != 2 {
							t.Errorf("%v, moved %v", err, moved)
						}
					default:
						if x := p.weights()[15]; err != nil || !math.IsNaN(x) {
							t.Errorf("%v, weight %v: a bad gradient must show", err, x)
						}
					}
				})
			}
		}
	}
}

func TestCommonIsChecked(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]optimizers.Common{
		"clip":        {Clip: optimizers.Clip{Value: -1}},
		"clip NaN":    {Clip: optimizers.Clip{GlobalNorm: nan}},
		"policy":      {NonFinite: 7},
		"group":       {Groups: []optimizers.ParamGroup{{RateFactor: -1}}},
		"group NaN":   {Groups: []optimizers.ParamGroup{{DecayFactor: nan}}},
		"schedule":    {Schedule: &optimizers.StepDecay{}},
		"warm-up":     {Schedule: &optimizers.Warmup{Steps: 3, Then: &optimizers.Cosine{}}},
		"no schedule": {Schedule: optimizers.ScheduleFunc(func(int) float64 { return nan })},
		"rate":        {},
	} {
		p, o := newProblem(tensor.Float64), &optimizers.SGD{Common: c}
		if name == "rate" {
			o.LearningRate = -1
		}
		before := p.weights()
		p.gradient()
		if err := o.Step(p.model()); !errors.Is(err, optimizers.ErrInvalid) || !strings.HasPrefix(err.Error(), "sgd: ") {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(before, p.weights()) {
			t.Errorf("%s: stepped", name)
		}
		if !math.IsNaN(o.Rate()) && name != "rate" && name != "schedule" {
			t.Errorf("%s: rate %v", name, o.Rate())
		}
	}
}

// Options may be changed between steps, and slots that come into use later begin afresh.
func TestOptionsMayChange(t *testing.T) {
	p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
	a, b := &optimizers.SGD{LearningRate: 0.1}, &optimizers.SGD{LearningRate: 0.1, Momentum: 0.9, Dampening: 0.5}
	p.steps(t, a, 2)
	copy(q.w.w.Data().([]float64), p.w.w.Data().([]float64))
	copy(q.b.w.Data().([]float64), p.b.w.Data().([]float64))
	q.t = p.t
	a.Momentum, a.Dampening = 0.9, 0.5
	p.steps(t, a, 3)
	q.steps(t, b, 3)
	if !slices.Equal(p.weights(), q.weights()) {
		t.Errorf("%v, want %v", p.weights(), q.weights())
	}
	a.Momentum, a.Dampening = 0, 0
	p.steps(t, a, 1)
	if n := len(a.State().Params[0].Slots); n != 0 {
		t.Errorf("%d slots are left that nothing uses", n)
	}
}

func TestCopyIsRefused(t *testing.T) {
	p, o := newProblem(tensor.Float64), optimizers.Adam{}
	p.steps(t, &o, 1)
	c := o
	if err := c.Step(p.model()); !errors.Is(err, optimizers.ErrState) {
		t.Error(err)
	}
}

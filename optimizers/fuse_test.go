package optimizers_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

// Every optimizer that has a fused kernel goes where its transforms go one by one: weights and state, up to rounding,
// with parameter groups, a schedule and masks. Rounding may decide about Rprop's signs only where a gradient is 0.
func TestFusedIsTheChain(t *testing.T) {
	more := append(slices.Clone(variants), []struct {
		name    string
		options optimizers.Options
	}{
		{"sgd", optimizers.Options{"momentum": 0.8, "dampening": 0.5, "weight_decay": 0.1}},
		{"sgd", optimizers.Options{"momentum": 0.8, "weight_decay": 0.1}},
		{"sgd", optimizers.Options{"weight_decay": 0.1}},
		{"adam", optimizers.Options{"weight_decay": 0.1, "eps": 0.1}},
		{"adamw", optimizers.Options{"weight_decay": 0.3}},
		{"nadam", optimizers.Options{"weight_decay": 0.1, "beta2": 0.9}},
		{"radam", optimizers.Options{"weight_decay": 0.1, "beta2": 0.9}},
		{"adamax", optimizers.Options{"weight_decay": 0.1}},
		{"rmsprop", optimizers.Options{"decoupled": true, "weight_decay": 0.1, "momentum": 0.5}},
		{"rmsprop", optimizers.Options{"eps_inside": true, "centered": true, "weight_decay": 0.1}},
		{"adagrad", optimizers.Options{"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator": 0.2}},
		{"adadelta", optimizers.Options{"weight_decay": 0.1}},
		{"asgd", optimizers.Options{"weight_decay": 0.1, "t0": 2, "lambd": 0.1}},
		{"rprop", optimizers.Options{"step_max": 0.05}},
	}...)
	worst := map[string]float64{}
	for _, v := range more {
		if v.name == "lamb" { // has no fused kernel
			continue
		}
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(v.name, v.options, dt), func(t *testing.T) {
				run := func(plain bool) (*problem, optimizers.Optimizer) {
					o := mustNew(t, v.name, v.options)
					o.Options().Groups = []optimizers.ParamGroup{
						{Match: func(n string) bool { return n == "b" }, RateFactor: 0.7, DecayFactor: 0.4}}
					o.Options().Schedule = &optimizers.Exponential{Gamma: 0.99}
					if plain && !optimizers.Unfuse(o) {
						t.Fatal("there is no fused kernel")
					}
					p := newProblem(dt)
					p.steps(t, o, 10)
					keep := []bool{true, false, true, true, false}
					if err := o.SetMask("b", optimizers.Mask{Shape: []int{5}, Keep: keep}); err != nil {
						t.Fatal(err)
					}
					p.steps(t, o, 30)
					return p, o
				}
				a, fused := run(false)
				b, plain := run(true)
				tol := 1e-12
				if dt == tensor.Float32 {
					tol = 1e-5
				}
				d := distance(a.weights(), b.weights())
				x, y := numbersOf(fused.State()), numbersOf(plain.State())
				if len(x) != len(y) {
					t.Fatalf("%d and %d numbers of state", len(x), len(y))
				}
				d = math.Max(d, distance(x, y))
				worst[dt.String()] = math.Max(worst[dt.String()], d)
				if !(d <= tol) {
					t.Errorf("off by %g", d)
				}
				if distance(a.weights(), newProblem(dt).weights()) < 1e-3 {
					t.Error("the weights have hardly moved: the comparison says nothing")
				}
			})
		}
	}
	if n := optimizers.UnusedFusions(); n != 0 {
		t.Errorf("%d rows of the table of fused kernels were not tried", n)
	}
	t.Logf("largest difference: %v", worst)
}

// numbersOf are all values of a state, in its order.
func numbersOf(s *optimizers.State) (x []float64) {
	for _, p := range s.Params {
		x = append(x, float64(p.Step))
		for _, l := range p.Slots {
			x = append(x, l.F64...)
			for _, v := range l.F32 {
				x = append(x, float64(v))
			}
		}
		for _, n := range p.Numbers {
			x = append(x, n.Value)
		}
	}
	return x
}

// Transforms one by one allocate nothing either, once the first step is over.
func TestChainAllocatesNothing(t *testing.T) {
	for _, v := range variants {
		o := mustNew(t, v.name, v.options)
		optimizers.Unfuse(o)
		p := newProblem(tensor.Float32)
		p.steps(t, o, 2)
		model := p.model()
		if n := testing.AllocsPerRun(20, func() {
			if err := o.Step(model); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", v.name, n)
		}
	}
}

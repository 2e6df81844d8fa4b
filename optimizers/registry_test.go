package optimizers_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

// The table is complete: every type of the package that is an Optimizer has a row, and each row says what it must.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, info := range optimizers.All() {
		if names[info.Name] {
			t.Errorf("%q comes twice", info.Name)
		}
		names[info.Name] = true
		o := info.New()
		if o.Name() != info.Name || info.Summary == "" || info.Paper == "" {
			t.Errorf("%q: name %q, summary %q, paper %q", info.Name, o.Name(), info.Summary, info.Paper)
		}
		if info.Options[0].Name != "lr" {
			t.Errorf("%q: the first option is %q, want lr", info.Name, info.Options[0].Name)
		}
		if rate := o.Rate(); rate != info.Options[0].Default {
			t.Errorf("%q: rate %v, default %v", info.Name, rate, info.Options[0].Default)
		}
		// one file per optimizer
		if _, err := os.Stat(info.Name + ".go"); err != nil {
			t.Error(err)
		}
		// every exported field of its own is an option, and the other way round
		fields := 0
		typ := reflect.TypeOf(o).Elem()
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() && !f.Anonymous {
				fields++
			}
		}
		if fields != len(info.Options) {
			t.Errorf("%q has %d fields and %d options", info.Name, fields, len(info.Options))
		}
		for _, opt := range info.Options {
			if opt.Help == "" || opt.Range == "" || opt.Default == nil {
				t.Errorf("%q: option %+v lacks something", info.Name, opt)
			}
		}
	}
}

// Every option does something, and giving a default by name changes nothing.
func TestEveryOptionCounts(t *testing.T) {
	for _, info := range optimizers.All() {
		for _, opt := range info.Options {
			t.Run(info.Name+"/"+opt.Name, func(t *testing.T) {
				base := optimizers.Options{}
				switch { // options that show only beside others
				case opt.Name == "nesterov" || opt.Name == "dampening":
					base["momentum"] = 0.9
				case opt.Name == "amsgrad":
					base["beta2"] = 0.5
				case opt.Name == "decoupled":
					base["weight_decay"] = 0.3
				case opt.Name == "eps_inside":
					base["eps"] = 0.1
				case opt.Name == "eps":
					base["lr"] = 0.5
				case opt.Name == "alpha" && info.Name == "asgd":
					base["lambd"] = 0.1
				case opt.Name == "step_max":
					base["eta_plus"] = 2
				case opt.Name == "step_min":
					base["eta_minus"] = 0.01
				}
				run := func(o optimizers.Options) []float64 {
					p, s := newProblem(tensor.Float64), mustNew(t, info.Name, o)
					p.steps(t, s, 20)
					x := p.weights()
					if info.Name == "asgd" { // the average is what t0 changes
						for _, ps := range s.State().Params {
							x = append(x, ps.Slots[0].F64...)
						}
					}
					return x
				}
				with := func(v any) []float64 {
					o := optimizers.Options{opt.Name: v}
					for k, x := range base {
						if k != opt.Name {
							o[k] = x
						}
					}
					return run(o)
				}
				plain := run(base)
				if _, ok := base[opt.Name]; !ok && !slices.Equal(plain, with(opt.Default)) {
					t.Errorf("the default given by name differs from the default")
				}
				other := map[string]any{"beta1": 0.5, "beta2": 0.6, "alpha": 0.5, "rho": 0.5, "dampening": 0.5, "t0": 5,
					"eta_minus": 0.9, "eta_plus": 1.5, "step_min": 0.005, "step_max": 0.02, "nesterov": true, "centered": "true",
					"eps_inside": true, "decoupled": true,
					"amsgrad": 1, "eps": "0.1"}[opt.Name]
				if other == nil {
					other = 0.31
				}
				if slices.Equal(plain, with(other)) {
					t.Errorf("%v does nothing", other)
				}
			})
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		options optimizers.Options
		is      error
		want    string
	}{
		{"admm", nil, optimizers.ErrUnknown, `did you mean "adam"`},
		{"Adam", nil, optimizers.ErrUnknown, `did you mean "adam"`},
		{"", nil, optimizers.ErrUnknown, "known: gd, sgd, adam"},
		{"adam", optimizers.Options{"beta_1": 1}, optimizers.ErrUnknown, `did you mean "beta1"`},
		{"gd", optimizers.Options{"momentum": 0.9}, optimizers.ErrUnknown, "known: lr"},
		{"adam", optimizers.Options{"lr": -0.1}, optimizers.ErrInvalid, "adam: lr is -0.1: must be a number >= 0"},
		{"adam", optimizers.Options{"lr": math.NaN()}, optimizers.ErrInvalid, "lr is NaN"},
		{"adam", optimizers.Options{"lr": math.Inf(1)}, optimizers.ErrInvalid, "lr is +Inf"},
		{"adam", optimizers.Options{"beta1": 1}, optimizers.ErrInvalid, "beta1 is 1: must be a number in [0, 1)"},
		{"adam", optimizers.Options{"beta2": -0.5}, optimizers.ErrInvalid, "beta2"},
		{"adam", optimizers.Options{"eps": -1}, optimizers.ErrInvalid, "eps"},
		{"adam", optimizers.Options{"lr": "fast"}, optimizers.ErrInvalid, `lr is "fast": must be a number`},
		{"adam", optimizers.Options{"lr": true}, optimizers.ErrInvalid, "lr is true: must be a number"},
		{"adam", optimizers.Options{"amsgrad": 2}, optimizers.ErrInvalid, "amsgrad is 2: must be true or false"},
		{"adam", optimizers.Options{"amsgrad": "ja"}, optimizers.ErrInvalid, "must be true or false"},
		{"adamw", optimizers.Options{"weight_decay": -1}, optimizers.ErrInvalid, "weight_decay"},
		{"sgd", optimizers.Options{"nesterov": true}, optimizers.ErrInvalid, "nesterov needs a momentum"},
		{"sgd", optimizers.Options{"nesterov": true, "momentum": 0.9, "dampening": 0.1}, optimizers.ErrInvalid, "nesterov"},
		{"rprop", optimizers.Options{"step_min": 1, "step_max": 0.1}, optimizers.ErrInvalid, "step_min is greater"},
		{"rprop", optimizers.Options{"eta_plus": 0.5}, optimizers.ErrInvalid, "eta_plus is 0.5: must be a number > 1"},
	} {
		o, err := optimizers.New(c.name, c.options)
		if o != nil || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("New(%q, %v) = %v, want ... %s", c.name, c.options, err, c.want)
		}
	}
}

// A literal's zero means the default, Zero means 0, and a plain 0 by name means 0.
func TestZero(t *testing.T) {
	run := func(o optimizers.Optimizer) []float64 {
		p := newProblem(tensor.Float64)
		p.steps(t, o, 5)
		return p.weights()
	}
	def, none := run(&optimizers.AdamW{}), run(&optimizers.AdamW{WeightDecay: optimizers.Zero})
	if slices.Equal(def, none) {
		t.Error("Zero does not switch the decay off")
	}
	if !slices.Equal(def, run(&optimizers.AdamW{WeightDecay: 0.01})) {
		t.Error("the default is not 0.01")
	}
	if !slices.Equal(none, run(mustNew(t, "adamw", optimizers.Options{"weight_decay": 0}))) {
		t.Error("0 by name is not 0")
	}
	if !slices.Equal(none, run(&optimizers.Adam{})) {
		t.Error("AdamW without decay is not Adam")
	}
}

func ExampleNew() {
	_, err := optimizers.New("adam", optimizers.Options{"learning_rate": 0.1})
	fmt.Println(err)
	_, err = optimizers.New("adam", optimizers.Options{"beta1": "1.5"})
	fmt.Println(err)
	// Output:
	// unknown adam option "learning_rate" (known: lr, beta1, beta2, eps, weight_decay, amsgrad)
	// adam: beta1 is 1.5: must be a number in [0, 1)
}

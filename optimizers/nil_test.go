package optimizers_test

import (
	"errors"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
)

// An optimizer that is nil, or a nil pointer in an interface, is an error of what takes it.
func TestNilOptimizers(t *testing.T) {
	for name, o := range map[string]optimizers.Optimizer{
		"nil": nil, "a nil Adam": (*optimizers.Adam)(nil), "a nil wrapper": (*optimizers.Wrapped)(nil),
	} {
		for what, err := range map[string]error{"Reset": optimizers.Reset(o), "Cuttable": optimizers.Cuttable(o)} {
			if !errors.Is(err, optimizers.ErrInvalid) {
				t.Errorf("%s of %s: %v", what, name, err)
			}
		}
		if _, ok := optimizers.EvaluationWeightsOf(o); ok {
			t.Errorf("%s has averages", name)
		}
		if _, ok := optimizers.SecondGradientOf(o); ok {
			t.Errorf("%s asks for a second gradient", name)
		}
		for _, w := range []optimizers.Optimizer{&optimizers.SAM{Inner: o}, &optimizers.EMA{Inner: o}, &optimizers.Lookahead{Inner: o}} {
			err := w.Step(nil)
			w.SetStep(3)
			w.Forget("w")
			if !errors.Is(err, optimizers.ErrInvalid) || w.Name() == "" || w.Options() == nil || w.StepCount() != 0 ||
				w.Skipped() != 0 || w.Rate() == w.Rate() || w.Cut("w", 0, nil) == nil || w.State() == nil {
				t.Errorf("%T around %s: %v", w, name, err)
			}
		}
		if err := optimizers.Wrap(o, optimizers.Common{}).Step(nil); !errors.Is(err, optimizers.ErrInvalid) {
			t.Errorf("a step of a wrapper of %s: %v", name, err)
		}
	}
	none := optimizers.WrapNew(func() gorgonia.Solver { return (*gorgonia.AdamSolver)(nil) }, optimizers.Common{})
	if err := none.Step(nil); !errors.Is(err, optimizers.ErrInvalid) {
		t.Errorf("a step of a wrapper of a nil solver: %v", err)
	}
}

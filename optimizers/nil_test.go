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
		if err := optimizers.Wrap(o, optimizers.Common{}).Step(nil); !errors.Is(err, optimizers.ErrInvalid) {
			t.Errorf("a step of a wrapper of %s: %v", name, err)
		}
	}
	none := optimizers.WrapNew(func() gorgonia.Solver { return (*gorgonia.AdamSolver)(nil) }, optimizers.Common{})
	if err := none.Step(nil); !errors.Is(err, optimizers.ErrInvalid) {
		t.Errorf("a step of a wrapper of a nil solver: %v", err)
	}
}

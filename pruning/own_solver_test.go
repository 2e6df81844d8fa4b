package pruning

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Pruning fine-tunes with a solver of another package: one that can be made anew goes through any number of rounds, one
// that cannot through one, and what will not work is said before any work.
func TestPruneWithAWrappedSolver(t *testing.T) {
	n := train(t, "iris", tensor.Float32, models.Dense(10, models.ReLU), models.Dense(8, models.ReLU))
	adam := func() gorgonia.Solver { return gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.01)) }
	used := optimizers.Wrap(adam(), optimizers.Common{})
	tr, err := training.New(n.m.With(must(n.m.Net.Clone())), n.d, n.parts,
		training.Config{Epochs: 1, Batch: 32, Optimizer: used})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		o      optimizers.Optimizer
		rounds int
		method Method
		fails  bool
	}{
		{"Gorgonia's Adam, one round", optimizers.Wrap(adam(), optimizers.Common{}), 1, RemoveUnits, false},
		{"Gorgonia's Adam, three rounds", optimizers.Wrap(adam(), optimizers.Common{}), 3, RemoveUnits, true},
		{"used before", used, 1, RemoveUnits, true},
		{"masks only", optimizers.Wrap(adam(), optimizers.Common{}), 3, MaskUnits, false},
		{"made anew, three rounds", optimizers.WrapNew(adam, optimizers.Common{}), 3, RemoveUnits, false},
		{"no state, three rounds", optimizers.Wrap(gorgonia.NewVanillaSolver(), optimizers.Common{}), 3, RemoveUnits, false},
		{"ours in a wrapper", optimizers.Wrap(&optimizers.Adam{}, optimizers.Common{}), 3, RemoveUnits, false},
	} {
		rounds := 0
		r, err := Prune(t.Context(), n.m, n.d, n.parts, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Method: c.method, Rounds: c.rounds,
			Finetune: &training.Config{Epochs: 2, Batch: 32, Optimizer: c.o},
			OnRound:  func(RoundInfo) error { rounds++; return nil }})
		switch {
		case c.fails && (!errors.Is(err, optimizers.ErrForeign) || !strings.Contains(err.Error(), "WrapNew") || rounds > 0):
			t.Errorf("%s: after %d rounds %v", c.name, rounds, err)
		case !c.fails && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case !c.fails && len(r.Units) != 9:
			t.Errorf("%s: %d units removed, want 9", c.name, len(r.Units))
		}
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

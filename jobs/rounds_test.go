package jobs

import (
	"context"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gonum.org/v1/gonum/stat"
)

// digits of a 256-128 network, 90% of the units, five seeds: pruning in four rounds of five epochs is no worse than at once
// with twenty. While one cosine spanned all rounds it was so by more than 30 points.
func TestRoundsAreNoWorseThanOneShot(t *testing.T) {
	c, err := config.Named("digits")
	if err != nil {
		t.Fatal(err)
	}
	c.Model.Name = "mlp:256,128"
	c.Train = config.Train{Epochs: 20, Batch: 32, Optimizer: "adamw", OptimizerOptions: map[string]any{"weight_decay": 0.1},
		Schedule: "cosine", Monitor: "loss"}
	c.Prune.Amount = 0.9
	names := []string{"mutual-information", "l2", "taylor"}
	var once, rounds []float64
	for seed := range uint64(5) {
		c.Seed = seed + 1
		plan, err := c.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		d, err := load(plan)
		if err != nil {
			t.Fatal(err)
		}
		plan, p, m, cfg, err := prepare(plan, d, Silent{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fit(context.Background(), m, p, cfg, Silent{}); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			for _, way := range []struct {
				rounds, epochs int
				to             *[]float64
			}{{1, 20, &once}, {4, 5, &rounds}} {
				by := plan.Config
				by.Prune.Criterion, by.Prune.Rounds, by.Prune.FinetuneEpochs = criteria.Named(name), way.rounds, way.epochs
				now, err := by.Resolve()
				if err != nil {
					t.Fatal(err)
				}
				r, _, err := prune(context.Background(), now, now.Pruning, m, p, Silent{}, pruneOptions{})
				if err != nil {
					t.Fatal(err)
				}
				*way.to = append(*way.to, r.Pruned.Score())
			}
		}
	}
	a, b := stat.Mean(once, nil), stat.Mean(rounds, nil)
	t.Logf("at once %.4f, in rounds %.4f", a, b)
	if b < a || a < 0.9 {
		t.Errorf("in four rounds %.4f, at once with as many epochs %.4f", b, a)
	}
}

// With the amount counted over all layers none is emptied, and what stands in its way is said.
func TestGlobalScopeKeepsLayersAlive(t *testing.T) {
	c, err := config.Named("digits")
	if err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs, c.Prune.FinetuneEpochs, c.Prune.Amount, c.Prune.Scope = 20, 20, 0.9, "global"
	plan, err := c.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	d, err := load(plan)
	if err != nil {
		t.Fatal(err)
	}
	plan, p, m, cfg, err := prepare(plan, d, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := training.New(m, p.data, p.parts, cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := fit(context.Background(), m, p, cfg, Silent{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		criterion     string
		normalisation criteria.Normalization
		floor, least  int
		warns         string
	}{
		{"mutual-information", "", 0, 10, ""}, {"l2", "", 0, 10, ""}, {"variance", "", 0, 10, ""}, {"fpgm", "", 0, 10, ""},
		{"taylor", "", 0, 10, ""}, {"entropy", "", 0, 10, ""}, {"apoz", "", 0, 10, ""}, {"random", "", 0, 10, ""},
		{"l2", "none", 0, 10, "that is its floor"},
		{"l2", "none", 5, 5, "fewer than the 10 classes: that is its floor"},
		{"l2", "none", 1, 1, "fewer than the 10 classes"},
	} {
		by := plan.Config
		by.Prune.Criterion, by.Prune.Normalization, by.Prune.Floor = criteria.Named(x.criterion), x.normalisation, x.floor
		now, err := by.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		n := &notes{}
		r, _, err := prune(context.Background(), now, now.Pruning, m, p, n, pruneOptions{})
		if err != nil {
			t.Fatal(err)
		}
		least := 1000
		for _, kept := range r.Kept {
			least = min(least, kept)
		}
		if least < x.least || len(r.Removed) != 345 && len(r.Removed) != 346 {
			t.Errorf("%+v: kept %v, %d removed", x, r.Kept, len(r.Removed))
		}
		if x.normalisation == "" && r.Pruned.Score() < 0.85 {
			t.Errorf("%+v: accuracy %v with %v", x, r.Pruned.Score(), r.Kept)
		}
		if !strings.Contains(n.text(), x.warns) || !strings.Contains(strings.Join(r.Warnings, "\n"), x.warns) {
			t.Errorf("%+v: kept %v; %q does not say so", x, r.Kept, r.Warnings)
		}
	}
}

// A normalisation without layers to compare is refused with the other settings, before anything is trained.
func TestNormalisationIsCheckedFirst(t *testing.T) {
	c := config.Default()
	for _, n := range []criteria.Normalization{"mean", "max", "l2"} {
		c.Prune.Normalization = n
		mentions(t, c.Validate(), "prune.normalisation "+string(n)+" is for comparing layers")
		mentions(t, c.Validate(), "set prune.scope to global")
		global := c
		global.Prune.Scope = "global"
		if err := global.Validate(); err != nil {
			t.Error(err)
		}
	}
	c.Prune.Normalization = "none"
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.Prune.Normalization = "maximum"
	mentions(t, c.Validate(), `unknown normalisation "maximum"`)
}

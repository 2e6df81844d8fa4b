package jobs

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
)

// A report says how far every network that it shows is from its plain program; a network that is none of it is an error.
func TestReportIsHeldAgainstPlainPrograms(t *testing.T) {
	c, err := config.Named("iris")
	if err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs, c.Prune.FinetuneEpochs, c.Prune.Rounds, c.Compare.Seeds = 2, 1, 2, 0
	for _, method := range pruning.Methods.Values() {
		c.Prune.Method = method
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
		r, _, err := prune(context.Background(), plan, plan.Pruning, m, p, Silent{}, pruneOptions{})
		if err != nil {
			t.Fatal(err)
		}
		plain := r.Equivalence.Plain
		for name, d := range map[string]pruning.Difference{"dense": plain.Dense, "masked": plain.Masked, "untuned": plain.Untuned,
			"pruned": plain.Pruned} {
			if d.CheckedRows < r.N || !(d.MaxRelDiff <= pruning.PlainTolerance) {
				t.Errorf("%s, %s: %+v", method, name, d)
			}
		}
		d, rows, _ := p.judged()
		m.Net.Params[0].Value().Data().([]float32)[0] = float32(math.NaN())
		err = hold(&plain, []*models.Model{m}, d, rows)
		mentions(t, err, "dense network")
		if !errors.Is(err, pruning.ErrNotPlain) {
			t.Errorf("a weight that is no number: %v", err)
		}
	}
}

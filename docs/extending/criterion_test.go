package extending_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
)

// spread scores a unit by how far its activations spread, outliers aside: a unit that gives nearly the same for every row
// scores low and goes first.
func spread(quantile float64) criteria.Criterion {
	return criteria.Criterion{
		Name:    "spread",
		Summary: "range of the unit's activation between two quantiles",
		Needs:   criteria.NeedsActivations,
		Settings: settings.Rows{settings.Number("quantile", &quantile, "cut off at both ends").
			In(settings.Range{Low: 0, High: 0.5, OpenHigh: true}).Or(0.1)},
		Compute: func(s criteria.UnitStats, _ criteria.Options) ([]float64, error) {
			scores, x := make([]float64, s.Units), make([]float32, s.Samples())
			for u := range scores {
				for i := range x {
					x[i] = s.Activations[i*s.Units+u]
				}
				slices.Sort(x)
				cut := int(quantile * float64(len(x)))
				scores[u] = float64(x[len(x)-1-cut] - x[cut])
			}
			return scores, nil
		},
	}
}

// A criterion of your own goes where named ones go. Its scores are checked, its units removed, and the proof that the
// smaller network computes what the masked one did is made for it as well.
func Example_criterion() {
	digits, err := data.Load("digits", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(32, models.ReLU)), digits,
		training.FitConfig{Config: training.Config{Epochs: 5}})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range []criteria.Criterion{spread(0.05), criteria.Named("l2")} {
		r, err := pruning.Prune(context.Background(), f.Model, f.Data, f.Parts, pruning.Config{Criterion: c, Amount: 0.5})
		if err != nil {
			log.Fatal(err)
		}
		name, _, _ := strings.Cut(r.Units[0].Reason, " ")
		fmt.Printf("%s: %d of %d units removed\n", name, len(r.Units), r.Total)
	}
	_, err = pruning.Prune(context.Background(), f.Model, f.Data, f.Parts, pruning.Config{Criterion: spread(0.7), Amount: 0.5})
	fmt.Println(err)
	// Output:
	// spread: 16 of 32 units removed
	// l2: 16 of 32 units removed
	// criterion spread: quantile is 0.7: must be a number in [0, 0.5)
}

// Register gives it a name that everything knows which takes names: configuration files, comparisons of criteria, lists.
func Example_criterionByName() {
	if err := criteria.Register(spread(0)); err != nil {
		log.Fatal(err)
	}
	c, err := criteria.Lookup("spread")
	fmt.Println(c.Summary, err)
	// Output: range of the unit's activation between two quantiles <nil>
}

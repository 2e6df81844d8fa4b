package pruning_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
)

// Half of the units that know least about the classes are removed; the smaller network is proven to compute what the
// masked one does.
func Example() {
	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(16, models.ReLU)), iris, training.FitConfig{})
	if err != nil {
		log.Fatal(err)
	}
	r, err := pruning.Prune(context.Background(), f.Model, f.Data, f.Parts, pruning.Config{
		Criterion: criteria.Named("mutual-information"), Amount: 0.5})
	if err != nil {
		log.Fatal(err)
	}
	before, _ := f.Model.Net.ParamCount()
	after, _ := r.Model.Net.ParamCount()
	fmt.Printf("%d of %d units left, %d of %d parameters\n", r.Kept["dense1"], r.Total, after, before)
	// Output: 8 of 16 units left, 67 of 131 parameters
}

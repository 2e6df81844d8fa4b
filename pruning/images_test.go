package pruning

import (
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
)

// Models that look at images, and a residual network with batch norm, lose half of their units: removed equals masked,
// whatever the criterion looks at, and fine-tuning wins back what that cost.
func TestImagesAreTrainedAndPruned(t *testing.T) {
	d, err := data.Load("digits", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, names := range map[string][]string{"cnn-small": {"mutual-information", "taylor"}, "resnet-mini": {"l2"}} {
		spec, err := models.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := training.Config{Epochs: 2, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.003}, Seed: 1}
		f, err := training.Fit(t.Context(), spec, d, training.FitConfig{Config: cfg})
		if err != nil {
			t.Fatal(err)
		}
		before, _ := f.Model.Net.ParamCount()
		for _, criterion := range names {
			fine := cfg
			fine.Epochs, fine.Optimizer = 1, &optimizers.Adam{LearningRate: 0.003}
			r, err := Prune(t.Context(), f.Model, f.Data, f.Parts, Config{Criterion: criteria.Named(criterion), Amount: 0.5, Calibration: 300,
				Finetune: &fine})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, criterion, err)
			}
			after, _ := r.Model.Net.ParamCount()
			m, err := Assess(r.Model, nil, f.Data, f.Parts.Test)
			if err != nil {
				t.Fatal(err)
			}
			if r.Equivalence.Checks != 1 || 2*after > before || *m.Accuracy < 0.85 {
				t.Errorf("%s, %s: %+v, %d of %d parameters, accuracy %v", name, criterion, r.Equivalence, after, before,
					*m.Accuracy)
			}
		}
	}
}

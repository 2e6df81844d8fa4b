package training

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// madeUp makes the history of a training along a cosine from log losses, or from R² where regression is set.
func madeUp(best int, regression, validated bool, values ...float64) *History {
	h := &History{BestEpoch: best}
	for i, v := range values {
		e := EpochInfo{Epoch: i + 1, TrainLoss: v,
			LearningRate: 0.01 * (1 + math.Cos(math.Pi*float64(i+1)/float64(len(values)))) / 2}
		if validated {
			e.ValLoss, e.Val = &v, &metrics.Report{Classification: &metrics.Classification{LogLoss: v}}
			if regression {
				e.Val = &metrics.Report{Regression: &metrics.Regression{R2: &v}}
			}
		}
		h.Epochs = append(h.Epochs, e)
	}
	return h
}

func TestStillFalling(t *testing.T) {
	steady := []float64{1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55}
	flat := []float64{1, 0.3, 0.15, 0.13, 0.125, 0.123, 0.122, 0.121, 0.1205, 0.12}
	for _, c := range []struct {
		name string
		h    *History
		want bool
	}{
		{"steadily falling", madeUp(10, false, true, steady...), true},
		{"flat in the end", madeUp(10, false, true, flat...), false},
		{"falling, but the best epoch is long ago", madeUp(5, false, true, steady...), false},
		{"the best is the last but one of ten", madeUp(9, false, true, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.21), true},
		{"R² rising", madeUp(10, true, true, -1, -0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, -0.1), true},
		{"R² near 1 rising by little", madeUp(10, true, true, 0.9, 0.95, 0.98, 0.99, 0.992, 0.994, 0.995, 0.996, 0.997, 0.9975), false},
		{"a cosine that flattens what has not been learnt", madeUp(10, false, true, 1.1, 1.05, 1, 0.95, 0.9, 0.86, 0.84, 0.83, 0.825, 0.824), true},
		{"two epochs", madeUp(2, false, true, 1, 0.5), true},
		{"one epoch tells nothing", madeUp(1, false, true, 1), false},
		{"none", &History{}, false},
		{"training loss falling", madeUp(10, false, false, steady...), true},
		{"training loss flat", madeUp(10, false, false, flat...), false},
	} {
		if got := c.h.StillFalling(math.Log(3)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// Real trainings, too short and long enough.
func TestStillFallingOfTrainings(t *testing.T) {
	for _, c := range []struct {
		data    string
		epochs  int
		rate    float64
		entropy float64
		want    bool
	}{
		{"iris", 3, 0.01, math.Log(3), true},
		{"iris", 60, 0.02, math.Log(3), false},
		{"digits", 2, 0.0005, math.Log(10), true},
		{"digits", 30, 0.005, math.Log(10), false},
		{"diabetes", 200, 0.01, 0, false}, // overfits: the best epoch is long ago
	} {
		k := prepare(t, c.data, 0, models.Dense(32, models.ReLU))
		n := c.epochs * ((len(k.parts.Train) + 15) / 16)
		_, tr := k.fitted(t, Config{Epochs: c.epochs, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: c.rate,
			Common: optimizers.Common{Schedule: &optimizers.Cosine{Steps: n}}}})
		if got := tr.History().StillFalling(c.entropy); got != c.want {
			t.Errorf("%s, %d epochs: %v", c.data, c.epochs, got)
		}
	}
}

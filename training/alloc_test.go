package training

import (
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

// A step allocates nothing once its program exists: gathering rows, forward, backward and the optimizer.
func TestStepAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		name, data string
		dtype      tensor.Dtype
		layers     []models.Layer
		loss       *network.Loss
	}{
		{"classification", "digits", tensor.Float32, []models.Layer{models.Dense(64, models.ReLU), models.Dropout(0.2),
			models.Dense(32, models.GELU)}, nil},
		{"regression", "diabetes", tensor.Float32, []models.Layer{models.Dense(16, models.Tanh)}, network.Huber(1)},
		{"float64", "iris", tensor.Float64, []models.Layer{models.Dense(16, models.Sigmoid)}, network.CrossEntropy(0.1)},
	} {
		k := prepare(t, c.data, 0, c.layers...)
		k.dtype = c.dtype
		for _, info := range optimizers.All() {
			opt := info.New()
			opt.Options().Clip.GlobalNorm = 1
			opt.Options().NonFinite = optimizers.Fail
			opt.Options().KeepGradients = true
			tr := k.trainer(t, k.model(t), Config{Epochs: 1, Batch: 32, Optimizer: opt, Loss: c.loss})
			rows := k.parts.Train[:32]
			for range 2 {
				if _, err := stepOn(tr, rows); err != nil {
					t.Fatal(err)
				}
			}
			if n := testing.AllocsPerRun(20, func() {
				if _, err := stepOn(tr, rows); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s, %s: %v allocations a step", c.name, info.Name, n)
			}
		}
	}
}

package extending_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
)

// signed replaces an update by the sign of its running mean, which it keeps for each parameter.
type signed struct{ decay float64 }

func (s *signed) Layout() transform.Layout {
	return transform.Layout{Name: "signed", Slots: []transform.Slot{{Name: "mean"}}}
}
func (s *signed) Float32(u *transform.Update[float32]) { step(s.decay, u) }
func (s *signed) Float64(u *transform.Update[float64]) { step(s.decay, u) }

func step[T transform.Float](decay float64, u *transform.Update[T]) {
	mean := u.Slots[0]
	for i, g := range u.U {
		mean[i] = T(decay)*mean[i] + T(1-decay)*g
		if u.U[i] = 0; mean[i] != 0 {
			u.U[i] = T(math.Copysign(1, float64(mean[i])))
		}
	}
}

// newSigned is an optimizer: its transform, and then the learning rate.
func newSigned() *optimizers.Chain {
	return &optimizers.Chain{Method: "signed", LearningRate: 0.003,
		Links: []transform.Transform{&signed{decay: 0.9}, &transform.Rate{}}}
}

// An optimizer of your own trains, its state is saved and read back, and is cut with the parameters when units are removed.
func Example_optimizer() {
	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	opt := newSigned()
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(12, models.Tanh)), iris,
		training.FitConfig{Config: training.Config{Epochs: 60, Batch: 16, Optimizer: opt}})
	if err != nil {
		log.Fatal(err)
	}
	result, err := f.Evaluate("test")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accurate:", result.Metrics.Accuracy > 0.8)

	var saved bytes.Buffer
	if _, err := opt.State().WriteTo(&saved); err != nil {
		log.Fatal(err)
	}
	state, err := optimizers.ReadState(&saved)
	if err != nil {
		log.Fatal(err)
	}
	again := newSigned()
	if err := again.SetState(state); err != nil {
		log.Fatal(err)
	}
	fmt.Println("resumed at the same step:", again.StepCount() == opt.StepCount())

	_, err = pruning.Prune(context.Background(), f.Model, f.Data, f.Parts, pruning.Config{Criterion: criteria.Named("l2"),
		Amount: 0.5, Finetune: &training.Config{Epochs: 2, Batch: 16, Optimizer: again}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("its mean has", len(again.State().Param("dense1.weight").Slots[0].F32), "of 48 numbers left")
	// Output:
	// accurate: true
	// resumed at the same step: true
	// its mean has 24 of 48 numbers left
}

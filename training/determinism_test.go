package training

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/workers"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// Layers wide enough that the kernels split their work.
func TestSameSeedSameBits(t *testing.T) {
	defer workers.Set(0)
	k := prepare(t, "digits", 300, models.Dense(128, models.ReLU), models.Dropout(0.2), models.Dense(64, models.GELU))
	run := func(seed uint64, threads int) (*models.Model, *Trainer, string) {
		workers.Set(threads)
		dir := t.TempDir()
		m, tr := k.fitted(t, Config{Epochs: 3, Batch: 100, Optimizer: &optimizers.Adam{}, Seed: seed, Checkpoints: dir})
		return m, tr, dir
	}
	want, first, dir := run(7, 1)
	for _, threads := range []int{1, 2, 3} {
		m, tr, other := run(7, threads)
		if !slices.Equal(bits(m), bits(want)) || !reflect.DeepEqual(timeless(*tr.History()), timeless(*first.History())) {
			t.Errorf("%d threads: other bits", threads)
		}
		for _, file := range []string{"last/model.onnx", "best/model.onnx", "last/optimizer.state"} {
			a, errA := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
			b, errB := os.ReadFile(filepath.Join(other, filepath.FromSlash(file)))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%d threads: %s differs: %v, %v", threads, file, errA, errB)
			}
		}
	}
	if m, _, _ := run(8, 1); slices.Equal(bits(m), bits(want)) {
		t.Error("another seed gives the same bits")
	}
}

// Forty times the same row, in one batch, and weights that hardly move: only dropout can make losses differ.
func TestDropoutDrawsBySeedAndStep(t *testing.T) {
	losses := func(seed uint64, layers ...models.Layer) []float64 {
		k := prepare(t, "iris", 40, layers...)
		for i := range k.parts.Train {
			k.parts.Train[i] = k.parts.Train[0]
		}
		_, tr := k.fitted(t, Config{Epochs: 2, Batch: 40, Optimizer: &optimizers.SGD{LearningRate: 1e-9}, Seed: seed})
		e := tr.History().Epochs
		return []float64{e[0].TrainLoss, e[1].TrainLoss}
	}
	far := func(a, b float64) bool { return math.Abs(a-b) > 1e-4 }
	one, two := losses(1, models.Dense(8, models.ReLU)), losses(2, models.Dense(8, models.ReLU))
	if far(one[0], one[1]) || far(one[0], two[0]) {
		t.Errorf("without dropout: %v, %v", one, two)
	}
	drop := []models.Layer{models.Dense(8, models.ReLU), models.Dropout(0.5)}
	one, two = losses(1, drop...), losses(2, drop...)
	if !far(one[0], one[1]) || !far(one[0], two[0]) {
		t.Errorf("with dropout: %v, %v", one, two)
	}
}

// Copies of a network share the state of its dropout layers. A training must not see another one's steps.
func TestTrainingsOfCopiesDoNotMeet(t *testing.T) {
	k := prepare(t, "iris", 40, models.Dense(8, models.ReLU), models.Dropout(0.5))
	cfg := func(f func(StepInfo) error) Config {
		return Config{Epochs: 4, Batch: 8, Optimizer: &optimizers.Adam{}, Seed: 1, OnStep: f}
	}
	want, _ := k.fitted(t, cfg(nil))
	one := k.model(t)
	net, err := one.Net.Clone()
	if err != nil {
		t.Fatal(err)
	}
	two := one.With(net)
	other := k.trainer(t, two, Config{Epochs: 100, Batch: 8, Optimizer: &optimizers.Adam{}, Seed: 2})
	if _, err := k.trainer(t, one, cfg(func(StepInfo) error {
		rows, ok := other.batches.Next()
		if !ok {
			return nil
		}
		_, err := stepOn(other, rows)
		return err
	})).Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(one), bits(want)) {
		t.Error("the training of a copy changed this one's bits")
	}
	if slices.Equal(bits(two), bits(k.model(t))) {
		t.Error("the copy was not trained")
	}
}

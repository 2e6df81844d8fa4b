package training

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// averaged is a training by ASGD whose average lies far from its last weights: the rate is large.
func averaged(dir string, start float64) Config {
	return Config{Epochs: 12, Batch: 8, Checkpoints: dir, CheckpointInterval: -1, Seed: 3,
		Optimizer: &optimizers.ASGD{LearningRate: 0.4, Start: start}}
}

// averages are the slots of the optimizer's state, in the order of a model's parameters.
func averages(o optimizers.Optimizer, m *models.Model) (out []uint64) {
	for i, p := range m.Net.Params {
		c := take(m.Net)[i]
		for _, s := range o.State().Param(p.Name()).Slots {
			if s.Name == "average" {
				copy(c.Data().([]float32), s.F32)
			}
		}
		out = append(out, valueBits(c)...)
	}
	return out
}

// The average is what epochs are judged by, what callbacks see, what is kept as the best and the last, and what the files
// hold; training goes on with the weights.
func TestAveragesAreTheResult(t *testing.T) {
	k := prepare(t, "iris", 60, models.Dense(8, models.ReLU))
	for _, keepLast := range []bool{false, true} {
		cfg := averaged(t.TempDir(), 10)
		cfg.KeepLast = keepLast
		m := k.model(t)
		var seen [][]uint64
		cfg.OnEpoch = func(e EpochInfo) error {
			if !slices.Equal(bits(m), averages(cfg.Optimizer, m)) {
				t.Errorf("epoch %d: the network does not hold the averages", e.Epoch)
			}
			eval, err := NewEvaluator(m, nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := eval.Evaluate(k.d, k.parts.Val)
			if err != nil || r.Loss != *e.ValLoss {
				t.Errorf("epoch %d: validation loss %v, that of the averages is %v, %v", e.Epoch, *e.ValLoss, r.Loss, err)
			}
			seen = append(seen, bits(m))
			return nil
		}
		tr := k.trainer(t, m, cfg)
		h, err := tr.Fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := seen[h.BestEpoch-1]
		if keepLast {
			want = seen[len(seen)-1]
		}
		if !slices.Equal(bits(m), want) {
			t.Errorf("keep last %v: the network holds other weights in the end", keepLast)
		}
		for dir, epoch := range map[string]int{lastDir: len(seen), bestDir: h.BestEpoch} {
			saved, err := models.Load(filepath.Join(cfg.Checkpoints, dir))
			if err != nil || !slices.Equal(bits(saved), seen[epoch-1]) {
				t.Errorf("%s/ does not hold the averages: %v", dir, err)
			}
		}
		iterate, err := models.Load(filepath.Join(cfg.Checkpoints, lastDir, iterateFile))
		if err != nil || slices.Equal(bits(iterate), seen[len(seen)-1]) || !slices.Equal(bits(iterate), snapshotBits(tr.iterate)) {
			t.Errorf("%s is not what training goes on from: %v", iterateFile, err)
		}
	}
}

// The trajectory is that of a loop without averages: evaluating them does not disturb it.
func TestAveragesDoNotDisturbTheTraining(t *testing.T) {
	k := prepare(t, "iris", 60, models.Dense(8, models.ReLU))
	cfg := averaged("", 10)
	_, tr := k.fitted(t, cfg)
	plain := averaged("", 10)
	m := k.model(t)
	other := k.trainer(t, m, plain)
	other.evaluation = nil
	if _, err := other.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stateBytes(t, cfg.Optimizer), stateBytes(t, plain.Optimizer)) {
		t.Error("the optimizers end in different states")
	}
	if !slices.Equal(snapshotBits(tr.iterate), snapshotBits(other.good)) {
		t.Error("the weights that were stepped on differ")
	}
	a, b := tr.History().Last(), other.History().Last()
	if a.TrainLoss != b.TrainLoss || *a.ValLoss == *b.ValLoss {
		t.Errorf("training loss %v and %v, validation loss %v and %v", a.TrainLoss, b.TrainLoss, *a.ValLoss, *b.ValLoss)
	}
}

// Where averaging never begins, the averages are the weights.
func TestAveragesThatNeverBegin(t *testing.T) {
	k := prepare(t, "iris", 60, models.Dense(8, models.ReLU))
	m, tr := k.fitted(t, averaged("", 1e6))
	other := k.trainer(t, k.model(t), averaged("", 1e6))
	other.evaluation = nil
	if _, err := other.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(m), bits(other.model)) || tr.History().BestEpoch != other.History().BestEpoch {
		t.Error("the result is another one")
	}
}

// Other optimizers write no second model.
func TestOnlyAveragesNeedAnIterate(t *testing.T) {
	k := prepare(t, "iris", 60, models.Dense(8, models.ReLU))
	dir := t.TempDir()
	cfg := averaged(dir, 10)
	cfg.Optimizer = &optimizers.SGD{LearningRate: 0.1}
	k.fitted(t, cfg)
	if got := names(t, filepath.Join(dir, lastDir)); slices.Contains(got, iterateFile) {
		t.Error(got)
	}
}

package training

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

// epochOnDisk is the epoch that a checkpoint ends, 0 if there is none.
func epochOnDisk(t *testing.T, dir string) int {
	t.Helper()
	r, err := readRecord(dir)
	if os.IsNotExist(errors.Cause(err)) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Cursor.Epoch
}

// However seldom checkpoints are written on the way, both folders are there at the end and can be resumed from: last/
// of the last epoch, best/ of the best one, which was not the first, the last, or one that was due to be written.
func TestCheckpointsThatAreNotDue(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	for _, interval := range []time.Duration{-1, time.Nanosecond, 0, time.Hour} {
		dir := t.TempDir()
		config := func() Config {
			return Config{Epochs: 12, Batch: 16, Checkpoints: dir, CheckpointInterval: interval, KeepLast: true,
				Optimizer: &optimizers.SGD{LearningRate: 0.05, Common: optimizers.Common{Schedule: from(20, 100)}}}
		}
		var weights [][]uint64 // after each epoch
		m := k.model(t)
		cfg := config()
		cfg.OnEpoch = func(e EpochInfo) error {
			weights = append(weights, bits(m))
			switch at := epochOnDisk(t, filepath.Join(dir, lastDir)); {
			case interval < 0 && at != e.Epoch:
				t.Errorf("after epoch %d the disk has %d", e.Epoch, at)
			case interval == time.Hour && at > 1:
				t.Errorf("epoch %d was written, which was not due", at)
			}
			return nil
		}
		h, err := k.trainer(t, m, cfg).Fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if h.BestEpoch < 2 || h.BestEpoch > 10 {
			t.Fatalf("epoch %d is the best; the test says little", h.BestEpoch)
		}
		for name, epoch := range map[string]int{lastDir: 12, bestDir: h.BestEpoch} {
			saved, err := models.Load(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if at := epochOnDisk(t, filepath.Join(dir, name)); at != epoch || !slices.Equal(bits(saved), weights[epoch-1]) {
				t.Errorf("interval %v: %s/ holds epoch %d, want %d with its weights", interval, name, at, epoch)
			}
		}
		if got := names(t, dir); !slices.Equal(got, []string{bestDir, lastDir}) {
			t.Errorf("left behind: %v", got)
		}
		tr := k.trainer(t, k.model(t), config())
		if err := tr.Resume(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(snapshotBits(tr.best), weights[h.BestEpoch-1]) {
			t.Error("resuming finds other best weights")
		}
	}
}

// An error that ends the training leaves the epochs before it on the disk.
func TestCheckpointBeforeAnError(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	dir, stop := t.TempDir(), errors.New("enough")
	cfg := Config{Epochs: 9, Batch: 16, Checkpoints: dir, CheckpointInterval: time.Hour,
		Optimizer: &optimizers.Adam{LearningRate: 0.02}}
	cfg.OnEpoch = func(e EpochInfo) error {
		if e.Epoch == 4 {
			return stop
		}
		return nil
	}
	if _, err := k.trainer(t, k.model(t), cfg).Fit(t.Context()); !errors.Is(err, stop) {
		t.Fatalf("error %v", err)
	}
	if at := epochOnDisk(t, filepath.Join(dir, lastDir)); at != 4 {
		t.Errorf("the disk has epoch %d, want 4", at)
	}
}

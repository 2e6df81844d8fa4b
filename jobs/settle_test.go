package jobs

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
)

// What nobody sets follows from the data, what is set is obeyed to the letter, and the record of the run has the numbers.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name, set              string // key=value, …
		epochs, batch, patient config.Count
		rate                   float64 // 0: the optimizer's own
		decay                  any
	}{
		{"nothing", "", 286, 16, 143, 0.0099, 1.0},
		{"other data", "data.source=digits", 26, 16, 13, 0.0029, 0.16},
		{"auto is auto", "train.epochs=auto train.batch=auto train.patience=auto", 286, 16, 143, 0.0099, 1.0},
		{"ten epochs of 32", "train.epochs=10 train.batch=32 train.optimizer=adam", 10, 32, 0, 0, nil},
		{"epochs", "train.epochs=3", 3, 32, 0, 0.0099, 1.0},
		{"epochs with patience", "train.epochs=30 train.patience=4", 30, 32, 4, 0.0099, 1.0},
		{"batch", "train.batch=102", 2000, 102, 1000, 0.0099, 1.0},
		{"no patience", "train.patience=0", 286, 16, 0, 0.0099, 1.0},
		{"patience", "train.patience=7", 286, 16, 7, 0.0099, 1.0},
		{"rate", "train.lr=0.5", 286, 16, 143, 0.5, 1.0},
		{"decay", "train.optimizer_options.weight_decay=0.25", 286, 16, 143, 0.0099, 0.25},
		{"no decay", "train.optimizer_options.weight_decay=0", 286, 16, 143, 0.0099, 0},
		{"another option", "train.optimizer_options.beta1=0.8", 286, 16, 143, 0.0099, 1.0},
		{"another optimizer", "train.optimizer=sgd", 286, 16, 143, 0, nil},
		{"a rate among the options", "train.optimizer_options.lr=0.125", 286, 16, 143, 0, 1.0},
		{"all rows at once", "train.optimizer=gd", 2000, 102, 1000, 0, nil},
		{"nothing to validate with", "data.val_split=0", 250, 16, 0, 0.0091, 1.0},
	} {
		c0 := config.Default()
		c0.Data.Source = "iris"
		for _, kv := range strings.Fields(c.set) {
			key, value, _ := strings.Cut(kv, "=")
			if err := c0.Set(key, value, "--set"); err != nil {
				t.Fatal(err)
			}
		}
		plan, at, p, m, cfg, err := open(c0, OutOptions{}, Silent{})
		if err != nil {
			t.Fatal(c.name, err)
		}
		at.Release()
		got := plan.Config.Train
		if got.Epochs != c.epochs || got.Batch != c.batch || got.Patience != c.patient || got.LearningRate != c.rate ||
			got.OptimizerOptions["weight_decay"] != c.decay {
			t.Errorf("%s: %+v", c.name, got)
		}
		if cfg.Epochs != int(c.epochs) || cfg.Patience != int(c.patient) {
			t.Errorf("%s: the training has %d epochs, patience %d", c.name, cfg.Epochs, cfg.Patience)
		}
		if got.Optimizer == "adamw" && got.LearningRate > 0 && cfg.Optimizer.Rate() != got.LearningRate {
			t.Errorf("%s: the optimizer's rate is %v", c.name, cfg.Optimizer.Rate())
		}
		// Settled settings stay, on whatever data.
		size, err := training.SizeOf(m, p.parts)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := plan.ForSeed(7).Settle(size, m.Task)
		if err != nil {
			t.Fatal(err)
		}
		if again := twice.Config; again.Seed != 7 || again.Train.Epochs != got.Epochs || again.Train.LearningRate != got.LearningRate {
			t.Errorf("%s: settled twice: %+v", c.name, again.Train)
		}
	}
}

// The average of ASGD begins in the middle of the training, unless its beginning is given.
func TestSettledAverage(t *testing.T) {
	for set, want := range map[string]any{
		"":                                   1001, // of 286 epochs of 7 steps
		"train.epochs=10":                    20,
		"train.optimizer_options.t0=5":       5,
		"train.optimizer_options.lambd=0.01": 1001,
		"train.batch=102":                    1000,
	} {
		c := config.Default()
		c.Data.Source, c.Train.Optimizer = "iris", "asgd"
		if key, value, ok := strings.Cut(set, "="); ok {
			if err := c.Set(key, value, "--set"); err != nil {
				t.Fatal(err)
			}
		}
		plan, at, _, _, _, err := open(c, OutOptions{}, Silent{})
		if err != nil {
			t.Fatal(set, err)
		}
		at.Release()
		if got := plan.Config.Train.OptimizerOptions; got["t0"] != want {
			t.Errorf("%q: %v; want %v", set, got, want)
		}
	}
}

// The settings of a run that nobody has set are recorded, so that the record does the same again, and a training that was
// cut short ends in the same bits.
func TestSettledSettingsAreRecorded(t *testing.T) {
	auto := func(c *config.Config) { c.Train.Epochs = config.Auto }
	r, dir := trained(t, "iris", auto)
	c, err := Resumable(dir)
	if err != nil || c.Train.Epochs != 286 || c.Train.Batch != 16 || c.Train.Patience != 143 || c.Train.LearningRate != 0.0099 {
		t.Fatalf("%+v, %v", c.Train, err)
	}
	file := func(dir string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, models.File))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	c.Out = filepath.Join(t.TempDir(), "again")
	if _, err := Train(context.Background(), c, OutOptions{}, Silent{}); err != nil || !slices.Equal(file(dir), file(c.Out)) {
		t.Errorf("the record does not do the same again: %v", err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	short := config.Default()
	short.Data.Source, short.Model.Name, short.Out = "iris", "mlp:8", filepath.Join(t.TempDir(), "short")
	if _, err := Train(ctx, short, OutOptions{}, &stopper{after: 50, stop: cancel}); err == nil {
		t.Fatal("not interrupted")
	}
	c, err = Resumable(short.Out)
	if err != nil {
		t.Fatal(err)
	}
	on, err := Train(context.Background(), c, OutOptions{Mode: rundir.Mode{Resume: true}}, Silent{})
	if err != nil || on.Epochs != r.Epochs || !slices.Equal(file(dir), file(short.Out)) {
		t.Errorf("resumed: %v", err)
	}
}

// stopper ends a job after so many steps.
type stopper struct {
	Silent
	after int
	stop  func()
}

func (s *stopper) Step(float64) {
	if s.after--; s.after == 0 {
		s.stop()
	}
}

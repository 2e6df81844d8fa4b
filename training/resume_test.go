package training

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// resumable are trainings in which everything that a checkpoint must carry matters: momentum, moments, numbers, a
// schedule, dropout, running statistics, early stopping.
func resumable(t *testing.T) map[string]struct {
	task *task
	cfg  func() Config
} {
	drop := prepare(t, "iris", 50, models.Dense(8, models.ReLU), models.Dropout(0.3), models.Dense(6, models.Tanh))
	wide := prepare(t, "diabetes", 50, models.Dense(8, models.ReLU), models.Dropout(0.2))
	wide.dtype = tensor.Float64
	norm := prepare(t, "digits", 50, models.Reshape(1, 8, 8), models.Conv2D(4, 3, models.WithoutBias()), models.BatchNorm(),
		models.Activate(models.ReLU), models.GlobalAvgPool(), models.Dense(6), models.BatchNorm(models.Momentum(0.3)))
	type c = struct {
		task *task
		cfg  func() Config
	}
	return map[string]c{
		"momentum": {drop, func() Config {
			o := &optimizers.SGD{LearningRate: 0.05, Momentum: 0.9}
			o.Schedule = &optimizers.Cosine{Steps: 12}
			return Config{Epochs: 3, Batch: 16, Optimizer: o, Seed: 3}
		}},
		"adam": {drop, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.01}, Seed: 4, Monitor: "accuracy"}
		}},
		"ties": {drop, func() Config {
			return Config{Epochs: 4, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.003}, Seed: 7, Monitor: "accuracy",
				MinDelta: 0.3, Patience: 4}
		}},
		"averages": {drop, func() Config {
			return Config{Epochs: 4, Batch: 16, Optimizer: &optimizers.ASGD{LearningRate: 0.1, Start: 3}, Seed: 8}
		}},
		"sam": {drop, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.SAM{Inner: &optimizers.Adam{LearningRate: 0.01}}, Seed: 4}
		}},
		"sam and batch norm": {norm, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.SAM{Inner: &optimizers.SGD{Momentum: 0.9}}, Seed: 6}
		}},
		"lookahead": {drop, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.Lookahead{Inner: &optimizers.Adam{LearningRate: 0.01}},
				Seed: 4}
		}},
		"moving average": {norm, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.EMA{Inner: &optimizers.Adam{LearningRate: 0.01},
				Decay: 0.9}, Seed: 6}
		}},
		"batch norm": {norm, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.01}, Seed: 6}
		}},
		"float64": {wide, func() Config {
			return Config{Epochs: 3, Batch: 16, Optimizer: &optimizers.ASGD{LearningRate: 1e-4}, Seed: 5, Patience: 2,
				MinDelta: 1e9}
		}},
	}
}

// A run is interrupted after every step, or every third, and resumed by another trainer: nothing may tell it from the run that
// was not. The context ends during a step, as by a signal.
func TestResumeGivesTheSameBits(t *testing.T) {
	for name, c := range resumable(t) {
		t.Run(name, func(t *testing.T) {
			cfg := c.cfg()
			cfg.Checkpoints = t.TempDir()
			whole, full := c.task.fitted(t, cfg)
			stride := 3 // steps 1, 4, 7, 10 of epochs of 4: their beginning, end, last but one and middle
			if name == "momentum" {
				stride = 1
			}
			for step := 1; step < full.state.Step; step += stride {
				first := c.cfg()
				first.Checkpoints = t.TempDir()
				ctx, cancel := context.WithCancel(t.Context())
				n := 0
				first.OnStep = func(StepInfo) error {
					if n++; n == step {
						cancel()
					}
					return nil
				}
				if _, err := c.task.trainer(t, c.task.model(t), first).Fit(ctx); !errors.Is(err, ErrInterrupted) {
					t.Fatalf("interrupted after step %d: %v", step, err)
				}
				if n != step {
					t.Fatalf("%d steps were made after the context ended", n-step)
				}

				second := c.cfg()
				second.Checkpoints = first.Checkpoints
				m := c.task.model(t)
				for _, p := range m.Net.Params { // as an untrained model may be anything
					copyFloats(p.Value(), zeros(p.Value()))
				}
				tr := c.task.trainer(t, m, second)
				if err := tr.Resume(); err != nil {
					t.Fatalf("after step %d: %v", step, err)
				}
				if _, err := tr.Fit(t.Context()); err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("resumed after step %d", step), full, tr)
				if !slices.Equal(bits(whole), bits(m)) {
					t.Errorf("resumed after step %d: weights differ", step)
				}
				for _, dir := range []string{"last", "best"} {
					a, errA := os.ReadFile(filepath.Join(cfg.Checkpoints, dir, models.File))
					b, errB := os.ReadFile(filepath.Join(second.Checkpoints, dir, models.File))
					if errA != nil || errB != nil || !bytes.Equal(a, b) {
						t.Errorf("resumed after step %d: %s/%s differs: %v, %v", step, dir, models.File, errA, errB)
					}
				}
			}
		})
	}
}

func same(t *testing.T, what string, a, b *Trainer) {
	t.Helper()
	if ha, hb := timeless(a.history), timeless(b.history); !reflect.DeepEqual(ha, hb) {
		t.Errorf("%s: history\n%+v\nwant\n%+v", what, hb, ha)
	}
	if !bytes.Equal(stateBytes(t, a.cfg.Optimizer), stateBytes(t, b.cfg.Optimizer)) {
		t.Errorf("%s: the optimizer's state differs", what)
	}
	if !slices.Equal(snapshotBits(a.best), snapshotBits(b.best)) || a.state != b.state {
		t.Errorf("%s: best weights or position differ", what)
	}
}

func zeros(v interface{ Shape() tensor.Shape }) *tensor.Dense {
	return tensor.New(tensor.Of(v.(*tensor.Dense).Dtype()), tensor.WithShape(v.Shape().Clone()...))
}

// Training goes on after its end: more epochs, or one that early stopping had ended.
func TestResumeOfAFinishedTraining(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	dir := t.TempDir()
	cfg := func(epochs, patience int) Config {
		return Config{Epochs: epochs, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.02}, Checkpoints: dir,
			Patience: patience}
	}
	straight := cfg(5, 0)
	straight.Checkpoints = ""
	want, full := k.fitted(t, straight)
	k.fitted(t, cfg(2, 0))
	m := k.model(t)
	tr := k.trainer(t, m, cfg(5, 0))
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if h, err := tr.Fit(t.Context()); err != nil || len(h.Epochs) != 5 {
		t.Fatal(len(h.Epochs), err)
	}
	same(t, "two epochs and three", full, tr)
	if !slices.Equal(bits(m), bits(want)) {
		t.Error("weights differ")
	}
	again := k.model(t)
	tr = k.trainer(t, again, cfg(5, 0))
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if h, err := tr.Fit(t.Context()); err != nil || len(h.Epochs) != 5 || !slices.Equal(bits(again), bits(want)) {
		t.Errorf("nothing was left to do, yet: %d epochs, %v", len(h.Epochs), err)
	}
}

// A training that early stopping had ended goes on with another patience, to the bits of one that had it from the beginning,
// and has nothing to do with the same.
func TestResumeAfterEarlyStopping(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	cfg := func(dir string, patience int) Config {
		return Config{Epochs: 30, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.3}, Checkpoints: dir, Patience: patience}
	}
	dir := t.TempDir()
	_, first := k.fitted(t, cfg(dir, 2))
	stopped := len(first.History().Epochs)
	if !first.History().Stopped || stopped >= 25 {
		t.Fatalf("%d epochs; the test says nothing", stopped)
	}
	for _, patience := range []int{2, 1, 6, 0} { // the shorter ones first: they leave everything as it is
		want, full := k.fitted(t, cfg("", patience))
		m := k.model(t)
		tr := k.trainer(t, m, cfg(dir, patience))
		if err := tr.Resume(); err != nil {
			t.Fatal(err)
		}
		h, err := tr.Fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if patience == 1 || patience == 2 {
			if len(h.Epochs) != stopped || !h.Stopped {
				t.Errorf("patience %d: %d epochs", patience, len(h.Epochs))
			}
			continue
		}
		if len(h.Epochs) != len(full.History().Epochs) || h.Stopped != full.History().Stopped || !slices.Equal(bits(m), bits(want)) {
			t.Errorf("patience %d: %d epochs, stopped %v; in one piece %d, %v", patience, len(h.Epochs), h.Stopped,
				len(full.History().Epochs), full.History().Stopped)
		}
	}
}

// interrupted leaves checkpoints of a training that ended in its third epoch, after batch 2 of 4.
func interrupted(t *testing.T, k *task, dir string) Config {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cfg := Config{Epochs: 4, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.02}, Seed: 1, Checkpoints: dir}
	cfg.OnStep = func(s StepInfo) error {
		if s.Epoch == 3 && s.Batch == 2 {
			cancel()
		}
		return nil
	}
	if _, err := k.trainer(t, k.model(t), cfg).Fit(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	cfg.OnStep = nil
	return cfg
}

// refused checks that Resume fails in one clear line and changes nothing.
func refused(t *testing.T, what string, k *task, cfg Config, want string) {
	t.Helper()
	m := k.model(t)
	tr := k.trainer(t, m, cfg)
	weights, state, at := bits(m), stateBytes(t, cfg.Optimizer), tr.batches.Cursor()
	err := tr.Resume()
	if err == nil {
		t.Errorf("%s: was not noticed", what)
		return
	}
	if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: error %q, want %q", what, err, want)
	}
	if !slices.Equal(weights, bits(m)) || !bytes.Equal(state, stateBytes(t, cfg.Optimizer)) || tr.batches.Cursor() != at ||
		tr.state != (progress{}) || len(tr.history.Epochs) != 0 || tr.best != nil {
		t.Errorf("%s: something has changed", what)
	}
}

func TestResumeRefusesWhatHasChanged(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU), models.Dropout(0.1))
	dir := t.TempDir()
	cfg := interrupted(t, k, dir)
	with := func(change func(*Config)) Config {
		c := cfg
		c.Optimizer = &optimizers.Adam{LearningRate: 0.02}
		change(&c)
		return c
	}
	for _, c := range []struct {
		what, want string
		cfg        Config
	}{
		{"batch", "batch size was 16 and is now 8", with(func(c *Config) { c.Batch = 8 })},
		{"seed", "seed was 1 and is now 2", with(func(c *Config) { c.Seed = 2 })},
		{"optimizer", "optimizer was adam and is now sgd",
			with(func(c *Config) { c.Optimizer = &optimizers.SGD{LearningRate: 0.1} })},
		{"monitor", "monitor was loss and is now accuracy", with(func(c *Config) { c.Monitor = "accuracy" })},
		{"no directory", "no directory", with(func(c *Config) { c.Checkpoints = "" })},
		{"empty directory", "there is none", with(func(c *Config) { c.Checkpoints = t.TempDir() })},
	} {
		refused(t, c.what, k, c.cfg, c.want)
	}
	same := with(func(*Config) {})
	other := *k
	other.d = k.d.Subset(all(k.d.Rows()))
	refused(t, "data", &other, same, "data was")
	other = *k
	parts := *k.parts
	parts.Train = slices.Clone(parts.Train)
	parts.Train[0], parts.Val = k.parts.Val[0], append(slices.Clone(k.parts.Val[1:]), k.parts.Train[0])
	other.parts = &parts
	refused(t, "rows", &other, same, "training and validation rows")
	for _, layers := range [][]models.Layer{
		{models.Dense(8, models.Tanh), models.Dropout(0.1)},
		{models.Dense(8, models.ReLU), models.Dropout(0.2)},
		{models.Dense(7, models.ReLU), models.Dropout(0.1)},
		{models.Dense(8, models.ReLU), models.Dropout(0.1), models.Dense(4)},
	} {
		refused(t, "model", prepare(t, "iris", 50, layers...), same, "model was")
	}
	other = *k
	other.spec.Layers = slices.Clone(k.spec.Layers)
	mean := slices.Clone(k.spec.Layers[1].Mean)
	mean[0]++
	other.spec.Layers[1].Mean = mean
	refused(t, "preprocessing", &other, same, "model was")
	other = *k
	other.dtype = tensor.Float64
	refused(t, "dtype", &other, same, "model was")
}

// Every file is missing, cut short and damaged in turn.
func TestResumeRefusesDamage(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	dir := t.TempDir()
	cfg := interrupted(t, k, dir)
	good := k.trainer(t, k.model(t), cfg)
	if err := good.Resume(); err != nil {
		t.Fatal(err)
	}
	if good.state.BestEpoch == 0 || good.state.Cursor != (data.Cursor{Epoch: 2, Batch: 2}) {
		t.Fatalf("the checkpoint is not where it should be: %+v", good.state)
	}
	for _, name := range []string{"last/progress.json", "last/optimizer.state", "last/model.onnx", "best/progress.json",
		"best/model.onnx"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damage := func(what string, content []byte) {
			t.Helper()
			if content == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, content, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
			fresh := cfg
			fresh.Optimizer = &optimizers.Adam{LearningRate: 0.02}
			if strings.HasPrefix(what, "bit") {
				flipped(t, name+": "+what, k, fresh, good)
			} else {
				refused(t, name+": "+what, k, fresh, filepath.FromSlash(name))
			}
			if err := os.WriteFile(path, whole, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		damage("missing", nil)
		for _, n := range []int{0, 1, len(whole) / 2, len(whole) - 3} {
			damage(fmt.Sprintf("cut to %d bytes", n), whole[:n])
		}
		for i := 0; i < len(whole); i += max(1, len(whole)/60) {
			b := slices.Clone(whole)
			b[i] ^= 1 << (i % 8)
			damage(fmt.Sprintf("bit %d of byte %d of %d", i%8, i, len(whole)), b)
		}
	}
}

// flipped wants an error or, where the bit is in what says nothing (white space, a comment), exactly the good result.
func flipped(t *testing.T, what string, k *task, cfg Config, good *Trainer) {
	t.Helper()
	m := k.model(t)
	tr := k.trainer(t, m, cfg)
	before := bits(m)
	if err := tr.Resume(); err != nil {
		if !errors.Is(err, ErrCheckpoint) || strings.Contains(err.Error(), "\n") || !slices.Equal(before, bits(m)) ||
			tr.state != (progress{}) {
			t.Errorf("%s: %q, or something has changed", what, err)
		}
		return
	}
	same(t, what, good, tr)
	if !slices.Equal(bits(m), bits(good.model)) {
		t.Errorf("%s: the weights differ and nobody noticed", what)
	}
}

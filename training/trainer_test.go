package training

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Three epochs of the trainer against the same done by hand with an Objective, an optimizer and the order of rows.
func TestStepIsObjectiveAndOptimizer(t *testing.T) {
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		t.Run(dtype.String(), func(t *testing.T) {
			k := prepare(t, "iris", 20, models.Dense(6, models.Tanh))
			k.dtype = dtype
			m, tr := k.fitted(t, Config{Epochs: 3, Batch: 8, Optimizer: &optimizers.Adam{LearningRate: 0.01}, Seed: 5,
				KeepLast: true})

			hand := k.model(t)
			opt := &optimizers.Adam{LearningRate: 0.01}
			batches, err := data.NewBatches(k.parts.Train, 8, 5)
			if err != nil {
				t.Fatal(err)
			}
			for e := range 3 {
				sum := 0.0
				for rows, ok := batches.Next(); ok; rows, ok = batches.Next() {
					sum += handStep(t, hand, k.d, rows, opt) * float64(len(rows))
				}
				if got := tr.History().Epochs[e].TrainLoss; got != sum/20 {
					t.Errorf("epoch %d: train loss %v, by hand %v", e+1, got, sum/20)
				}
			}
			if !slices.Equal(bits(m), bits(hand)) {
				t.Error("the weights differ from those of hand-made steps")
			}
			if tr.state.Step != 9 || opt.StepCount() != 9 {
				t.Errorf("%d and %d steps, want 9", tr.state.Step, opt.StepCount())
			}
		})
	}
}

func handStep(t *testing.T, m *models.Model, d *data.Dataset, rows []int, opt optimizers.Optimizer) float64 {
	t.Helper()
	obj, err := m.Net.Objective(len(rows), network.CrossEntropy(0))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(rows)*d.Width())
	labels := make([]int, len(rows))
	if err := d.Gather(x, labels, rows); err != nil {
		t.Fatal(err)
	}
	var in gorgonia.Value = tensor.New(tensor.WithShape(len(rows), d.Width()), tensor.WithBacking(x))
	if m.Net.Dtype() == tensor.Float64 {
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v)
		}
		in = tensor.New(tensor.WithShape(len(rows), d.Width()), tensor.WithBacking(wide))
	}
	for n, v := range map[*gorgonia.Node]gorgonia.Value{obj.Inputs[0]: in,
		obj.Target: tensor.New(tensor.WithShape(len(rows)), tensor.WithBacking(labels))} {
		if err := gorgonia.Let(n, v); err != nil {
			t.Fatal(err)
		}
	}
	vm, err := graph.Compile(obj.Graph)
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if err := opt.Step(gorgonia.NodesToValueGrads(obj.Params)); err != nil {
		t.Fatal(err)
	}
	switch v := obj.Cost.Value().(type) {
	case *gorgonia.F32:
		return float64(*v)
	case *gorgonia.F64:
		return float64(*v)
	}
	return math.NaN()
}

// Ten rows in batches of four: every row has a feature of its own, so that a row which is left out leaves its weight.
func TestLastBatchHoldsTheRest(t *testing.T) {
	x, labels := make([][]float32, 10), make([]int, 10)
	for i := range x {
		x[i] = make([]float32, 10)
		x[i][i], labels[i] = 1, i%2
	}
	d := table(t, x, labels, nil)
	spec, err := models.Sequential().For([]int{10}, d.Task, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &task{d, &data.Parts{Train: all(10)}, spec, tensor.Float32}
	m := k.model(t)
	before := bits(m)
	var losses []float64
	var infos []StepInfo
	tr := k.trainer(t, m, Config{Epochs: 2, Batch: 4, Optimizer: &optimizers.SGD{LearningRate: 0.5}, KeepLast: true,
		OnStep: func(s StepInfo) error {
			infos = append(infos, s)
			losses = append(losses, s.Loss)
			return nil
		}})
	h, err := tr.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []StepInfo{{1, 2, 1, 3, losses[0]}, {1, 2, 2, 3, losses[1]}, {1, 2, 3, 3, losses[2]},
		{2, 2, 1, 3, losses[3]}, {2, 2, 2, 3, losses[4]}, {2, 2, 3, 3, losses[5]}}
	if !slices.Equal(infos, want) {
		t.Errorf("steps %+v\nwant  %+v", infos, want)
	}
	for e := range 2 {
		l := losses[3*e : 3*e+3]
		if mean := (4*l[0] + 4*l[1] + 2*l[2]) / 10; math.Abs(h.Epochs[e].TrainLoss-mean) > 1e-12 {
			t.Errorf("epoch %d: train loss %v, the mean over rows is %v", e+1, h.Epochs[e].TrainLoss, mean)
		}
	}
	after := bits(m)
	for row := range 10 { // weight (10, 2)
		if before[2*row] == after[2*row] {
			t.Errorf("row %d was never trained on", row)
		}
	}
	if h.Epochs[1].Step != 6 || len(tr.programs) != 2 {
		t.Errorf("%d steps by %d programs, want 6 by 2", h.Epochs[1].Step, len(tr.programs))
	}
}

// Early stopping is checked against the rule, applied to the values in the history.
func TestEarlyStopping(t *testing.T) {
	for _, c := range []struct {
		data, monitor string
		patience      int
		delta         float64
		value         func(*EpochInfo) float64
		up            bool
	}{
		{"iris", "", 2, 0, func(e *EpochInfo) float64 { return *e.ValLoss }, false},
		{"iris", "loss", 3, 0.05, func(e *EpochInfo) float64 { return *e.ValLoss }, false},
		{"iris", "accuracy", 4, 0, func(e *EpochInfo) float64 { return e.Val.Accuracy }, true},
		{"iris", "accuracy", 2, 0.2, func(e *EpochInfo) float64 { return e.Val.Accuracy }, true},
		{"diabetes", "mae", 1, 0, func(e *EpochInfo) float64 { return e.Val.MAE }, false},
		{"diabetes", "r2", 2, 0, func(e *EpochInfo) float64 { return *e.Val.R2 }, true},
	} {
		k := prepare(t, c.data, 40, models.Dense(16, models.ReLU))
		_, tr := k.fitted(t, Config{Epochs: 300, Batch: 8, Optimizer: &optimizers.Adam{LearningRate: 0.02},
			Monitor:  c.monitor,
			Patience: c.patience, MinDelta: c.delta})
		h := tr.History()
		mark, best, loss, at, since, stop := 0.0, 0.0, 0.0, 0, 0, 0
		for i := range h.Epochs {
			e := &h.Epochs[i]
			sign := 1.0
			if !c.up {
				sign = -1
			}
			gains := at == 0 || sign*(c.value(e)-mark) > c.delta
			tie := !gains && c.monitor != "" && c.monitor != "loss" && sign*(c.value(e)-best) >= 0 && *e.ValLoss < loss
			if gains || tie && c.delta == 0 {
				mark, since = c.value(e), e.Epoch
			}
			better := gains || tie
			if better {
				best, at, loss = c.value(e), e.Epoch, *e.ValLoss
			}
			if e.Best != better {
				t.Errorf("%s %q: epoch %d best %v, want %v", c.data, c.monitor, e.Epoch, e.Best, better)
			}
			if stop == 0 && e.Epoch-since >= c.patience {
				stop = e.Epoch
			}
		}
		if !h.Stopped || stop == 0 || stop != len(h.Epochs) || h.BestEpoch != at {
			t.Errorf("%s %q: stopped %v after %d epochs, best %d; want stop after %d, best %d", c.data, c.monitor, h.Stopped,
				len(h.Epochs), h.BestEpoch, stop, at)
		}
	}
}

func TestBestWeightsAreRestoredUnlessTheLastAreKept(t *testing.T) {
	k := prepare(t, "diabetes", 30, models.Dense(32, models.ReLU)) // few rows: it overfits
	cfg := func() Config {
		return Config{Epochs: 60, Batch: 8, Optimizer: &optimizers.Adam{LearningRate: 0.03}}
	}
	last := cfg()
	last.KeepLast = true
	for _, cfg := range []Config{cfg(), last} {
		m, tr := k.fitted(t, cfg)
		h := tr.History()
		if h.BestEpoch == len(h.Epochs) {
			t.Fatal("the last epoch is the best; the test says nothing")
		}
		e, err := NewEvaluator(m, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Evaluate(k.d, k.parts.Val)
		if err != nil {
			t.Fatal(err)
		}
		want := *h.Epochs[h.BestEpoch-1].ValLoss
		if cfg.KeepLast {
			want = *h.Last().ValLoss
		}
		if r.Loss != want {
			t.Errorf("keep last %v: validation loss %v, want %v", cfg.KeepLast, r.Loss, want)
		}
	}
}

func TestCallbacksEndTheTraining(t *testing.T) {
	k := prepare(t, "iris", 20, models.Dense(4, models.ReLU))
	broken := errors.New("broken")
	for _, c := range []struct {
		name          string
		step, epoch   int // where the callback speaks
		say, want     error
		epochs, steps int
	}{
		{"stop at a step", 7, 0, ErrStop, nil, 2, 10},
		{"stop at an epoch", 0, 2, errors.Wrap(ErrStop, "enough"), nil, 2, 10},
		{"error at a step", 7, 0, broken, broken, 1, 7},
		{"error at an epoch", 0, 2, broken, broken, 2, 10},
	} {
		steps := 0
		cfg := Config{Epochs: 9, Batch: 4, Optimizer: &optimizers.Adam{}}
		cfg.OnStep = func(StepInfo) error {
			if steps++; steps == c.step {
				return c.say
			}
			return nil
		}
		cfg.OnEpoch = func(e EpochInfo) error {
			if e.Epoch == c.epoch {
				return c.say
			}
			return nil
		}
		tr := k.trainer(t, k.model(t), cfg)
		h, err := tr.Fit(t.Context())
		if !errors.Is(err, c.want) || len(h.Epochs) != c.epochs || steps != c.steps || h.Stopped {
			t.Errorf("%s: %v after %d epochs and %d steps, stopped %v", c.name, err, len(h.Epochs), steps, h.Stopped)
		}
	}
}

// The weights are good for two epochs; then a step is far too large.
func TestDivergence(t *testing.T) {
	k := prepare(t, "digits", 64, models.Dense(8, models.ReLU))
	dir := t.TempDir()
	var good []uint64
	m := k.model(t)
	cfg := Config{Epochs: 5, Batch: 16, Checkpoints: dir, OnEpoch: func(EpochInfo) error { good = bits(m); return nil }}
	cfg.Optimizer = &optimizers.SGD{LearningRate: 0.1, Common: optimizers.Common{Schedule: from(10, 1e38)}}
	h, err := k.trainer(t, m, cfg).Fit(t.Context())
	if !errors.Is(err, ErrDiverged) || !strings.HasPrefix(err.Error(), "epoch 3: batch 4: the loss is ") {
		t.Fatalf("error %v", err)
	}
	if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "learning rate") {
		t.Errorf("message %q", err)
	}
	if len(h.Epochs) != 2 || !slices.Equal(bits(m), good) {
		t.Errorf("%d epochs; the last good weights are not back", len(h.Epochs))
	}
	saved, err := models.Load(filepath.Join(dir, "last"))
	if err != nil || !slices.Equal(bits(saved), good) {
		t.Errorf("the checkpoint does not hold the last good weights: %v", err)
	}
	cfg.Optimizer = &optimizers.SGD{LearningRate: 0.01}
	again := k.model(t)
	tr := k.trainer(t, again, cfg)
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if h, err := tr.Fit(t.Context()); err != nil || len(h.Epochs) != 5 {
		t.Errorf("with a lower rate: %v", err)
	}
}

// The last step of an epoch spoils the weights, which no loss has seen yet.
func TestDivergenceAtTheEndOfAnEpoch(t *testing.T) {
	k := prepare(t, "digits", 64, models.Dense(8, models.ReLU))
	m := k.model(t)
	before := bits(m)
	_, err := k.trainer(t, m, Config{Epochs: 3, Batch: 16,
		Optimizer: &optimizers.SGD{LearningRate: 1, Common: optimizers.Common{Schedule: from(3,
			math.MaxFloat64)}}}).Fit(t.Context())
	if !errors.Is(err, ErrDiverged) || !strings.HasPrefix(err.Error(), "epoch 1: ") {
		t.Fatalf("error %v", err)
	}
	if !slices.Equal(bits(m), before) {
		t.Error("the weights from before are not back")
	}
	bare := *k // no validation rows, whose loss would show it too
	bare.parts = &data.Parts{Train: k.parts.Train}
	m = k.model(t)
	_, err = bare.trainer(t, m, Config{Epochs: 1, Batch: 16,
		Optimizer: &optimizers.SGD{LearningRate: 1, Common: optimizers.Common{Schedule: from(3,
			math.MaxFloat64)}}}).Fit(t.Context())
	if !errors.Is(err, ErrDiverged) || !slices.Equal(bits(m), before) {
		t.Errorf("without validation rows: %v", err)
	}
	// Weights that are finite while the validation loss is not.
	m = k.model(t)
	_, err = k.trainer(t, m, Config{Epochs: 3, Batch: 16,
		Optimizer: &optimizers.SGD{LearningRate: 1, Common: optimizers.Common{Schedule: from(3, 1e30)}}}).Fit(t.Context())
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "validation") || !slices.Equal(bits(m), before) {
		t.Errorf("error %v", err)
	}
}

// The loss is finite and its gradient is not: 2·(1e19)·3e20 is beyond float32.
func TestNonFiniteGradient(t *testing.T) {
	d := table(t, [][]float32{{3e20}, {3e20}}, nil, []float32{0, 0})
	spec, err := models.Sequential().For([]int{1}, d.Task, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &task{d, &data.Parts{Train: all(2)}, spec, tensor.Float32}
	m := k.model(t)
	m.Net.Params[0].Value().Data().([]float32)[0] = 0.03
	opt := &optimizers.SGD{LearningRate: 0.1, Common: optimizers.Common{NonFinite: optimizers.Fail}}
	_, err = k.trainer(t, m, Config{Epochs: 1, Batch: 2, Optimizer: opt}).Fit(t.Context())
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), `"dense1.weight"`) {
		t.Errorf("error %v", err)
	}
	if w := m.Net.Params[0].Value().Data().([]float32)[0]; w != 0.03 {
		t.Errorf("weight %v", w)
	}
}

func TestNewRefuses(t *testing.T) {
	k := prepare(t, "iris", 20, models.Dense(4, models.ReLU))
	diabetes := prepare(t, "diabetes", 20)
	good := Config{Epochs: 1, Batch: 4, Optimizer: &optimizers.Adam{}}
	holes := *k.d
	holes.X = slices.Clone(k.d.X)
	holes.X[3] = float32(math.NaN())
	renamed := *k.d
	renamed.Features = []string{"w", "x", "y", "z"}
	m := k.model(t)
	for _, c := range []struct {
		change func(*Config)
		d      *data.Dataset
		parts  *data.Parts
		want   string
	}{
		{func(c *Config) { c.Epochs = 0 }, nil, nil, "epochs 0"},
		{func(c *Config) { c.Batch = -1 }, nil, nil, "batch size -1"},
		{func(c *Config) { c.Optimizer = nil }, nil, nil, "optimizer"},
		{func(c *Config) { c.Patience = -1 }, nil, nil, "patience -1"},
		{func(c *Config) { c.MinDelta = math.NaN() }, nil, nil, "min delta NaN"},
		{func(c *Config) { c.Monitor = "acuracy" }, nil, nil, `did you mean "accuracy"`},
		{func(c *Config) { c.Monitor = "r2" }, nil, nil, "regression"},
		{func(c *Config) { c.Monitor = "accuracy" }, nil, &data.Parts{Train: k.parts.Train}, "validation rows"},
		{nil, diabetes.d, diabetes.parts, "features"},
		{nil, &holes, nil, "1 missing"},
		{nil, &renamed, nil, `feature 1 of the model is "sepal`},
		{nil, nil, &data.Parts{}, "no training rows"},
	} {
		cfg, d, parts := good, k.d, k.parts
		if c.change != nil {
			c.change(&cfg)
		}
		if c.d != nil {
			d = c.d
		}
		if c.parts != nil {
			parts = c.parts
		}
		if _, err := New(m, d, parts, cfg); err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

func TestOptimizerKeepsItsOptions(t *testing.T) {
	k := prepare(t, "iris", 20)
	opt := &optimizers.Adam{}
	k.fitted(t, Config{Epochs: 1, Batch: 4, Optimizer: opt})
	if opt.KeepGradients {
		t.Error("KeepGradients stays switched on")
	}
}

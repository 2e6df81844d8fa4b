package training

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

func normed(t testing.TB) *task {
	return prepare(t, "iris", 50, models.Dense(8), models.BatchNorm(), models.Activate(models.ReLU))
}

// Running statistics are part of what training keeps: the best epoch's come back with its weights.
func TestRunningStatisticsOfTheBestEpoch(t *testing.T) {
	k := normed(t)
	cfg := func(epochs int) Config {
		return Config{Epochs: epochs, Batch: 16, Optimizer: &optimizers.Adam{}, Seed: 1, MinDelta: 1e9}
	}
	one, _ := k.fitted(t, cfg(1))
	three, tr := k.fitted(t, cfg(3)) // by MinDelta no epoch is better than the first
	if tr.History().BestEpoch != 1 || !slices.Equal(bits(one), bits(three)) {
		t.Error("the best epoch was not restored")
	}
	last := cfg(3)
	last.KeepLast = true
	kept, _ := k.fitted(t, last)
	fresh := k.model(t)
	for i, s := range fresh.Net.States {
		if slices.Equal(valueBits(s.Value()), valueBits(one.Net.States[i].Value())) ||
			slices.Equal(valueBits(one.Net.States[i].Value()), valueBits(kept.Net.States[i].Value())) {
			t.Errorf("%s does not follow the batches", s.Name())
		}
	}
}

// A model that comes in its evaluation form, as out of a file, is trained as one that was just built.
func TestEvaluationFormIsTrainedOn(t *testing.T) {
	k := normed(t)
	cfg := func() Config {
		return Config{Epochs: 2, Batch: 16, Optimizer: &optimizers.SGD{LearningRate: 0.1}, Seed: 1}
	}
	built, _ := k.fitted(t, cfg())
	m := k.model(t)
	net, err := m.Net.Inference()
	if err != nil {
		t.Fatal(err)
	}
	m = m.With(net)
	if _, err := k.trainer(t, m, cfg()).Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(built), bits(m)) {
		t.Error("the evaluation form is trained otherwise")
	}
}

// Gradients are those of the evaluation form, whose normalisation does not depend on the batch: finite differences of
// the evaluated loss, and no statistic moves.
func TestGradientsOfBatchNorm(t *testing.T) {
	k := normed(t)
	k.dtype = tensor.Float64
	m, _ := k.fitted(t, Config{Epochs: 1, Batch: 16, Optimizer: &optimizers.Adam{}, Seed: 1})
	before := bits(m)
	rows := k.parts.Train[:37]
	grads, err := Gradients(m, nil, k.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, bits(m)) {
		t.Error("taking gradients changes the model")
	}
	e, err := NewEvaluator(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	loss := func() float64 {
		r, err := e.Evaluate(k.d, rows)
		if err != nil {
			t.Fatal(err)
		}
		return r.Loss
	}
	for _, p := range m.Net.Params {
		w, err := op.Floats[float64](p.Value())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, len(w) / 2, len(w) - 1} {
			const h = 1e-5
			at := w[i]
			w[i] = at + h
			up := loss()
			w[i] = at - h
			down := loss()
			w[i] = at
			if got, want := grads[p.Name()][i], (up-down)/(2*h); math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
				t.Errorf("%s, element %d: gradient %v, finite difference %v", p.Name(), i, got, want)
			}
		}
	}
}

// One row has no variance: that is said before any work, not at the end of the first epoch.
func TestLastBatchOfOneRow(t *testing.T) {
	k := normed(t)
	cfg := Config{Epochs: 1, Batch: len(k.parts.Train) - 1, Optimizer: &optimizers.Adam{}}
	_, err := New(k.model(t), k.d, k.parts, cfg)
	if err == nil || !strings.Contains(err.Error(), "the last batch of an epoch has 1 of") ||
		!strings.Contains(err.Error(), "batch norm") {
		t.Errorf("error %v", err)
	}
	plain := prepare(t, "iris", 49, models.Dense(8))
	if _, err := New(plain.model(t), plain.d, plain.parts, cfg); err != nil {
		t.Errorf("without batch norm: %v", err)
	}
}

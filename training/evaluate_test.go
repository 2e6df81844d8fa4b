package training

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// outputs computes a dense ReLU network by a plain loop in float64, up to the logits.
func outputs(k *task, m *models.Model, row []float32) []float64 {
	x := make([]float64, len(row))
	layer := k.spec.Layers[1] // standardise
	for i, v := range row {
		x[i] = (float64(v) - float64(float32(layer.Mean[i]))) / float64(float32(layer.Scale[i]))
	}
	for p := 0; p < len(m.Net.Params); p += 2 {
		w, b := m.Net.Params[p], m.Net.Params[p+1]
		weight, bias := floats64(w.Value()), floats64(b.Value())
		in, out := w.Shape()[0], w.Shape()[1]
		y := make([]float64, out)
		for j := range out {
			y[j] = bias[j]
			for i := range in {
				y[j] += x[i] * weight[i*out+j]
			}
			if p+2 < len(m.Net.Params) {
				y[j] = max(y[j], 0)
			}
		}
		x = y
	}
	return x
}

func floats64(v interface{ Data() any }) []float64 {
	switch f := v.Data().(type) {
	case []float32:
		w := make([]float64, len(f))
		for i, x := range f {
			w[i] = float64(x)
		}
		return w
	case []float64:
		return f
	}
	return nil
}

func softmax(x []float64) []float64 {
	sum, top := 0.0, slices.Max(x)
	p := make([]float64, len(x))
	for i, v := range x {
		p[i] = math.Exp(v - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= tolerance*max(1, math.Abs(want))) || math.IsInf(want, 0) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Rows in any order and number, repeated ones among them, against the plain loop.
func TestEvaluatorAgreesWithAPlainLoop(t *testing.T) {
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		k := prepare(t, "digits", 200, models.Dense(12, models.ReLU))
		k.dtype = dtype
		m, _ := k.fitted(t, Config{Epochs: 3, Batch: 32, Optimizer: &optimizers.Adam{}})
		e, err := NewEvaluator(m, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := random.New(1, "rows")
		for _, n := range []int{1, 2, 255, 256, 257, 700} {
			rows := make([]int, n)
			for i := range rows {
				rows[i] = r.IntN(k.d.Rows())
			}
			got, err := e.Evaluate(k.d, rows)
			if err != nil {
				t.Fatal(err)
			}
			probs, err := e.Predict(k.d, rows)
			if err != nil {
				t.Fatal(err)
			}
			loss, right := 0.0, 0
			for i, row := range rows {
				p := softmax(outputs(k, m, k.d.Row(row)))
				loss -= math.Log(p[k.d.Labels[row]]) / float64(n)
				if best := slices.Index(p, slices.Max(p)); best == k.d.Labels[row] {
					right++
				}
				for c := range p {
					near(t, "probability", float64(probs[10*i+c]), p[c], 1e-4)
				}
			}
			near(t, "loss", got.Loss, loss, 1e-5)
			if got.Metrics.Accuracy != float64(right)/float64(n) || got.Metrics.N != n {
				t.Errorf("%v, %d rows: accuracy %v of %d, want %d right", dtype, n, got.Metrics.Accuracy, got.Metrics.N, right)
			}
			if acc, err := got.Value("accuracy"); err != nil || acc != got.Metrics.Accuracy {
				t.Errorf("value %v, %v", acc, err)
			}
		}
	}
}

func TestEvaluationWeightsOfARegression(t *testing.T) {
	k := prepare(t, "diabetes", 0, models.Dense(8, models.ReLU))
	m, _ := k.fitted(t, Config{Epochs: 20, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.01}})
	e, err := NewEvaluator(m, network.MSE())
	if err != nil {
		t.Fatal(err)
	}
	rows := []int{5, 3, 3, 400, 0}
	got, err := e.Evaluate(k.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	mse := 0.0
	for _, row := range rows {
		d := outputs(k, m, k.d.Row(row))[0] - float64(k.d.Targets[row])
		mse += d * d / float64(len(rows))
	}
	near(t, "loss", got.Loss, mse, 1e-5)
	near(t, "mse", got.Metrics.MSE, mse, 1e-5)
}

// A network that ends in logits, or in one column with and without its sigmoid, gives the same probabilities as one
// that ends in a softmax.
func TestEvaluatorMakesProbabilities(t *testing.T) {
	k := prepare(t, "breast_cancer", 60)
	logits := k.model(t)
	logits.Net.Outputs[0] = op.Children(logits.Net.Outputs[0])[0]
	if models.IsSoftmax(logits.Net) {
		t.Fatal("the softmax is still there")
	}
	full := k.model(t)
	compare := func(what string, m *models.Model, want *models.Model, tolerance float64) {
		t.Helper()
		a, err := NewEvaluator(m, network.CrossEntropy(0))
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewEvaluator(want, network.CrossEntropy(0))
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Evaluate(k.d, k.parts.Val)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		ref, err := b.Evaluate(k.d, k.parts.Val)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what+": loss", got.Loss, ref.Loss, tolerance)
		near(t, what+": log loss", got.Metrics.LogLoss, ref.Metrics.LogLoss, tolerance)
		if got.Metrics.Accuracy != ref.Metrics.Accuracy || ref.Metrics.Accuracy == 1 {
			t.Errorf("%s: accuracy %v, want %v", what, got.Metrics.Accuracy, ref.Metrics.Accuracy)
		}
	}
	compare("logits", logits, full, 1e-6)

	// σ(z) with z the difference of the two logits is the softmax of both.
	w, b := floats64(full.Net.Params[0].Value()), floats64(full.Net.Params[1].Value())
	for _, end := range [][]models.Layer{
		{models.Dense(1)}, {models.Dense(1, models.Sigmoid)}, {models.Dense(1), models.Activate(models.Sigmoid)},
	} {
		spec := models.Sequential(append(slices.Clone(k.spec.Layers[:2]), end...)...)
		net, err := spec.Build(models.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		one := full.With(net)
		weight := net.Params[0].Value().Data().([]float32)
		for i := range weight {
			weight[i] = float32(w[2*i+1] - w[2*i])
		}
		net.Params[1].Value().Data().([]float32)[0] = float32(b[1] - b[0])
		compare("one column", one, full, 1e-5)
	}
}

// Two classes told apart by one column: it trains as two columns do, with label smoothing as well.
func TestOneColumnTrains(t *testing.T) {
	k := prepare(t, "breast_cancer", 0)
	for _, smoothing := range []float64{0, 0.2} {
		net, err := models.Sequential(append(slices.Clone(k.spec.Layers[:2]), models.Dense(8, models.ReLU), models.Dense(1,
			models.Sigmoid))...).
			Build(models.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		m := models.New(net, k.d, nil)
		if _, err := k.trainer(t, m, Config{Epochs: 20, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.01},
			Loss: network.CrossEntropy(smoothing)}).
			Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		e, err := NewEvaluator(m, network.CrossEntropy(smoothing))
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Evaluate(k.d, k.parts.Test)
		if err != nil {
			t.Fatal(err)
		}
		if r.Metrics.Accuracy < 0.93 {
			t.Errorf("smoothing %v: accuracy %v", smoothing, r.Metrics.Accuracy)
		}
		probs, err := e.Predict(k.d, k.parts.Test)
		if err != nil {
			t.Fatal(err)
		}
		loss := 0.0
		for i, row := range k.parts.Test {
			q := []float64{smoothing / 2, smoothing / 2}
			q[k.d.Labels[row]] += 1 - smoothing
			for c := range q {
				if q[c] > 0 {
					loss -= q[c] * math.Log(float64(probs[2*i+c])) / float64(len(k.parts.Test))
				}
			}
		}
		near(t, "loss", r.Loss, loss, 1e-4)
	}
}

func TestEvaluatorRefuses(t *testing.T) {
	k := prepare(t, "iris", 20)
	e, err := NewEvaluator(k.model(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	holes := *k.d
	holes.X = slices.Clone(k.d.X)
	holes.X[4*7+2] = float32(math.NaN())
	narrow, err := k.d.Select([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	bare := *k.d
	bare.Labels = nil
	for _, c := range []struct {
		d    *data.Dataset
		rows []int
		want string
	}{
		{k.d, nil, "no rows"},
		{k.d, []int{0, 150}, "row 150"},
		{k.d, []int{-1}, "row -1"},
		{narrow, []int{0}, "takes 4 features; iris has 2"},
		{&holes, []int{1, 7}, `row 7: feature "petal`},
		{&bare, []int{0}, "no column"},
		{prepare(t, "wine", 20).d, []int{0}, "13"},
		{prepare(t, "diabetes", 20).d, []int{0}, "10"},
	} {
		if _, err := e.Evaluate(c.d, c.rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	if _, err := e.Predict(narrow, []int{0}); err == nil {
		t.Error("a prediction from two of four features")
	}
	if p, err := e.Predict(&bare, []int{0, 1}); err != nil || len(p) != 6 {
		t.Errorf("unlabelled rows: %v, %v", p, err)
	}
	r, err := e.Evaluate(k.d, []int{0, 60, 120})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Value("r2"); !errors.Is(err, metrics.ErrUndefined) {
		t.Errorf("r2 of a classifier: %v", err)
	}
	if _, err := r.Value("acuracy"); err == nil || !strings.Contains(err.Error(), "accuracy") {
		t.Errorf("%v", err)
	}
}

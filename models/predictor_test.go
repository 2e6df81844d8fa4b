package models_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
)

// trained is a small model of an embedded dataset, whose last layers are those given.
func trained(t *testing.T, dataset string, end ...models.Layer) (*training.Fitted, *data.Dataset) {
	t.Helper()
	d, err := data.Load(dataset, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	spec := models.Sequential(append([]models.Layer{models.Input(d.Width()), models.Dense(8, models.ReLU)}, end...)...)
	cfg := training.FitConfig{Config: training.Config{Epochs: 2, Batch: 16, Optimizer: &optimizers.Adam{}, Seed: 1}}
	f, err := training.Fit(context.Background(), spec, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f, d
}

func predictor(t *testing.T, m *models.Model) *models.Predictor {
	t.Helper()
	p, err := m.Predictor()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Predictions are those of the evaluator, whatever the network ends in, and for any number of rows.
func TestPredictor(t *testing.T) {
	for name, c := range map[string]struct {
		dataset string
		end     []models.Layer
		width   int
	}{
		"softmax":             {"iris", []models.Layer{models.Dense(3), models.Softmax()}, 3},
		"logits":              {"iris", []models.Layer{models.Dense(3)}, 3},
		"one column, sigmoid": {"breast_cancer", []models.Layer{models.Dense(1, models.Sigmoid)}, 2},
		"one column, logit":   {"breast_cancer", []models.Layer{models.Dense(1)}, 2},
		"regression":          {"diabetes", []models.Layer{models.Dense(1)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f, d := trained(t, c.dataset, c.end...)
			p := predictor(t, f.Model)
			if p.Width() != c.width {
				t.Fatalf("width %d, want %d", p.Width(), c.width)
			}
			e, err := training.NewEvaluator(f.Model, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{1, 2, 65, d.Rows()} {
				rows := make([]int, n)
				for i := range rows {
					rows[i] = i
				}
				want, err := e.Predict(d, rows)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Predict(d.X[:n*d.Width()])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%d rows: not what evaluation gives", n)
				}
				if f.Model.Task != data.Classification {
					continue
				}
				classes, err := p.Classify(d.X[:n*d.Width()])
				if err != nil {
					t.Fatal(err)
				}
				for i, class := range classes {
					row := want[i*c.width : (i+1)*c.width]
					if class != f.Model.Classes[slices.Index(row, slices.Max(row))] {
						t.Errorf("row %d is %q with probabilities %v", i, class, row)
					}
				}
			}
		})
	}
}

// Many goroutines get what one gets; what is trained further meanwhile is not seen.
func TestPredictorOfManyGoroutines(t *testing.T) {
	f, d := trained(t, "iris", models.Dense(3), models.Softmax())
	p := predictor(t, f.Model)
	want, err := p.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for k := range 20 {
				n := 1 + (g*20+k)%d.Rows()
				if got, err := p.Predict(d.X[:n*d.Width()]); err != nil || !slices.Equal(got, want[:n*3]) {
					t.Errorf("%d rows: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
	w, err := op.Floats[float32](f.Model.Net.Params[0].Value())
	if err != nil {
		t.Fatal(err)
	}
	w[0] += 1
	if got, err := p.Predict(d.X); err != nil || !slices.Equal(got, want) {
		t.Error("the predictor sees that a weight changes")
	}
}

// A file in memory is the model that the file on disk is.
func TestUnmarshal(t *testing.T) {
	f, d := trained(t, "iris", models.Dense(3), models.Softmax())
	path := filepath.Join(t.TempDir(), "iris.onnx")
	if err := f.Model.Save(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := models.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Classes, f.Model.Classes) || !slices.Equal(m.Features, f.Model.Features) || m.Schema == nil {
		t.Errorf("classes %v, features %v", m.Classes, m.Features)
	}
	want, err := predictor(t, f.Model).Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := predictor(t, m).Predict(d.X); err != nil || !slices.Equal(got, want) {
		t.Error("other predictions", err)
	}
	for name, b := range map[string][]byte{"nothing": nil, "half": b[:len(b)/2], "text": []byte("iris"),
		"metadata": bytes.Replace(b, []byte(`"target"`), []byte(`"Target?`), 1)} {
		if _, err := models.Unmarshal(b); err == nil {
			t.Errorf("%s is a model", name)
		}
	}
}

func TestPredictorErrors(t *testing.T) {
	f, d := trained(t, "iris", models.Dense(3), models.Softmax())
	p := predictor(t, f.Model)
	x := slices.Clone(d.X[:2*d.Width()])
	fails := func(x []float32, want string) {
		t.Helper()
		if _, err := p.Predict(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if _, err := p.Classify(x); err == nil {
			t.Error("classes without an error")
		}
	}
	fails(x[:7], "7 values are no whole number of rows of 4 features")
	x[5] = float32(math.NaN())
	fails(x, "row 2: feature \""+d.Features[1]+"\" is NaN")
	x[5] = float32(math.Inf(1))
	fails(x, "is +Inf")
	x[5] = math.MaxFloat32
	fails(x, "row 2: the model gives")
	if got, err := p.Predict(nil); err != nil || len(got) != 0 {
		t.Errorf("no rows give %v, %v", got, err)
	}
	f, d = trained(t, "diabetes", models.Dense(1))
	if _, err := predictor(t, f.Model).Classify(d.X[:d.Width()]); err == nil || !strings.Contains(err.Error(), "has no classes") {
		t.Errorf("classes of a regression: %v", err)
	}
}

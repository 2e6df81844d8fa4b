package training

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

// Thresholds lie a little under what several seeds reach.
func TestFitReachesSensibleScores(t *testing.T) {
	for _, c := range []struct {
		data, metric string
		least        float64
		rate         float64
	}{
		{"iris", "accuracy", 0.87, 0.01},
		{"wine", "accuracy", 0.9, 0.01},
		{"breast_cancer", "accuracy", 0.93, 0.003},
		{"digits", "accuracy", 0.95, 0.003},
		{"diabetes", "r2", 0.35, 0.02},
	} {
		for seed := range uint64(3) {
			d, err := data.Load(c.data, data.Options{})
			if err != nil {
				t.Fatal(err)
			}
			cfg := FitConfig{Config: Config{Seed: seed, Optimizer: &optimizers.Adam{LearningRate: c.rate}}}
			f, err := Fit(t.Context(), models.Sequential(models.Dense(32, models.ReLU)), d, cfg)
			if err != nil {
				t.Fatal(err)
			}
			r, err := f.Evaluate("test")
			if err != nil {
				t.Fatal(err)
			}
			v, err := r.Value(c.metric)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, seed %d: %s %.3f", c.data, seed, c.metric, v)
			if !(v >= c.least) {
				t.Errorf("%s, seed %d: %s %.3f, want %v", c.data, seed, c.metric, v, c.least)
			}
		}
	}
}

func TestFitDefaults(t *testing.T) {
	csv := "a,b,c,y\n"
	for i := range 50 {
		row := []string{"1", "2", "3", "no"}
		if i%2 == 1 {
			row = []string{"4", "", "6", "yes"}
		}
		csv += strings.Join(row, ",") + "\n"
	}
	d, err := data.ReadCSV(strings.NewReader(csv), "holes.csv", data.Options{Impute: data.ImputeMedian})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Fit(t.Context(), models.Spec{}, d, FitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.History.Epochs); n != 667 || f.Data.Missing() != 0 || d.Missing() != 25 {
		t.Errorf("%d epochs, %d missing values, %d before", n, f.Data.Missing(), d.Missing())
	}
	if len(f.Parts.Test) != 10 || len(f.Parts.Val) != 6 || len(f.Parts.Train) != 34 || f.History.Last().Step != 2001 {
		t.Errorf("%d, %d and %d rows, %d steps", len(f.Parts.Train), len(f.Parts.Val), len(f.Parts.Test),
			f.History.Last().Step)
	}
	if !f.Model.Schema.Fitted() || f.Model.Split.TestRows != 10 || f.Model.Net.Param("standardise1.mean") == nil {
		t.Error("schema, split or scaling is not in the model")
	}
	for _, part := range []string{"train", "val", "test", "all"} {
		if r, err := f.Evaluate(part); err != nil || r.Metrics.Accuracy != 1 {
			t.Errorf("%s: %v", part, err)
		}
	}
	if _, err := f.Evaluate("tset"); err == nil {
		t.Error("a part that does not exist")
	}
	// No validation rows, another scaling, the same bits twice.
	cfg := FitConfig{Config: Config{Epochs: 3, Seed: 2}, Split: &data.SplitOptions{Test: 0.5}, Scaling: data.NoScaling}
	f, err = Fit(t.Context(), models.Spec{}, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Parts.Val) != 0 || len(f.Parts.Test) != 25 || f.History.Last().ValLoss != nil ||
		f.Model.Net.Param("standardise1.mean") != nil {
		t.Error("split or scaling are not as asked for")
	}
	again, err := Fit(t.Context(), models.Spec{}, d, cfg)
	if err != nil || !slices.Equal(bits(f.Model), bits(again.Model)) {
		t.Errorf("the same again has other bits: %v", err)
	}
}

func TestFitReturnsWhatThereIs(t *testing.T) {
	d, err := data.Load("iris", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, err := Fit(ctx, models.Spec{}, d, FitConfig{})
	if !errors.Is(err, ErrInterrupted) || f == nil || f.Model == nil || len(f.History.Epochs) != 0 {
		t.Errorf("%v, %v", f, err)
	}
	for _, c := range []struct {
		spec models.Spec
		cfg  FitConfig
		want string
	}{
		{models.Sequential(models.Input(5)), FitConfig{}, "5 features"},
		{models.Sequential(models.Dense(0)), FitConfig{}, "units 0"},
		{models.Spec{}, FitConfig{Scaling: "standardize"}, "scaling"},
		{models.Spec{}, FitConfig{Split: &data.SplitOptions{Test: 1}}, "fraction"},
		{models.Spec{}, FitConfig{Config: Config{Epochs: -1}}, "epochs -1"},
	} {
		if _, err := Fit(t.Context(), c.spec, d, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

// Ids of an embedding are not scaled unless somebody says so, which is an error.
func TestFitOfIDs(t *testing.T) {
	var x [][]float32
	var labels []int
	for i := range 60 {
		x = append(x, []float32{float32(i % 7), float32(i % 5), float32(i % 3)})
		labels = append(labels, i%3%2)
	}
	d := table(t, x, labels, nil)
	spec := models.Sequential(models.Embedding(7, 4), models.Flatten(), models.Dense(8, models.ReLU))
	cfg := FitConfig{Config: Config{Epochs: 30, Batch: 10, Optimizer: &optimizers.Adam{LearningRate: 0.02}, Seed: 1}}
	f, err := Fit(t.Context(), spec, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Evaluate("all")
	if err != nil {
		t.Fatal(err)
	}
	if acc, err := r.Value("accuracy"); err != nil || acc < 0.99 {
		t.Errorf("accuracy %v, %v", acc, err)
	}
	cfg.Scaling = data.Standardize
	if _, err := Fit(t.Context(), spec, d, cfg); err == nil || !strings.Contains(err.Error(), "scaling must be none") {
		t.Errorf("scaled ids: %v", err)
	}
}

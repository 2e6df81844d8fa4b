package training

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// However an optimizer is described, by value or by name, what is open becomes the same, and what is set is kept.
func TestSettle(t *testing.T) {
	size := Size{Rows: 102, Validated: true}
	for _, c := range []struct {
		name   string
		value  optimizers.Optimizer
		method Method
		rate   float64
		check  func(o optimizers.Optimizer) bool
	}{
		{"nothing", nil, Method{}, 0.0099, func(o optimizers.Optimizer) bool { return o.(*optimizers.AdamW).WeightDecay == 1 }},
		{"adamw", &optimizers.AdamW{}, Method{Optimizer: "adamw"}, 0.0099,
			func(o optimizers.Optimizer) bool { return o.(*optimizers.AdamW).WeightDecay == 1 }},
		{"a rate", &optimizers.AdamW{LearningRate: 0.5}, Method{LearningRate: 0.5}, 0.5,
			func(o optimizers.Optimizer) bool { return o.(*optimizers.AdamW).WeightDecay == 1 }},
		{"options", &optimizers.AdamW{LearningRate: 0.25, WeightDecay: optimizers.Zero},
			Method{Options: optimizers.Options{"lr": 0.25, "weight_decay": 0}}, 0.25,
			func(o optimizers.Optimizer) bool { return o.(*optimizers.AdamW).WeightDecay == optimizers.Zero }},
		{"adam", &optimizers.Adam{}, Method{Optimizer: "adam"}, 0.001, func(o optimizers.Optimizer) bool { return true }},
		{"asgd", &optimizers.ASGD{}, Method{Optimizer: "asgd"}, 0.01,
			func(o optimizers.Optimizer) bool { return o.(*optimizers.ASGD).Start == 1001 }},
	} {
		both := []FitConfig{{Method: c.method}}
		if c.value != nil {
			both = append(both, FitConfig{Config: Config{Optimizer: c.value}})
		}
		for _, cfg := range both {
			got, err := cfg.Settle(size, data.Classification)
			if err != nil {
				t.Fatal(err)
			}
			schedule, ok := got.Optimizer.Options().Schedule.(*optimizers.Cosine)
			if !ok || schedule.Steps != 2002 || got.Optimizer.Rate() != c.rate || !c.check(got.Optimizer) {
				t.Errorf("%s: schedule %+v, rate %v, %+v", c.name, schedule, got.Optimizer.Rate(), got.Optimizer)
			}
			if got.Epochs != 286 || got.Batch != 16 || got.Patience != 143 || got.Loss == nil || got.NamedLoss.Name != "cross-entropy" {
				t.Errorf("%s: %d epochs, batch %d, patience %d", c.name, got.Epochs, got.Batch, got.Patience)
			}
		}
	}
	// A schedule that is given is kept, a full-batch optimizer sees every row, and patience may be none.
	got, err := FitConfig{Config: Config{Batch: 7, Patience: -1, Optimizer: &optimizers.Rprop{Common: optimizers.Common{
		Schedule: &optimizers.Constant{}}}}}.Settle(size, data.Regression)
	if err != nil || got.Batch != 102 || got.Epochs != 2000 || got.Patience != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, ok := got.Optimizer.Options().Schedule.(*optimizers.Constant); !ok {
		t.Error("another schedule")
	}
	wrapped := optimizers.Wrap(&optimizers.AdamW{}, optimizers.Common{})
	if _, err := (FitConfig{Config: Config{Optimizer: wrapped}}).Settle(size, data.Regression); err != nil ||
		wrapped.Options().Schedule != nil {
		t.Errorf("a wrapped solver: %v", err)
	}
	for _, c := range []struct {
		cfg  FitConfig
		want string
	}{
		{FitConfig{Config: Config{Optimizer: &optimizers.Adam{}}, Method: Method{Optimizer: "adam"}}, "given twice"},
		{FitConfig{Method: Method{LearningRate: 1, Options: optimizers.Options{"lr": 2}}}, "given twice"},
		{FitConfig{Config: Config{Loss: got.Loss}, NamedLoss: models.NamedLoss{Name: "mse"}}, "given twice"},
		{FitConfig{Method: Method{Schedule: "step"}}, "every"},
		{FitConfig{Method: Method{Options: optimizers.Options{"momentun": 1}}}, "momentun"},
	} {
		if _, err := c.cfg.Settle(size, data.Regression); err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, ErrSettings) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

// What was settled describes the training: given as settings, with the data, it gives the same bits.
func TestSettledIsARecord(t *testing.T) {
	for _, target := range []string{"label", "weight"} {
		d := holes(t, target)
		spec := models.Sequential(models.Dense(4, models.Tanh))
		first, err := Fit(t.Context(), spec, d, FitConfig{Config: Config{Seed: 3}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(first.Settled)
		if err != nil {
			t.Fatal(err)
		}
		var s Settled
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		patience := s.Patience
		if patience == 0 {
			patience = -1
		}
		again, err := Fit(t.Context(), spec, d, FitConfig{
			Config: Config{Seed: s.Seed, Epochs: s.Epochs, Batch: s.Batch, Patience: patience}, Method: s.Method, NamedLoss: s.Loss,
			Split: &data.SplitOptions{Test: s.Test, Val: s.Val, Seed: s.SplitSeed}, Scaling: s.Scaling, TargetScaling: s.TargetScaling})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(first.Model), bits(again.Model)) {
			t.Errorf("%s: other bits by %s", target, b)
		}
		if s.Epochs == 0 || s.Batch == 0 || s.Method.LearningRate == 0 || s.Scaling == "" || s.Loss.Name == "" || s.Method.Options["weight_decay"] == nil {
			t.Errorf("no number: %s", b)
		}
	}
}

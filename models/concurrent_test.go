package models_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/threads"
	"github.com/gtrain/gtrain/training"
)

// What the documentation of types says may be done by several goroutines gives what one gives. Run with -race.
func TestWhatSeveralGoroutinesMayUse(t *testing.T) {
	defer threads.Set(threads.Set(2))
	f, d := trained(t, "iris", models.Dense(3), models.Softmax())
	p := predictor(t, f.Model)
	rows := make([]int, d.Rows())
	for i := range rows {
		rows[i] = i
	}
	record := map[string]string{"sepal_length": "6.3", "sepal_width": "2.7", "petal_length": "4.9", "petal_width": "1.8"}
	var evaluators []*training.Evaluator
	for range 4 {
		e, err := training.NewEvaluator(f.Model, nil)
		if err != nil {
			t.Fatal(err)
		}
		evaluators = append(evaluators, e)
	}
	one := func(g int) (said []string) {
		say := func(x any, err error) {
			b, more := json.Marshal(x)
			said = append(said, fmt.Sprint(string(b), err, more))
		}
		spec := models.Sequential(models.Input(d.Width()), models.Dense(8, models.ReLU), models.Dense(3), models.Softmax())
		fitted, err := training.Fit(context.Background(), spec, d,
			training.FitConfig{Config: training.Config{Epochs: 2, Optimizer: &optimizers.Adam{}, Seed: 1}})
		if err != nil {
			return []string{err.Error()}
		}
		say(fitted.Model.Net.Params[0].Value().Data(), nil)
		say(p.Predict(d.X))
		say(p.Classify(d.X))
		r, err := evaluators[g].Evaluate(d, rows)
		if err != nil {
			return []string{err.Error()}
		}
		say(r.Loss, nil)
		say(evaluators[g].Predict(d, rows))
		say(f.Model.Schema.Encode(record))
		say(d.Subset(rows[:10]).X, nil)
		say(d.Rows(), d.Validate())
		return said
	}
	want := one(0)
	got := make([][]string, len(evaluators))
	var all sync.WaitGroup
	for g := range got {
		all.Go(func() { got[g] = one(g) })
	}
	all.Wait()
	for g := range got {
		if !slices.Equal(got[g], want) {
			t.Errorf("goroutine %d: %v, want %v", g, got[g], want)
		}
	}
}

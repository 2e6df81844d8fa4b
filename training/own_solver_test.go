package training

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// heavyBall is a user's own solver with momentum: v ← 0.9·v + g, w ← w − 0.02·v.
type heavyBall struct{ V [][]float32 }

func (s *heavyBall) Step(model []gorgonia.ValueGrad) error {
	for i, n := range model {
		g, err := n.Grad()
		if err != nil {
			return err
		}
		w, d := n.Value().Data().([]float32), g.Data().([]float32)
		if i == len(s.V) {
			s.V = append(s.V, make([]float32, len(w)))
		}
		for k := range w {
			s.V[i][k] = 0.9*s.V[i][k] + d[k]
			w[k] -= 0.02 * s.V[i][k]
		}
	}
	return nil
}

type savedBall struct{ heavyBall }

func (s *savedBall) MarshalBinary() ([]byte, error) { return json.Marshal(s.V) }
func (s *savedBall) UnmarshalBinary(b []byte) error { return json.Unmarshal(b, &s.V) }

// A training with a solver of one's own resumes with its state, to the bit, or is refused; it never begins anew in the
// middle without a word.
func TestResumeWithASolverOfOnesOwn(t *testing.T) {
	k := prepare(t, "iris", 0, models.Dense(8, models.Tanh))
	whole, _ := k.fitted(t, Config{Epochs: 6, Batch: 16, Seed: 3, KeepLast: true,
		Optimizer: optimizers.Wrap(&savedBall{}, optimizers.Common{})})
	for _, c := range []struct {
		name string
		make func() gorgonia.Solver
		want error
	}{
		{"saved", func() gorgonia.Solver { return &savedBall{} }, nil},
		{"unknown", func() gorgonia.Solver { return &heavyBall{} }, optimizers.ErrForeign},
		{"Gorgonia's Adam", func() gorgonia.Solver { return gorgonia.NewAdamSolver() }, optimizers.ErrForeign},
		{"Gorgonia's RMSProp", func() gorgonia.Solver { return gorgonia.NewRMSPropSolver() }, optimizers.ErrForeign},
		{"Gorgonia's gradient descent", func() gorgonia.Solver { return gorgonia.NewVanillaSolver() }, nil},
	} {
		dir := t.TempDir()
		cfg := Config{Epochs: 3, Batch: 16, Seed: 3, KeepLast: true, Checkpoints: dir,
			Optimizer: optimizers.Wrap(c.make(), optimizers.Common{})}
		k.fitted(t, cfg)
		cfg.Epochs, cfg.Optimizer = 6, optimizers.Wrap(c.make(), optimizers.Common{})
		m := k.model(t)
		before := bits(m)
		tr := k.trainer(t, m, cfg)
		err := tr.Resume()
		if !errors.Is(err, c.want) || err != nil && (!errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "MarshalBinary")) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			if !slices.Equal(bits(m), before) {
				t.Errorf("%s: refused, and yet the weights have changed", c.name)
			}
			continue
		}
		if _, err := tr.Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.name == "saved" && !slices.Equal(bits(m), bits(whole)) {
			t.Error("other bits than without the interruption")
		}
	}
}

// What an optimizer has learnt in one training does not go into the next without a word.
func TestUsedOptimizerIsRefused(t *testing.T) {
	d, err := data.Load("iris", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fit := func(o optimizers.Optimizer, keep bool) ([]uint64, error) {
		f, err := Fit(t.Context(), models.Sequential(models.Dense(6, models.ReLU)), d,
			FitConfig{Config: Config{Epochs: 3, Batch: 32, Optimizer: o, Seed: 5, KeepOptimizerState: keep}})
		if err != nil {
			return nil, err
		}
		return bits(f.Model), nil
	}
	for _, none := range []optimizers.Optimizer{(*optimizers.Adam)(nil), (*optimizers.Wrapped)(nil)} {
		if _, err := fit(none, false); err == nil || !strings.Contains(err.Error(), "no optimizer") {
			t.Errorf("%T, which is nil: %v", none, err)
		}
	}
	for _, row := range optimizers.All() {
		o := row.New()
		first, err := fit(o, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fit(o, false); err == nil || !strings.Contains(err.Error(), "optimizers.Reset") {
			t.Errorf("%s, a second time: %v", row.Name, err)
		}
		o.SetStep(0) // the schedule alone
		if _, err := fit(o, false); err == nil && len(o.State().Params) > 0 {
			t.Errorf("%s: only the schedule was set back", row.Name)
		}
		if err := optimizers.Reset(o); err != nil {
			t.Fatal(err)
		}
		again, err := fit(o, false)
		if err != nil || !slices.Equal(again, first) {
			t.Errorf("%s after Reset: other bits, %v", row.Name, err)
		}
		if _, err := fit(o, true); err != nil {
			t.Errorf("%s with KeepOptimizerState: %v", row.Name, err)
		}
	}
	w := optimizers.Wrap(&heavyBall{}, optimizers.Common{})
	if _, err := fit(w, false); err != nil {
		t.Fatal(err)
	}
	if _, err := fit(w, false); err == nil {
		t.Error("a wrapped solver a second time: no error")
	}
}

// Trainings side by side give the bits of trainings one after the other. What the race detector is to see is the first
// use of what they have in common, so the trainings side by side come first.
func TestFitSideBySide(t *testing.T) {
	fit := func(seed uint64) []uint64 {
		d, err := data.Load("wine", data.Options{})
		if err != nil {
			t.Error(err)
			return nil
		}
		f, err := Fit(t.Context(), models.Sequential(models.Dense(8, models.ReLU), models.BatchNorm(), models.Dropout(0.2)), d,
			FitConfig{Config: Config{Epochs: 2, Batch: 16, Seed: seed}})
		if err != nil {
			t.Error(err)
			return nil
		}
		if _, err := f.Evaluate("test"); err != nil {
			t.Error(err)
		}
		return bits(f.Model)
	}
	got := make([][]uint64, 4)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = fit(uint64(i)) })
	}
	all.Wait()
	for i := range got {
		if !slices.Equal(got[i], fit(uint64(i))) {
			t.Errorf("seed %d: other bits than alone", i)
		}
	}
}

// Parts of other data are told from those of this one before any work.
func TestRowsThatAreNotThere(t *testing.T) {
	k := prepare(t, "iris", 0, models.Dense(4, models.ReLU))
	for _, parts := range []data.Parts{
		{Train: []int{0, 1000}}, {Train: []int{0, -1}}, {Train: []int{0, 150}}, {Train: []int{0}, Val: []int{150}},
		{Train: []int{0}, Val: []int{-3}},
	} {
		_, err := New(k.model(t), k.d, &parts, Config{Epochs: 1, Batch: 4, Optimizer: &optimizers.Adam{}})
		if err == nil || !strings.Contains(err.Error(), "is not one of the 150 rows") {
			t.Errorf("%v: %v", parts, err)
		}
	}
}

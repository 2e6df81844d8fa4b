package training

import (
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// By hand, from the rules that Size states.
func TestSize(t *testing.T) {
	for _, c := range []struct {
		name            string
		size            Size
		batch           int
		epochs, patient int
		rate, decay     float64
	}{
		{"iris", Size{102, true, 2400}, 16, 286, 143, 0.0099, 1},
		{"wine", Size{120, true, 3000}, 16, 250, 125, 0.0091, 1},
		{"diabetes", Size{300, true, 2700}, 16, 106, 53, 0.0058, 0.67},
		{"digits", Size{1221, true, 6500}, 16, 26, 13, 0.0029, 0.16},
		{"the last with small batches", Size{2000, true, 0}, 16, 16, 8, 0.0022, 0.1},
		{"a last batch of one row", Size{113, true, 0}, 17, 286, 143, 0.0094, 1},
		{"the first with usual ones", Size{2001, true, 0}, 32, 32, 16, 0.0022, 0.1},
		{"MNIST", Size{51000, true, 266200}, 32, 10, 5, 0.001, 0.1},
		{"a long epoch", Size{64002, true, 0}, 64, 10, 5, 0.001, 0.1},
		{"a million rows", Size{1_000_000, true, 0}, 256, 10, 5, 0.001, 0.1},
		{"no validation rows", Size{102, false, 0}, 16, 286, 0, 0.0099, 1},
		{"one row", Size{1, true, 0}, 16, 2000, 1000, 0.01, 1},
		{"a large network", Size{51000, true, 100_000_000}, 32, 5, 5, 0.001, 0.1},
		{"a very large one", Size{1_200_000, true, 4_000_000_000}, 256, 1, 5, 0.001, 0.1},
		{"no rows", Size{}, 16, 2000, 0, 0.01, 1},
	} {
		epochs := c.size.Epochs(c.size.Batch(0))
		if b, p := c.size.Batch(0), c.size.Patience(epochs); b != c.batch || epochs != c.epochs || p != c.patient {
			t.Errorf("%s: batch %d, %d epochs, patience %d; want %d, %d and %d", c.name, b, epochs, p, c.batch, c.epochs, c.patient)
		}
		if r, d := c.size.Rate(), c.size.Decay(); r != c.rate || d != c.decay {
			t.Errorf("%s: rate %v, decay %v; want %v and %v", c.name, r, d, c.rate, c.decay)
		}
	}
	if b := (Size{Rows: 1_000_000}).Batch(3); b != 32 {
		t.Errorf("batch %d where epochs are given", b)
	}
	// The length belongs to the batch: a whole table at each step needs as many steps, within reason.
	for _, c := range []struct{ rows, batch, epochs int }{
		{102, 102, 2000}, {102, 1, 20}, {102, 32, 500}, {51000, 51000, 98}, {51000, 128, 10}, {600_000, 600_000, 10},
	} {
		if e := (Size{Rows: c.rows}).Epochs(c.batch); e != c.epochs {
			t.Errorf("%d rows by %d: %d epochs, want %d", c.rows, c.batch, e, c.epochs)
		}
	}
}

// What is set is obeyed, and the rest follows from it.
func TestFitFollowsTheData(t *testing.T) {
	d, err := data.Load("iris", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		cfg           FitConfig
		epochs, steps int  // 0: not checked
		early         bool // may end before the epochs are over
	}{
		{"epochs and batch", FitConfig{Config: Config{Epochs: 10, Batch: 32}}, 10, 40, false},
		{"epochs", FitConfig{Config: Config{Epochs: 12}}, 12, 12 * 4, false},
		{"batch", FitConfig{Config: Config{Batch: 51, Patience: 1000}}, 1000, 2000, false},
		{"optimizer", FitConfig{Config: Config{Optimizer: &optimizers.SGD{LearningRate: 1e-9}, Patience: 900}}, 286, 2002, false},
		{"patience", FitConfig{Config: Config{Patience: 1, Epochs: 200, Optimizer: &optimizers.Adam{LearningRate: 0.3}}}, 0, 0, true},
		{"nothing to validate with", FitConfig{Split: &data.SplitOptions{Test: 0.2}}, 250, 2000, false},
	} {
		f, err := Fit(t.Context(), models.Sequential(models.Dense(4, models.ReLU)), d, c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		h := f.History
		if h.Stopped != c.early || c.epochs > 0 && (len(h.Epochs) != c.epochs || h.Last().Step != c.steps) {
			t.Errorf("%s: %d epochs, %d steps, stopped %v; want %d and %d", c.name, len(h.Epochs), h.Last().Step, h.Stopped,
				c.epochs, c.steps)
		}
	}
}

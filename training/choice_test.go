package training

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// play runs the rule over epochs and returns which were the best when they came, the best in the end, and the epoch after
// which patience was over, 0 for none.
func play(t *testing.T, cfg Config, values, losses []float64) (best []int, c choice, stop int) {
	t.Helper()
	better := func(a, b float64) bool { return a < b }
	if cfg.Monitor != "loss" {
		m, err := metrics.Lookup(cfg.Monitor)
		if err != nil {
			t.Fatal(err)
		}
		better = m.Better
	}
	for i, v := range values {
		before := math.Inf(1)
		if c.BestEpoch > 0 {
			before = losses[c.BestEpoch-1]
		}
		if c.see(i+1, v, losses[i], before, better, &cfg) {
			best = append(best, i+1)
		}
		if stop == 0 && !c.patient(i+1, cfg.Patience) {
			stop = i + 1
		}
	}
	return best, c, stop
}

func TestChoice(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name           string
		cfg            Config
		values, losses []float64
		best           []int
		stop           int
	}{
		{"the loss alone", Config{Monitor: "loss"}, []float64{3, 2, 2, 2.5, 1}, []float64{3, 2, 2, 2.5, 1}, []int{1, 2, 5}, 0},
		{"equal losses keep the earlier", Config{Monitor: "loss", Patience: 2}, []float64{1, 1, 1}, []float64{1, 1, 1}, []int{1}, 3},
		{"a tie goes to the lower loss", Config{Monitor: "accuracy"}, []float64{0.5, 0.5, 0.5}, []float64{3, 1, 2}, []int{1, 2}, 0},
		{"a tie of metric and loss goes to the earlier", Config{Monitor: "accuracy"}, []float64{0.5, 0.5}, []float64{1, 1}, []int{1}, 0},
		{"a perfect first epoch that is untrained", Config{Monitor: "roc_auc"}, []float64{1, 1, 1, 0.9}, []float64{0.7, 0.5, 0.3, 0.1}, []int{1, 2, 3}, 0},
		{"a lower loss with a worse metric does not count", Config{Monitor: "accuracy"}, []float64{0.9, 0.8}, []float64{2, 1}, []int{1}, 0},
		{"a better metric with a higher loss counts", Config{Monitor: "accuracy"}, []float64{0.8, 0.9}, []float64{1, 2}, []int{1, 2}, 0},
		{"smaller is better", Config{Monitor: "mae"}, []float64{2, 2, 1, 1}, []float64{5, 4, 6, 7}, []int{1, 2, 3}, 0},
		{"patience counts from the tie that was decided", Config{Monitor: "accuracy", Patience: 2},
			[]float64{0.5, 0.5, 0.5, 0.5, 0.5}, []float64{5, 4, 3, 4, 4}, []int{1, 2, 3}, 5},
		{"with a least gain patience waits for a gain", Config{Monitor: "accuracy", Patience: 3, MinDelta: 0.1},
			[]float64{0.5, 0.55, 0.5, 0.55}, []float64{4, 3, 2, 1}, []int{1, 2, 4}, 4},
		{"small gains with higher losses do not count", Config{Monitor: "accuracy", MinDelta: 0.1},
			[]float64{0.5, 0.55, 0.59, 0.65}, []float64{1, 2, 3, 4}, []int{1, 4}, 0},
		{"small gains do not move the mark", Config{Monitor: "accuracy", MinDelta: 0.1, Patience: 4},
			[]float64{0.5, 0.58, 0.62, 0.66}, []float64{4, 3, 5, 5}, []int{1, 2, 3}, 0},
		{"a least gain of the loss", Config{Monitor: "loss", MinDelta: 0.5, Patience: 2}, []float64{3, 2.8, 2.6, 2.4, 2.3},
			[]float64{3, 2.8, 2.6, 2.4, 2.3}, []int{1, 4}, 3},
		{"what is no number never stays", Config{Monitor: "roc_auc"}, []float64{nan, 0.3, nan, 0.3}, []float64{1, 2, 0.5, 1}, []int{1, 2, 4}, 0},
		{"nor with a least gain", Config{Monitor: "roc_auc", MinDelta: 0.1}, []float64{nan, 0.3}, []float64{1, 2}, []int{1, 2}, 0},
		{"nothing but no numbers", Config{Monitor: "roc_auc"}, []float64{nan, nan}, []float64{2, 1}, []int{1, 2}, 0},
	} {
		best, got, stop := play(t, c.cfg, c.values, c.losses)
		if !slices.Equal(best, c.best) || got.BestEpoch != c.best[len(c.best)-1] || stop != c.stop {
			t.Errorf("%s: best %v then %d, stop %d; want %v, stop %d", c.name, best, got.BestEpoch, stop, c.best, c.stop)
		}
		if v := c.values[got.BestEpoch-1]; got.BestValue != v && v == v {
			t.Errorf("%s: the best value is %v", c.name, got.BestValue)
		}
	}
}

// A ranking metric that stands at its best from the first epoch on keeps, of these epochs, the one with the lowest loss:
// with two validation rows of each class a ROC-AUC is soon as good as it can be.
func TestTiesAreDecidedByTheLoss(t *testing.T) {
	for _, monitor := range []string{"accuracy", "roc_auc", "f1_macro", "precision_macro", "recall_macro"} {
		k := prepare(t, "breast_cancer", 60, models.Dense(8, models.ReLU))
		k.parts.Val = fewOfEach(k, 2)
		_, tr := k.fitted(t, Config{Epochs: 25, Batch: 16, Monitor: monitor, Optimizer: &optimizers.Adam{LearningRate: 0.003}})
		h, ties := tr.History(), 0
		m, err := metrics.Lookup(monitor)
		if err != nil {
			t.Fatal(err)
		}
		value := func(e EpochInfo) float64 {
			v, err := m.Of(e.Val)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		best := h.Epochs[h.BestEpoch-1]
		for _, e := range h.Epochs {
			if m.Better(value(e), value(best)) {
				t.Errorf("%s: epoch %d is better than the best, %d", monitor, e.Epoch, best.Epoch)
			}
			if value(e) == value(best) {
				if ties++; *e.ValLoss < *best.ValLoss {
					t.Errorf("%s: epoch %d ties with the best, %d, and has a lower loss", monitor, e.Epoch, best.Epoch)
				}
			}
		}
		if ties < 5 || best.Epoch == 1 {
			t.Errorf("%s: %d epochs tie, the best is %d; the test says little", monitor, ties, best.Epoch)
		}
	}
}

// fewOfEach are the first n validation rows of each class.
func fewOfEach(k *task, n int) (rows []int) {
	seen := map[int]int{}
	for _, i := range k.parts.Val {
		if l := k.d.Labels[i]; seen[l] < n {
			seen[l]++
			rows = append(rows, i)
		}
	}
	return rows
}

package pruning

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// The schedule of fine-tuning begins anew in each round, from where the optimizer stood, while its moments go on.
func TestScheduleBeginsAnewInEachRound(t *testing.T) {
	n := train(t, "iris", tensor.Float32, models.Dense(10, models.Tanh), models.Dense(8, models.ReLU))
	for _, c := range []struct {
		rounds, epochs, batch, start int
		schedule                     optimizers.Schedule
		opt                          optimizers.Optimizer
	}{
		{2, 3, 16, 0, &optimizers.Cosine{Steps: 18}, &optimizers.Adam{}},
		{3, 1, 16, 0, &optimizers.Linear{Steps: 6}, &optimizers.AdamW{}},
		{5, 2, 32, 0, &optimizers.OneCycle{Steps: 6}, &optimizers.SGD{LearningRate: 0.01, Momentum: 0.9}},
		{4, 2, 96, 0, &optimizers.Exponential{Gamma: 0.5}, &optimizers.RMSProp{}},
		{3, 2, 10, 7, &optimizers.StepDecay{Every: 3, Gamma: 0.1}, &optimizers.Adam{}},
		{2, 4, 48, 100, &optimizers.InverseSqrt{}, &optimizers.NAdam{}},
	} {
		t.Run(fmt.Sprintf("%T/%d", c.schedule, c.rounds), func(t *testing.T) {
			var rates [][]float64
			var moments []float64
			c.opt.Options().Schedule = c.schedule
			c.opt.SetStep(c.start)
			n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.6, Rounds: c.rounds,
				OnRound: func(RoundInfo) error {
					rates = append(rates, nil)
					sum := 0.0
					for _, p := range c.opt.State().Params {
						for _, s := range p.Slots {
							for _, v := range s.F32 {
								sum += math.Abs(float64(v))
							}
						}
					}
					moments = append(moments, sum)
					return nil
				},
				Finetune: &training.Config{Epochs: c.epochs, Batch: c.batch, Optimizer: c.opt, KeepLast: true,
					OnEpoch: func(e training.EpochInfo) error {
						rates[len(rates)-1] = append(rates[len(rates)-1], e.LearningRate)
						return nil
					}}})
			if len(rates) != c.rounds || len(rates[0]) != c.epochs {
				t.Fatalf("rates %v", rates)
			}
			steps := c.epochs * ((len(n.parts.Train) + c.batch - 1) / c.batch)
			if got := c.opt.StepCount(); got != c.start+steps {
				t.Errorf("the schedule ends at step %d, want %d", got, c.start+steps)
			}
			for r := range rates {
				if !slices.Equal(rates[r], rates[0]) {
					t.Errorf("round %d: rates %v, in the first %v", r+1, rates[r], rates[0])
				}
				if r > 0 && moments[r] == 0 {
					t.Errorf("round %d begins without moments", r+1)
				}
			}
		})
	}
}

// In rounds as in one shot: Masked is what was given without the units, whatever fine-tuning did in between; Untuned is the
// network before the last fine-tuning.
func TestMaskedIsOfTheFirstNetwork(t *testing.T) {
	n := digits(t)
	images := digitImages(t)
	fine := func() *training.Config {
		return &training.Config{Epochs: 2, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.01}}
	}
	for name, c := range map[string]struct {
		n       *net
		cfg     Config
		untuned bool
	}{
		"one shot":          {n, Config{Amount: 0.5, Finetune: fine()}, false},
		"four rounds":       {n, Config{Amount: 0.6, Rounds: 4, Finetune: fine()}, true},
		"masks":             {n, Config{Amount: 0.6, Rounds: 3, Method: MaskUnits, Finetune: fine()}, true},
		"no fine-tuning":    {n, Config{Amount: 0.6, Rounds: 3}, false},
		"global":            {n, Config{Amount: 0.4, Rounds: 3, Scope: criteria.ScopeGlobal, Finetune: fine()}, true},
		"images":            {images, Config{Amount: 0.5, Rounds: 2, Finetune: fine()}, true},
		"positions":         {images, Config{Amount: 0.5, Rounds: 3, Positions: true, Finetune: fine()}, true},
		"input features":    {n, Config{Amount: 0.5, Rounds: 2, Method: MaskUnits, Features: true, Finetune: fine()}, true},
		"one of two layers": {n, Config{Amount: 0.5, Rounds: 2, Layers: []string{"dense2"}, Finetune: fine()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Criterion = criteria.Named("variance")
			r := c.n.prune(t, c.cfg)
			var hand []float32
			if c.cfg.Positions {
				hand = c.n.logits(t, c.n.masked(t, r.Units, surgery.PrunePositions()))
			} else {
				hand = c.n.logits(t, c.n.masked(t, r.Units))
			}
			near(t, "masked", hand, c.n.logits(t, r.Masked.Net))
			if (r.Untuned != nil) != c.untuned {
				t.Fatalf("untuned: %v", r.Untuned)
			}
			if c.untuned && slices.Equal(c.n.logits(t, r.Untuned.Net), hand) {
				t.Error("the network before the last fine-tuning is that before the first")
			}
			if c.cfg.Finetune != nil && slices.Equal(c.n.logits(t, r.Model.Net), hand) {
				t.Error("nothing was fine-tuned")
			}
		})
	}
}

// With biases that take the mean of what goes, masked does so too: on the first network, of all units at once.
func TestMaskedFoldsBiases(t *testing.T) {
	n := digits(t)
	mean := func(g *network.Network) []float64 {
		x := make([]float32, len(n.parts.Train)*n.d.Width())
		if err := n.d.Gather(x, nil, n.parts.Train); err != nil {
			t.Fatal(err)
		}
		out, rows, err := outputs(g, x)
		if err != nil {
			t.Fatal(err)
		}
		m := make([]float64, 10)
		for i, v := range out[len(out)-1] {
			m[i%10] += float64(v) / float64(rows)
		}
		return m
	}
	want := mean(n.m.Net)
	for _, method := range []Method{MaskUnits, RemoveUnits} {
		r := n.prune(t, Config{Criterion: criteria.Named("random"), Amount: 0.5, Rounds: 3, FoldBias: true, Method: method,
			Layers: []string{"dense2"}, Finetune: &training.Config{Epochs: 2, Batch: 32, Optimizer: &optimizers.Adam{}}})
		for i, v := range mean(r.Masked.Net) {
			if math.Abs(v-want[i]) > 1e-4 {
				t.Errorf("%s: mean of logit %d is %v, and was %v", method, i, v, want[i])
			}
		}
	}
}

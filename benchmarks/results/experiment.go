package main

import (
	"context"
	"fmt"
	"io"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Experiment says what is compared.
type Experiment struct {
	Data     string
	Model    string
	Criteria []string
	Amounts  []float64
	Seeds    []uint64
	Ways     []Way
	Epochs   int // of the dense network
	Batch    int
	Decay    float64 // weight decay of AdamW, in training and in fine-tuning
	Smooth   float64 // label smoothing, in both
	Test     float64 // share of the rows that is measured on
	Val      float64 // share of the others that decides which epoch is kept
}

// Way is how often units go: all ways take as many epochs together.
type Way struct {
	Name           string
	Rounds, Epochs int // epochs of each round
}

// full is the experiment of docs/results.md.
func full() Experiment {
	return Experiment{Data: "digits", Model: "mlp:256,128", Criteria: criteria.Names(),
		Amounts: []float64{0.5, 0.8, 0.9, 0.95}, Seeds: firstSeeds(10),
		Ways:   []Way{{"at once", 1, 20}, {"in four rounds", 4, 5}},
		Epochs: 40, Batch: 32, Decay: 0.1, Smooth: 0.1, Test: 0.2, Val: 0.15}
}

func firstSeeds(n int) []uint64 {
	var s []uint64
	for i := range n {
		s = append(s, uint64(i+1))
	}
	return s
}

// Case is one cell of the tables: accuracies of every seed, on the test rows.
type Case struct {
	Way, Criterion string
	Amount         float64
	Masked, Tuned  []float64
}

// Results are what an experiment found.
type Results struct {
	Experiment
	Dense   []float64 // of every seed
	Control []float64 // the dense networks after as many epochs of fine-tuning
	Cases   []*Case
	Rows    [3]int // train, validation, test
}

// find returns the accuracies of a cell, nil where there are none.
func (r *Results) find(way, criterion string, amount float64) *Case {
	for _, c := range r.Cases {
		if c.Way == way && c.Criterion == criterion && c.Amount == amount {
			return c
		}
	}
	return nil
}

// Run trains a dense network for each seed and prunes it in every way, telling log how far it is.
func (e Experiment) Run(ctx context.Context, log io.Writer) (*Results, error) {
	r := &Results{Experiment: e}
	for _, w := range e.Ways {
		for _, c := range e.Criteria {
			for _, a := range e.Amounts {
				r.Cases = append(r.Cases, &Case{Way: w.Name, Criterion: c, Amount: a})
			}
		}
	}
	for i, seed := range e.Seeds {
		if err := r.seed(ctx, seed); err != nil {
			return nil, errors.Wrapf(err, "seed %d", seed)
		}
		fmt.Fprintf(log, "seed %d of %d: dense %.4f\n", i+1, len(e.Seeds), r.Dense[i])
	}
	return r, nil
}

// seed adds what one seed gives to every cell.
func (r *Results) seed(ctx context.Context, seed uint64) error {
	d, err := data.Load(r.Data, data.Options{})
	if err != nil {
		return err
	}
	spec, err := models.Parse(r.Model)
	if err != nil {
		return err
	}
	f, err := training.Fit(ctx, spec, d, training.FitConfig{Config: r.training(r.Epochs, len(d.Labels), seed),
		Split: &data.SplitOptions{Test: r.Test, Val: r.Val, Seed: random.Seed(seed, "split")}})
	if err != nil {
		return err
	}
	r.Rows = [3]int{len(f.Parts.Train), len(f.Parts.Val), len(f.Parts.Test)}
	accuracy := func(m *models.Model) (float64, error) {
		e, err := training.NewEvaluator(m, nil)
		if err != nil {
			return 0, err
		}
		res, err := e.Evaluate(f.Data, f.Parts.Test)
		if err != nil {
			return 0, err
		}
		return res.Metrics.Accuracy, nil
	}
	prune := func(criterion string, amount float64, w Way) (masked, tuned float64, err error) {
		fine := r.training(w.Epochs, len(f.Parts.Train), random.Seed(seed, "fine-tune"))
		p, err := pruning.Prune(ctx, f.Model, f.Data, f.Parts, pruning.Config{Criterion: criteria.Named(criterion), Amount: amount,
			Scope: criteria.ScopeLayer, Method: pruning.RemoveUnits, Rounds: w.Rounds, Schedule: pruning.CubicAmount, Floor: 1,
			Finetune: &fine, Loss: fine.Loss, Seed: random.Seed(seed, "prune")})
		if err != nil {
			return 0, 0, err
		}
		if masked, err = accuracy(p.Masked); err != nil {
			return 0, 0, err
		}
		tuned, err = accuracy(p.Model)
		return masked, tuned, err
	}
	dense, control, err := prune("l2", 0, r.Ways[0]) // nothing goes
	if err != nil {
		return err
	}
	r.Dense, r.Control = append(r.Dense, dense), append(r.Control, control)
	for _, w := range r.Ways {
		for _, c := range r.Criteria {
			for _, a := range r.Amounts {
				masked, tuned, err := prune(c, a, w)
				if err != nil {
					return errors.Wrapf(err, "%s, amount %v, %s", c, a, w.Name)
				}
				cell := r.find(w.Name, c, a)
				cell.Masked, cell.Tuned = append(cell.Masked, masked), append(cell.Tuned, tuned)
			}
		}
	}
	return nil
}

// training is AdamW along one cosine.
func (r *Results) training(epochs, rows int, seed uint64) training.Config {
	o := &optimizers.AdamW{LearningRate: 0.001, WeightDecay: r.Decay}
	o.Schedule = &optimizers.Cosine{Steps: epochs * ((rows + r.Batch - 1) / r.Batch)}
	return training.Config{Epochs: epochs, Batch: r.Batch, Optimizer: o, Loss: network.CrossEntropy(r.Smooth), Seed: seed}
}

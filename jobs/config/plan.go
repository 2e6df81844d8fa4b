package config

import (
	"maps"
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/training"
)

// Plan is what settings mean. Config.Resolve makes one; jobs work by it.
type Plan struct {
	// Config is what the plan was made of, and what the record of a run holds.
	Config Config
	// Spec is the model, without what follows from the data.
	Spec models.Spec
	// Pruning is without the loss and fine-tuning, which PruningOn adds.
	Pruning pruning.Config
	// Compared are the prunings that run compares, beside Pruning. They differ in the criterion.
	Compared []pruning.Config

	optimizer optimizers.Info
}

// ForSeed is the plan with another seed.
func (p *Plan) ForSeed(seed uint64) *Plan {
	one := *p
	one.Config.Seed = seed
	one.Pruning = seeded(one.Pruning, seed)
	one.Compared = nil
	for _, c := range p.Compared {
		one.Compared = append(one.Compared, seeded(c, seed))
	}
	return &one
}

func seeded(c pruning.Config, seed uint64) pruning.Config {
	c.Seed = random.Seed(seed, "prune")
	return c
}

// Scaling is the method for a dataset: auto keeps the pixels of an image in proportion to each other, leaves ids alone
// and gives every other feature mean 0 and deviation 1 by itself.
func (p *Plan) Scaling(d *data.Dataset) data.Method {
	switch {
	case p.Config.Data.Scaling != "":
		return p.Config.Data.Scaling
	case p.Spec.ReadsIDs():
		return data.NoScaling
	}
	return training.Scaling(d)
}

// FullBatch tells whether the optimizer is meant to see all rows at every step.
func (p *Plan) FullBatch() bool { return p.optimizer.FullBatch }

// Batch is the number of rows a step, of a settled plan.
func (p *Plan) Batch(rows int) int {
	if p.FullBatch() {
		return rows
	}
	return int(p.Config.Train.Batch)
}

// Settle puts what follows from the data in the place of what nobody has set, so that the record of a run holds numbers.
func (p *Plan) Settle(size training.Size) *Plan {
	settled := *p
	t := &settled.Config.Train
	if t.Batch == Auto {
		if t.Batch = Count(size.Batch(t.Epochs.Or(0))); p.FullBatch() {
			t.Batch = Count(size.Rows)
		}
	}
	planned := t.Epochs == Auto
	if planned {
		t.Epochs = Count(size.Epochs(settled.Batch(size.Rows)))
	}
	if t.Patience == Auto {
		if t.Patience = 0; planned {
			t.Patience = Count(size.Patience(int(t.Epochs)))
		}
	}
	option := func(name string, value any) {
		if _, given := t.OptimizerOptions[name]; !given {
			options := map[string]any{name: value}
			maps.Copy(options, t.OptimizerOptions)
			t.OptimizerOptions = options
		}
	}
	if t.Optimizer == "asgd" { // its own t0 is later than any training ends, and the average would be no average
		batch := settled.Batch(size.Rows)
		option("t0", int(t.Epochs)*((size.Rows+batch-1)/batch)/2)
	}
	if t.Optimizer != "adamw" {
		return &settled
	}
	if _, given := t.OptimizerOptions["lr"]; !given && t.LearningRate == 0 {
		t.LearningRate = size.Rate()
	}
	option("weight_decay", size.Decay())
	return &settled
}

// Optimizer makes the optimizer of a training with its schedule over that many steps; rate 0 is the optimizer's own.
func (p *Plan) Optimizer(rate float64, steps int) (optimizers.Optimizer, error) {
	o, err := p.Config.Train.optimizer(rate, steps)
	return o, Usage(err)
}

// Loss is the loss for a task.
func (p *Plan) Loss(task data.Task) (network.LossFunc, error) {
	f, err := models.Loss(p.Config.Train.Loss, task, p.Config.Train.LossOptions)
	return f, Usage(err)
}

// NamedLoss is the same for the model's file.
func (p *Plan) NamedLoss(task data.Task) *models.NamedLoss {
	l := &models.NamedLoss{Name: p.Config.Train.Loss, LossOptions: p.Config.Train.LossOptions}
	if l.Name == "" {
		l.Name = models.UsualLoss(task)
	}
	return l
}

// Training is the training of a settled plan on so many rows.
func (p *Plan) Training(rows int, task data.Task) (training.Config, error) {
	t := &p.Config.Train
	return p.train(int(t.Epochs), int(t.Patience), t.LearningRate, rows, task)
}

func (p *Plan) train(epochs, patience int, rate float64, rows int, task data.Task) (training.Config, error) {
	loss, err := p.Loss(task)
	if err != nil {
		return training.Config{}, err
	}
	t, batch := &p.Config.Train, p.Batch(rows)
	o, err := p.Optimizer(rate, epochs*((rows+batch-1)/batch))
	return training.Config{Epochs: epochs, Batch: batch, Optimizer: o, Loss: loss, Seed: random.Seed(p.Config.Seed, "train"),
		Monitor: t.Monitor, Patience: patience, MinDelta: t.MinDelta}, err
}

// Finetuning is the training after each round of pruning, nil for none. Its schedule spans one round: the pruner begins it
// anew in each.
func (p *Plan) Finetuning(rows int, task data.Task) (*training.Config, error) {
	if p.Config.Prune.FinetuneEpochs == 0 {
		return nil, nil
	}
	rate := p.Config.Prune.FinetuneLR
	if rate == 0 {
		rate = p.Config.Train.LearningRate
	}
	t, err := p.train(p.Config.Prune.FinetuneEpochs, 0, rate, rows, task)
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// PruningOn is one of the plan's prunings with its loss and fine-tuning, on so many training rows.
func (p *Plan) PruningOn(c pruning.Config, rows int, task data.Task) (pruning.Config, error) {
	var err error
	if c.Loss, err = p.Loss(task); err != nil {
		return c, err
	}
	c.Finetune, err = p.Finetuning(rows, task)
	return c, err
}

// anySteps stands for the length of a training that is not known yet.
const anySteps = math.MaxInt32

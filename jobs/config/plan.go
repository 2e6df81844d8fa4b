package config

import (
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

// Fit is how training.Prepare and training.Fit train by the plan.
func (p *Plan) Fit() training.FitConfig {
	c, t := &p.Config, &p.Config.Train
	cfg := training.FitConfig{Method: t.method(t.LearningRate), NamedLoss: models.NamedLoss{Name: t.Loss, LossOptions: t.LossOptions},
		Split:   &data.SplitOptions{Test: c.Data.TestSplit, Val: c.Data.ValSplit},
		Scaling: c.Data.Scaling, TargetScaling: c.Data.TargetScaling}
	cfg.Config = training.Config{Epochs: t.Epochs.Or(0), Batch: t.Batch.Or(0), Patience: t.Patience.Or(0), Seed: c.Seed,
		Monitor: t.Monitor, MinDelta: t.MinDelta}
	if t.Patience == 0 { // 0 of a FitConfig follows from the length
		cfg.Patience = -1
	}
	return cfg
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
func (p *Plan) Settle(size training.Size, task data.Task) (*Plan, error) {
	cfg, err := p.Fit().Settle(size, task)
	if err != nil {
		return nil, Usage(err)
	}
	return p.Settled(cfg.Epochs, cfg.Batch, cfg.Patience, cfg.Method), nil
}

// Settled is the plan with the length, batch, patience and optimizer that a training was prepared with.
func (p *Plan) Settled(epochs, batch, patience int, m training.Method) *Plan {
	settled := *p
	t := &settled.Config.Train
	t.Epochs, t.Batch, t.Patience = Count(epochs), Count(batch), Count(patience)
	t.LearningRate, t.OptimizerOptions = m.LearningRate, m.Options
	return &settled
}

// Optimizer makes the optimizer of a training with its schedule over that many steps; rate 0 is the optimizer's own.
func (p *Plan) Optimizer(rate float64, steps int) (optimizers.Optimizer, error) {
	o, err := p.Config.Train.optimizer(rate, steps)
	return o, Usage(err)
}

// Loss is the loss for a task.
func (p *Plan) Loss(task data.Task) (*network.Loss, error) {
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

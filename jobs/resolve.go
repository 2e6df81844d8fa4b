package jobs

import (
	"maps"
	"math"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/pruning/information"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Validate checks every setting that can be checked without reading data. Errors are of ErrConfig.
func (c *Config) Validate() error {
	t, p := &c.Train, &c.Prune
	for _, n := range []struct {
		key        string
		value, low int
	}{
		{"threads", c.Threads, 0}, {"train.epochs", t.Epochs.or(1), 1}, {"train.batch", t.Batch.or(1), 1},
		{"train.patience", t.Patience.or(0), 0}, {"prune.floor", p.Floor, 0}, {"prune.rounds", p.Rounds, 1},
		{"prune.finetune_epochs", p.FinetuneEpochs, 0},
		{"prune.calibration", p.Calibration, 1}, {"prune.bins", p.Bins, 0}, {"prune.neighbours", p.Neighbors, 0},
		{"compare.seeds", c.Compare.Seeds, 0},
	} {
		if n.value < n.low {
			return configErr(errors.Errorf("%s is %d: must be at least %d", n.key, n.value, n.low))
		}
	}
	for _, f := range []struct {
		key         string
		value, high float64
	}{
		{"data.test_split", c.Data.TestSplit, 1}, {"data.val_split", c.Data.ValSplit, 1}, {"prune.amount", p.Amount, 1},
		{"train.label_smoothing", t.LabelSmoothing, 1}, {"train.clip_norm", t.ClipNorm, math.Inf(1)},
		{"train.min_delta", t.MinDelta, math.Inf(1)}, {"train.huber_delta", t.HuberDelta, math.Inf(1)},
		{"train.lr", t.LearningRate, math.Inf(1)}, {"prune.finetune_lr", p.FinetuneLR, math.Inf(1)},
	} {
		if !(f.value >= 0 && f.value < f.high) {
			if math.IsInf(f.high, 1) {
				return configErr(errors.Errorf("%s is %v: must be a number >= 0", f.key, f.value))
			}
			return configErr(errors.Errorf("%s is %v: must lie in [0, %v)", f.key, f.value, f.high))
		}
	}
	if p.FinetuneLR != 0 && p.FinetuneEpochs == 0 {
		return configErr(errors.Errorf("prune.finetune_lr is %v and prune.finetune_epochs 0: nothing is fine-tuned at any rate; "+
			"give epochs, or leave the rate out", p.FinetuneLR))
	}
	for _, l := range []struct {
		key   string
		names []string
	}{{"prune.layers", p.Layers}, {"compare.criteria", c.Compare.Criteria}} {
		for i, name := range l.names {
			if slices.Contains(l.names[:i], name) {
				return configErr(errors.Errorf("%s names %q twice", l.key, name))
			}
		}
	}
	for _, check := range []func() error{
		func() error { _, err := data.ParseTask(c.Data.Task); return err },
		func() error { _, err := data.ParseImputation(c.Data.Impute); return err },
		func() error { _, err := c.scaling(&data.Dataset{}); return err },
		func() error {
			s, err := c.spec()
			if err == nil {
				_, err = s.TargetScaling(c.targetScaling(), data.Regression)
			}
			return err
		},
		func() error { _, err := c.optimizer(t.LearningRate, math.MaxInt32); return err },
		func() error {
			if t.Monitor == "loss" || t.Monitor == "" {
				return nil
			}
			_, err := metrics.Lookup(t.Monitor)
			return err
		},
		func() error {
			if p.FinetuneEpochs == 0 || p.FinetuneLR == 0 {
				return nil
			}
			_, err := c.optimizer(p.FinetuneLR, math.MaxInt32)
			return errors.Wrap(err, "prune.finetune_lr")
		},
		func() error { _, err := c.pruning(); return err },
		func() error {
			for _, name := range c.Compare.Criteria {
				if _, err := criteria.Lookup(name); err != nil {
					return errors.Wrap(err, "compare.criteria")
				}
				one := c.comparing(name)
				if _, err := one.pruning(); err != nil {
					return errors.Wrap(err, "compare.criteria")
				}
			}
			return nil
		},
	} {
		if err := check(); err != nil {
			return configErr(err)
		}
	}
	return nil
}

// scaling is the method for a dataset: "auto" keeps the pixels of an image in proportion to each other, leaves ids alone
// and gives every other feature mean 0 and deviation 1 by itself.
func (c *Config) scaling(d *data.Dataset) (data.Method, error) {
	if c.Data.Scaling != "auto" && c.Data.Scaling != "" {
		return data.ParseMethod(c.Data.Scaling)
	}
	if spec, err := c.spec(); err == nil && spec.ReadsIDs() {
		return data.NoScaling, nil
	}
	return training.Scaling(d), nil
}

// targetScaling is the method for the targets of a regression; empty leaves it to the model and the data.
func (c *Config) targetScaling() data.Method {
	if c.Data.TargetScaling == "auto" {
		return ""
	}
	return data.Method(c.Data.TargetScaling)
}

func (c *Config) spec() (models.Spec, error) {
	if len(c.Model.Layers) > 0 {
		if c.Model.Name != "" {
			return models.Spec{}, errors.New("model: give a name or layers, not both")
		}
		s := models.Graph(c.Model.Layers, c.Model.Outputs...)
		return s, s.CheckNames()
	}
	if len(c.Model.Outputs) > 0 {
		return models.Spec{}, errors.New("model.outputs names layers of model.layers, and there are none")
	}
	if c.Model.Name == "" {
		return models.Spec{}, errors.New("model: no name and no layers; mlp:64,32 is a start")
	}
	return models.Parse(c.Model.Name)
}

// optimizer builds the optimizer of the training with its schedule over that many steps.
func (c *Config) optimizer(rate float64, steps int) (optimizers.Optimizer, error) {
	t := &c.Train
	opts := optimizers.Options{}
	for k, v := range t.OptimizerOptions {
		opts[k] = v
	}
	if rate != 0 {
		if _, both := opts["lr"]; both {
			return nil, errors.New("the learning rate is given twice: as train.lr and in train.optimizer_options")
		}
		opts["lr"] = rate
	}
	o, err := optimizers.New(t.Optimizer, opts)
	if err != nil {
		return nil, err
	}
	common := o.Options()
	common.NonFinite = optimizers.Fail
	common.Clip.GlobalNorm = t.ClipNorm
	name := t.Schedule
	if name == "" {
		name = "constant"
	}
	common.Schedule, err = optimizers.NewSchedule(name, steps, optimizers.Options(t.ScheduleOptions))
	if errors.Is(err, optimizers.ErrInvalid) { // some schedules have to be told more than their name
		err = errors.Wrap(err, "train.schedule_options")
	}
	return o, err
}

func (c *Config) loss(task data.Task) (network.LossFunc, error) {
	return models.Loss(c.Train.Loss, task,
		models.LossOptions{Smoothing: c.Train.LabelSmoothing, Delta: c.Train.HuberDelta})
}

// namedLoss is the same for the model's file.
func (c *Config) namedLoss(task data.Task) *models.NamedLoss {
	l := &models.NamedLoss{Name: c.Train.Loss,
		LossOptions: models.LossOptions{Smoothing: c.Train.LabelSmoothing, Delta: c.Train.HuberDelta}}
	if l.Name == "" {
		l.Name = models.UsualLoss(task)
	}
	return l
}

// fullBatch tells whether the optimizer is meant to see all rows at every step.
func (c *Config) fullBatch() bool {
	for _, o := range optimizers.All() {
		if o.Name == c.Train.Optimizer {
			return o.FullBatch
		}
	}
	return false
}

// settle puts what follows from the data in the place of what nobody has set, so that the record of a run holds numbers.
func (c *Config) settle(p *prepared, m *models.Model) error {
	size, err := training.SizeOf(m, p.parts)
	if err != nil {
		return err
	}
	t := &c.Train
	if t.Batch == Auto {
		if t.Batch = Count(size.Batch(t.Epochs.or(0))); c.fullBatch() {
			t.Batch = Count(size.Rows)
		}
	}
	planned := t.Epochs == Auto
	if planned {
		t.Epochs = Count(size.Epochs(c.batch(size.Rows)))
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
		batch := c.batch(size.Rows)
		option("t0", int(t.Epochs)*((size.Rows+batch-1)/batch)/2)
	}
	if t.Optimizer != "adamw" {
		return nil
	}
	if _, given := t.OptimizerOptions["lr"]; !given && t.LearningRate == 0 {
		t.LearningRate = size.Rate()
	}
	option("weight_decay", size.Decay())
	return nil
}

// wholeBatch says that an optimizer which is meant to see all rows at every step leaves a batch out of account. It is asked
// of settled settings, which say Auto no more.
func (c *Config) wholeBatch(rows int, rep Reporter) {
	if c.fullBatch() && int(c.Train.Batch) != rows {
		rep.Note("%s takes all %d rows at every step: batch %d has no effect", c.Train.Optimizer, rows, c.Train.Batch)
	}
}

// batch is the number of rows a step, of settled settings.
func (c *Config) batch(rows int) int {
	if c.fullBatch() {
		return rows
	}
	return int(c.Train.Batch)
}

// training is that of settled settings.
func (c *Config) training(rows int, task data.Task) (training.Config, error) {
	batch := c.batch(rows)
	loss, err := c.loss(task)
	if err != nil {
		return training.Config{}, configErr(err)
	}
	epochs := int(c.Train.Epochs)
	o, err := c.optimizer(c.Train.LearningRate, epochs*((rows+batch-1)/batch))
	return training.Config{Epochs: epochs, Batch: batch, Optimizer: o, Loss: loss,
		Seed: random.Seed(c.Seed, "train"), Monitor: c.Train.Monitor, Patience: int(c.Train.Patience),
		MinDelta: c.Train.MinDelta}, configErr(err)
}

// pruning is the configuration without fine-tuning.
func (c *Config) pruning() (pruning.Config, error) {
	p := &c.Prune
	out := pruning.Config{Criterion: criteria.Named(p.Criterion), Amount: p.Amount, Floor: p.Floor, Rounds: p.Rounds, Layers: p.Layers,
		Positions: p.Positions, FoldBias: p.FoldBias, Calibration: p.Calibration, Seed: random.Seed(c.Seed, "prune")}
	crit, err := out.Criterion.Find()
	if err != nil {
		return out, err
	}
	if out.Scope, err = criteria.Scopes.Parse(p.Scope, criteria.ScopeLayer); err != nil {
		return out, err
	}
	if out.Method, err = pruning.Methods.Parse(p.Method, pruning.RemoveUnits); err != nil {
		return out, err
	}
	if out.Schedule, err = pruning.AmountSchedules.Parse(p.Schedule, pruning.CubicAmount); err != nil {
		return out, err
	}
	n := criteria.Normalization(p.Normalization)
	if out.Normalization, err = crit.ResolveNormalization(out.Scope, n); err != nil {
		if errors.Is(err, criteria.ErrSelection) {
			err = errors.Errorf("prune.normalisation %s is for comparing layers, and with scope %s none are compared: "+
				"set prune.scope to global, or leave it out", n, out.Scope)
		}
		return out, err
	}
	out.Options = criteria.Options{Bins: p.Bins, Binning: information.Binning(p.Binning),
		Estimator: criteria.Estimator(p.Estimator), Neighbors: p.Neighbors}
	_, err = crit.Resolve(out.Options)
	return out, err
}

// finetuning is the training after each round of pruning. Its schedule spans one round: the pruner begins it anew in
// each.
func (c *Config) finetuning(rows int, task data.Task) (*training.Config, error) {
	if c.Prune.FinetuneEpochs == 0 {
		return nil, nil
	}
	f := *c
	f.Train.Epochs = Count(c.Prune.FinetuneEpochs)
	f.Train.Patience = 0
	if c.Prune.FinetuneLR != 0 {
		f.Train.LearningRate = c.Prune.FinetuneLR
	}
	t, err := f.training(rows, task)
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// build makes the untrained model.
func (c *Config) build(p *prepared) (*models.Model, error) {
	spec, err := c.spec()
	if err != nil {
		return nil, configErr(err)
	}
	if spec, err = training.Complete(spec, p.data, p.parts.Train, p.scaling, c.targetScaling()); err != nil {
		return nil, configErr(err)
	}
	net, err := spec.Build(models.Options{Seed: random.Seed(c.Seed, "model")})
	if err != nil {
		return nil, configErr(err)
	}
	m := models.New(net, p.data, &p.parts.Info)
	m.Loss = c.namedLoss(p.data.Task)
	return m, nil
}

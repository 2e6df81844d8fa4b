package training

import (
	"context"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// Prepared is all that a training begins with, and what was decided on the way to it. Fit trains.
type Prepared struct {
	Model   *models.Model // not trained
	Data    *data.Dataset // imputed by the training rows
	Parts   *data.Parts
	Scaling *data.Scaling // of features, fitted on the training rows
	Config  Config        // with numbers for all that was open
	Settled Settled
	Notes   []string // what preparing had to decide that a user may not expect: sentences for the user's eyes
}

// Settled are the values that a training was prepared with: what was asked for, and what followed from the data where it was
// open. With the same data they give the same training again. Its JSON names are stable.
type Settled struct {
	Seed          uint64           `json:"seed"`
	Test          float64          `json:"test_split"`
	Val           float64          `json:"val_split"`
	SplitSeed     uint64           `json:"split_seed"`
	Impute        data.Imputation  `json:"impute"`
	Scaling       data.Method      `json:"scaling"`
	TargetScaling data.Method      `json:"target_scaling"`
	Epochs        int              `json:"epochs"`
	Batch         int              `json:"batch"`
	Patience      int              `json:"patience"`
	Method        Method           `json:"method"` // its name alone where Config.Optimizer was given
	Loss          models.NamedLoss `json:"loss"`   // no name where Config.Loss was given
}

// Prepare does all that comes before the first step of a training: it divides the rows, fills missing values and fits the
// scaling by statistics of the training rows, completes the spec by input, scaling and head, builds the network with weights
// that Seed gives, and settles what cfg leaves open. It is how [Fit] and the command line begin.
//
// Errors of what was asked for are of [ErrSettings]; others are of the data, see package data.
func Prepare(spec models.Spec, d *data.Dataset, cfg FitConfig) (*Prepared, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	split := cfg.split()
	parts, err := data.Split(d, split)
	if err != nil {
		return nil, err
	}
	p, err := prepareRows(spec, d, parts, cfg)
	if err != nil {
		return nil, err
	}
	p.Model.Split = &parts.Info
	p.Settled.Test, p.Settled.Val, p.Settled.SplitSeed = split.Test, split.Val, split.Seed
	return p, nil
}

// prepareRows is Prepare for rows that are divided already. No statistic is of other rows than parts.Train.
func prepareRows(spec models.Spec, d *data.Dataset, parts *data.Parts, cfg FitConfig) (*Prepared, error) {
	d, err := d.Impute(parts.Train)
	if err != nil {
		return nil, err
	}
	if cfg.Scaling == "" {
		if cfg.Scaling = Scaling(d); spec.ReadsIDs() {
			cfg.Scaling = data.NoScaling
		}
	}
	scaling, err := data.FitScaling(cfg.Scaling, d, parts.Train)
	if err != nil {
		return nil, err
	}
	if cfg.TargetScaling, err = spec.TargetScaling(cfg.TargetScaling, d.Task); err != nil {
		return nil, settingsErr(err)
	}
	if spec, err = Complete(spec, d, parts.Train, scaling, cfg.TargetScaling); err != nil {
		return nil, settingsErr(err)
	}
	net, err := spec.Build(models.Options{Seed: random.Seed(cfg.Seed, "model")})
	if err != nil {
		return nil, settingsErr(err)
	}
	p := &Prepared{Model: models.New(net, d, nil), Data: d, Parts: parts, Scaling: scaling}
	size, err := SizeOf(p.Model, parts)
	if err != nil {
		return nil, err
	}
	asked := cfg.Batch
	if cfg, err = cfg.Settle(size, d.Task); err != nil {
		return nil, err
	}
	if asked != 0 && cfg.Batch != asked {
		p.Notes = append(p.Notes, errors.Errorf("%s takes all %d rows at every step: batch %d has no effect", cfg.Optimizer.Name(),
			cfg.Batch, asked).Error())
	}
	if cfg.NamedLoss.Name != "" {
		loss := cfg.NamedLoss
		p.Model.Loss = &loss
	}
	p.Settled = Settled{Seed: cfg.Seed, Impute: d.Schema.Impute, Scaling: cfg.Scaling, TargetScaling: cfg.TargetScaling,
		Epochs: cfg.Epochs, Batch: cfg.Batch, Patience: cfg.Patience, Method: cfg.Method, Loss: cfg.NamedLoss}
	if p.Settled.Method.Optimizer == "" {
		p.Settled.Method.Optimizer = cfg.Optimizer.Name()
	}
	p.Config = cfg.Config
	p.Config.Seed = random.Seed(cfg.Seed, "train")
	return p, nil
}

// split is how the rows are divided, with a seed.
func (c *FitConfig) split() data.SplitOptions {
	split := data.SplitOptions{Test: data.DefaultTest, Val: data.DefaultVal}
	if c.Split != nil {
		split = *c.Split
	}
	if split.Seed == 0 {
		split.Seed = random.Seed(c.Seed, "split")
	}
	return split
}

// Fit trains. Where that ends with an error (ErrInterrupted, ErrDiverged), what there is comes with it. It trains the
// prepared model itself, so it is called once.
func (p *Prepared) Fit(ctx context.Context) (*Fitted, error) {
	if p == nil || p.Model == nil || p.Data == nil {
		return nil, errors.New("there is nothing prepared (nil): Prepare makes it")
	}
	t, err := New(p.Model, p.Data, p.Parts, p.Config)
	if err != nil {
		return nil, err
	}
	f := &Fitted{Model: p.Model, Data: p.Data, Parts: p.Parts, Settled: p.Settled, loss: p.Config.Loss}
	f.History, err = t.Fit(ctx)
	return f, err
}

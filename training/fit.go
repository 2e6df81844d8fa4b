package training

import (
	"context"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// FitConfig says how Fit trains. What its zero value leaves open is as on the command line.
type FitConfig struct {
	// Config is the training's. Epochs, Batch and Optimizer follow from the data unless set, see Size; where Epochs is not
	// set, Patience does, too. Seed decides the split and the initial weights as well.
	Config
	// Split says what is held out; nil holds out data.DefaultTest of the rows for testing and data.DefaultVal of the others
	// for validation. Its seed is derived from Config's unless set.
	Split *data.SplitOptions
	// Scaling of the features becomes the model's first layer. Default: see Scaling.
	Scaling data.Method
	// TargetScaling of a regression becomes the model's last layer, which answers in the target's own unit. Default: see
	// [models.Spec.TargetScaling].
	TargetScaling data.Method
}

// Fitted is a trained model with the data it came from.
type Fitted struct {
	Model   *models.Model
	History *History
	Data    *data.Dataset // imputed
	Parts   *data.Parts

	loss graph.LossFunc
}

// Fit does the usual whole: it splits the data, imputes missing values and fits the scaling on the training rows,
// completes the spec by input, scaling and head, builds the network and trains it. Validation rows decide which epoch's
// weights are kept.
//
// Where the training itself ends with an error (ErrInterrupted, ErrDiverged), what there is comes with it.
func Fit(ctx context.Context, spec models.Spec, d *data.Dataset, cfg FitConfig) (*Fitted, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	cfg.setDefaults(d, spec)
	parts, err := data.Split(d, *cfg.Split)
	if err != nil {
		return nil, err
	}
	if d, err = d.Impute(parts.Train); err != nil {
		return nil, err
	}
	scaling, err := data.FitScaling(cfg.Scaling, d, parts.Train)
	if err != nil {
		return nil, err
	}
	if spec, err = Complete(spec, d, parts.Train, scaling, cfg.TargetScaling); err != nil {
		return nil, err
	}
	net, err := spec.Build(models.Options{Seed: random.Seed(cfg.Seed, "model")})
	if err != nil {
		return nil, err
	}
	f := &Fitted{Model: models.New(net, d, &parts.Info), Data: d, Parts: parts, loss: cfg.Loss}
	cfg.Seed = random.Seed(cfg.Seed, "train")
	if err := cfg.settle(f.Model, parts); err != nil {
		return nil, err
	}
	t, err := New(f.Model, d, parts, cfg.Config)
	if err != nil {
		return nil, err
	}
	f.History, err = t.Fit(ctx)
	return f, err
}

// Complete puts around a spec what the data asks for: input and scaling before it, the head behind it and, for a
// regression, the target's scaling, whose statistics are those of the training rows. method is one of
// [models.Spec.TargetScaling].
func Complete(spec models.Spec, d *data.Dataset, train []int, scaling *data.Scaling, method data.Method) (models.Spec, error) {
	if err := d.ValidateShape(); err != nil {
		return spec, err
	}
	method, err := spec.TargetScaling(method, d.Task)
	if err != nil {
		return spec, err
	}
	target, err := data.FitTarget(method, d, train)
	if err != nil {
		return spec, err
	}
	if spec, err = spec.For(d.Shape(), d.Task, len(d.Classes), scaling); err != nil {
		return spec, err
	}
	return spec.Unscaled(target), nil
}

func (c *FitConfig) setDefaults(d *data.Dataset, spec models.Spec) {
	split := data.SplitOptions{Test: data.DefaultTest, Val: data.DefaultVal}
	if c.Split != nil {
		split = *c.Split
	}
	if split.Seed == 0 {
		split.Seed = random.Seed(c.Seed, "split")
	}
	c.Split = &split
	if c.Scaling == "" {
		if c.Scaling = Scaling(d); spec.ReadsIDs() {
			c.Scaling = data.NoScaling
		}
	}
}

// settle puts what follows from the data in the place of what was not set.
func (c *Config) settle(m *models.Model, parts *data.Parts) error {
	size, err := SizeOf(m, parts)
	if err != nil {
		return err
	}
	if c.Batch == 0 {
		c.Batch = size.Batch(c.Epochs)
	}
	if c.Epochs == 0 {
		if c.Epochs = size.Epochs(max(1, c.Batch)); c.Patience == 0 {
			c.Patience = size.Patience(c.Epochs)
		}
	}
	if c.Optimizer == nil {
		c.Optimizer = size.Optimizer(max(1, c.Epochs*steps(size.Rows, max(1, c.Batch))))
	}
	return nil
}

// Scaling is what suits a dataset if nothing else is said: the pixels of an image keep their proportions, every other
// feature gets mean 0 and deviation 1 by itself.
func Scaling(d *data.Dataset) data.Method {
	if len(d.Shape()) == 3 {
		return data.StandardizeGlobal
	}
	return data.Standardize
}

// Evaluate gives loss and metrics on a part of the data: train, val, test or all.
func (f *Fitted) Evaluate(part string) (*Result, error) {
	d, rows, err := f.Parts.Rows(f.Data, part)
	if err != nil {
		return nil, err
	}
	e, err := NewEvaluator(f.Model, f.loss)
	if err != nil {
		return nil, err
	}
	r, err := e.Evaluate(d, rows)
	return r, errors.Wrapf(err, "%s rows", part)
}

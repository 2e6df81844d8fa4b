package training

import (
	"context"
	"sync"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// FitConfig says how Fit and Prepare train. What its zero value leaves open is as on the command line.
type FitConfig struct {
	// Config is the training's. Epochs, Batch, Optimizer and Loss follow from the data unless set, see Size; where Epochs is not
	// set, Patience does, too, and a negative one never ends the training. Seed decides the split and the initial weights as well.
	//
	// An Optimizer is completed in place: one without a schedule gets a cosine over the whole length ([optimizers.Constant]
	// keeps the rate), AdamW its rate and decay from Size. What [optimizers.Wrap] made stays as it is.
	Config
	// Method describes the optimizer where Config has none.
	Method Method
	// NamedLoss is the loss where Config has no function; the task's usual one by default. The model's file records it.
	NamedLoss models.NamedLoss
	// Split says what is held out; nil holds out data.DefaultTest of the rows for testing and data.DefaultVal of the others
	// for validation. Its seed is derived from Config's unless set.
	Split *data.SplitOptions
	// Scaling of the features becomes the model's first layer. Default: see Scaling.
	Scaling data.Method
	// TargetScaling of a regression becomes the model's last layer, which answers in the target's own unit. Default: see
	// [models.Spec.TargetScaling].
	TargetScaling data.Method
}

// Fitted is a trained model with the data it came from. It is a [Learned].
type Fitted struct {
	Model   *models.Model
	History *History
	Data    *data.Dataset // imputed
	Parts   *data.Parts
	Settled Settled // what the training was prepared with

	loss   *network.Loss
	mu     sync.Mutex
	answer *Evaluator // of Predict
}

// Fit does the usual whole: it splits the data, imputes missing values and fits the scaling on the training rows,
// completes the spec by input, scaling and head, builds the network and trains it; see [Prepare]. Validation rows decide which
// epoch's weights are kept.
//
// Where the training itself ends with an error (ErrInterrupted, ErrDiverged), what there is comes with it.
func Fit(ctx context.Context, spec models.Spec, d *data.Dataset, cfg FitConfig) (*Fitted, error) {
	p, err := Prepare(spec, d, cfg)
	if err != nil {
		return nil, err
	}
	return p.Fit(ctx)
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

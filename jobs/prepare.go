package jobs

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// prepared is data that is ready to train on.
type prepared struct {
	data  *data.Dataset
	parts *data.Parts
}

// load reads the data of a job that trains.
func load(plan *config.Plan) (*data.Dataset, error) {
	c := &plan.Config
	opt := data.Options{Target: c.Data.Target, Task: c.Data.Task, Impute: c.Data.Impute}
	var d *data.Dataset
	var err error
	if c.Data.TestData != "" {
		d, err = data.LoadWithTest(c.Data.Source, c.Data.TestData, opt)
	} else {
		d, err = data.Load(c.Data.Source, opt)
	}
	if err != nil {
		return nil, dataErr(err)
	}
	if c.Data.TestData != "" && d.Test != nil && d.Test.Fingerprint == d.Fingerprint {
		return nil, config.Usage(settings.About("data.test_data", errors.Errorf("data.test_data %s is the data to train on: its "+
			"figures would be of rows that training saw; leave it out, and data.test_split of the rows are held out", c.Data.TestData)))
	}
	if !d.Labeled() {
		return nil, errors.Errorf("%s: column %q holds nothing to learn from", d.Name, d.Target)
	}
	return d, nil
}

// prepare divides the data and builds the untrained model with its training. The plan that it returns is settled.
func prepare(plan *config.Plan, d *data.Dataset, rep Reporter) (*config.Plan, *prepared, *models.Model, training.Config, error) {
	t, err := training.Prepare(plan.Spec, d, plan.Fit())
	if errors.Is(err, training.ErrSettings) {
		err = config.Usage(named(err))
	}
	if err != nil {
		return nil, nil, nil, training.Config{}, dataErr(err)
	}
	for _, note := range t.Notes {
		rep.Note("%s", note)
	}
	s := t.Settled
	return plan.Settled(s.Epochs, s.Batch, s.Patience, s.Method), &prepared{t.Data, t.Parts}, t.Model, t.Config, nil
}

// named is an error of a training's settings with the name of the setting.
func named(err error) error {
	switch name := settings.NameOf(err); {
	case name == "label_smoothing" || name == "huber_delta":
		return config.In("train", err)
	case errors.Is(err, optimizers.ErrInvalid): // the options have been checked for some length, but not for this
		return settings.About("train.schedule_options", errors.WithMessage(err, "train.schedule_options"))
	}
	return err
}

// split draws the rows that are held out.
func split(c *config.Config, d *data.Dataset) (*data.Parts, error) {
	return data.Split(d, data.SplitOptions{Test: c.Data.TestSplit, Val: c.Data.ValSplit,
		Seed: random.Seed(c.Seed, "split")})
}

// dataErr marks the data errors that are the settings' fault.
func dataErr(err error) error {
	for _, usage := range []error{data.ErrNotFound, data.ErrOption, suggest.ErrUnknown} {
		if errors.Is(err, usage) {
			return config.Usage(err)
		}
	}
	return err
}

// judged are the rows that the reports are about: the test rows, or the validation rows where nothing was held out for
// testing.
func (p *prepared) judged() (*data.Dataset, []int, string) {
	if len(p.parts.Test) > 0 {
		d := p.data
		if d.Test != nil {
			d = d.Test
		}
		return d, p.parts.Test, "test"
	}
	if len(p.parts.Val) > 0 {
		return p.data, p.parts.Val, "val"
	}
	return p.data, slices.Clone(p.parts.Train), "train"
}

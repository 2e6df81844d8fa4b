package jobs

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// prepared is data that is ready to train on.
type prepared struct {
	data    *data.Dataset
	parts   *data.Parts
	scaling *data.Scaling
}

// load reads and splits the data, imputes from training rows and fits the scaling on them.
func load(plan *config.Plan) (*prepared, error) {
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
	parts, err := split(c, d)
	if err != nil {
		return nil, dataErr(err)
	}
	if d, err = d.Impute(parts.Train); err != nil {
		return nil, dataErr(err)
	}
	s, err := data.FitScaling(plan.Scaling(d), d, parts.Train)
	return &prepared{d, parts, s}, dataErr(err)
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

// build makes the untrained model.
func build(plan *config.Plan, p *prepared) (*models.Model, error) {
	c := &plan.Config
	spec, err := training.Complete(plan.Spec, p.data, p.parts.Train, p.scaling, c.Data.TargetScaling)
	if err != nil {
		return nil, config.Usage(err)
	}
	net, err := spec.Build(models.Options{Seed: random.Seed(c.Seed, "model")})
	if err != nil {
		return nil, config.Usage(err)
	}
	m := models.New(net, p.data, &p.parts.Info)
	m.Loss = plan.NamedLoss(p.data.Task)
	return m, nil
}

package jobs

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// prepared is data that is ready to train on.
type prepared struct {
	data    *data.Dataset
	parts   *data.Parts
	scaling *data.Scaling
}

// load reads and splits the data, imputes from training rows and fits the scaling on them.
func (c *Config) load() (*prepared, error) {
	task, err := data.ParseTask(c.Data.Task)
	if err != nil {
		return nil, configErr(err)
	}
	impute, err := data.ParseImputation(c.Data.Impute)
	if err != nil {
		return nil, configErr(err)
	}
	opt := data.Options{Target: c.Data.Target, Task: task, Impute: impute}
	var d *data.Dataset
	if c.Data.TestData != "" {
		d, err = data.LoadWithTest(c.Data.Source, c.Data.TestData, opt)
	} else {
		d, err = data.Load(c.Data.Source, opt)
	}
	if err != nil {
		return nil, dataErr(err)
	}
	if c.Data.TestData != "" && d.Test != nil && d.Test.Fingerprint == d.Fingerprint {
		return nil, configErr(errors.Errorf("--test-data %s is the data to train on: its figures would be of rows that training "+
			"saw; leave it out, and --test-split of the rows are held out", c.Data.TestData))
	}
	if !d.Labeled() {
		return nil, errors.Errorf("%s: column %q holds nothing to learn from", d.Name, d.Target)
	}
	parts, err := c.split(d)
	if err != nil {
		return nil, dataErr(err)
	}
	if d, err = d.Impute(parts.Train); err != nil {
		return nil, dataErr(err)
	}
	method, err := c.scaling(d)
	if err != nil {
		return nil, configErr(err)
	}
	s, err := data.FitScaling(method, d, parts.Train)
	return &prepared{d, parts, s}, dataErr(err)
}

// split draws the rows that are held out.
func (c *Config) split(d *data.Dataset) (*data.Parts, error) {
	return data.Split(d, data.SplitOptions{Test: c.Data.TestSplit, Val: c.Data.ValSplit,
		Seed: random.Seed(c.Seed, "split")})
}

// dataErr marks the data errors that are the settings' fault.
func dataErr(err error) error {
	for _, usage := range []error{data.ErrNotFound, data.ErrOption, suggest.ErrUnknown} {
		if errors.Is(err, usage) {
			return configErr(err)
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

package jobs

import (
	"context"
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/threads"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Splits are the parts of data that can be asked for.
func Splits() []string { return data.PartNames.Names() }

// EvalOptions say what to evaluate a model on.
type EvalOptions struct {
	Source   string // as in DataConfig
	TestData string
	Split    string // train, val, test or all; empty takes rows that training never saw
	Threads  int
	// Accept is asked once the model's task is known; an error ends the job.
	Accept func(data.Task) error
	// Figures are metrics that the report must have, see OutOptions.
	Figures []string
}

// EvalReport is what a model is worth on some rows. Its JSON names are stable; the metrics stand beside them.
type EvalReport struct {
	Model           string  `json:"model"`
	Dataset         string  `json:"dataset"`
	Split           string  `json:"split"` // train, val, test or all: the rows that the figures are of
	N               int     `json:"n"`
	Loss            float64 `json:"loss"` // mean of the loss that the model was trained with, or of the task's usual one
	*metrics.Report         // flat: accuracy, …
}

// Eval evaluates the model at path. Of the data that the model was trained on only the test rows count, unless a part
// is named; of other data every row.
func Eval(ctx context.Context, path string, opt EvalOptions, rep Reporter) (*EvalReport, error) {
	if err := checkSplit(opt.Split); err != nil {
		return nil, err
	}
	if opt.TestData != "" && opt.Split != "" && opt.Split != "test" {
		return nil, config.Usage(settings.About("data.test_data", errors.Errorf("data.test_data has no effect: split=%s is of %s; "+
			"leave one of them out", opt.Split, opt.Source)))
	}
	threads.Set(opt.Threads)
	m, err := loadModel(path, rep)
	if err != nil {
		return nil, err
	}
	if err := (OutOptions{Accept: opt.Accept}).accept(m.Task, m.Schema); err != nil {
		return nil, err
	}
	d, err := LoadFor(m, opt.Source, opt.TestData, false)
	if err != nil {
		return nil, err
	}
	if !d.Labeled() {
		return nil, errors.Errorf("%s has no column %q to compare predictions with; gtrain predict needs none", d.Name,
			d.Target)
	}
	if err := interrupted(ctx, "evaluation"); err != nil {
		return nil, err
	}
	for _, note := range d.Notes {
		rep.Note("%s: %s", d.Name, note)
	}
	rows, err := selectRows(m, d, opt.Split, rep)
	if err != nil {
		return nil, err
	}
	if err := (OutOptions{Figures: opt.Figures}).defined(rows.data, rows.index); err != nil {
		return nil, err
	}
	loss, err := m.TrainingLoss()
	if err != nil {
		return nil, err
	}
	e, err := training.NewEvaluator(m, loss)
	if err != nil {
		return nil, err
	}
	r, err := e.Evaluate(rows.data, rows.index)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(r.Loss) || math.IsInf(r.Loss, 0) {
		return nil, errors.Errorf("%s: the loss is %v: values lie far outside those of training", rows.data.Name, r.Loss)
	}
	return &EvalReport{Model: path, Dataset: rows.data.Name, Split: rows.part, N: len(rows.index), Loss: r.Loss,
		Report: r.Metrics}, nil
}

func checkSplit(name string) error {
	_, err := data.PartNames.Parse(name, "")
	return config.Usage(err)
}

// selection is a part of some data.
type selection struct {
	data  *data.Dataset
	index []int
	part  string
}

func every(d *data.Dataset, part string) *selection {
	s := &selection{data: d, part: part, index: make([]int, d.Rows())}
	for i := range s.index {
		s.index[i] = i
	}
	return s
}

// selectRows chooses the rows of d to judge a model by, and says which and why.
func selectRows(m *models.Model, d *data.Dataset, part string, rep Reporter) (*selection, error) {
	info := m.Split
	testing := part == "" || part == "test"
	otherTest := d.Test != nil && (info == nil || d.Test.Fingerprint != info.TestFingerprint)
	if part == "all" {
		if info != nil && info.Fingerprint == d.Fingerprint {
			rep.Note("%s: all %d rows, also those that the model was trained on", d.Name, d.Rows())
		}
		return every(d, part), nil
	}
	switch {
	case info != nil && info.OwnTest && info.TestFingerprint == d.Fingerprint && testing && !otherTest:
		rep.Note("%s is the test part of the data that the model was trained on: all %d rows, none of which training saw",
			d.Name, d.Rows())
		return every(d, "test"), nil
	case info != nil && info.Fingerprint == d.Fingerprint && !(testing && otherTest):
		return ownRows(info, d, part, rep)
	case d.Test != nil && testing && info != nil && info.Fingerprint == d.Test.Fingerprint:
		return nil, config.Usage(settings.About("data.test_data", errors.Errorf("data.test_data %s is what the model was trained on, "+
			"and would not test it: give data.source=%[1]s alone, for its rows that training never saw, or with split=train as well", d.Test.Name)))
	case d.Test != nil && testing:
		rep.Note("%s: all %d rows; the model was not trained on them", d.Test.Name, d.Test.Rows())
		return every(d.Test, "test"), nil
	case part == "":
		rep.Note("%s is not the data that the model was trained on: all %d rows count", d.Name, d.Rows())
		return every(d, "all"), nil
	}
	return nil, config.Usage(errors.Errorf("%s is not the data that the model was trained on: it has no %s part "+
		"(split=all takes every row)", d.Name, part))
}

// ownRows are rows of the data that the model was trained on.
func ownRows(info *data.SplitInfo, d *data.Dataset, part string, rep Reporter) (*selection, error) {
	without := *d
	if d.Test != nil && d.Test.Fingerprint != info.TestFingerprint {
		without.Test = nil // not the one that the split knows
	}
	parts, err := info.Recover(&without)
	if err != nil {
		return nil, dataErr(err)
	}
	asked := part
	if asked == "" {
		asked = "test"
	}
	if asked == "test" && len(parts.Test) == 0 {
		why := "no rows of it were held out for testing"
		if info.OwnTest {
			why = "its test part is a file of its own: give it with data.test_data=FILE"
		}
		return nil, config.Usage(errors.Errorf("%s is what the model was trained on, and %s (split=val and split=all "+
			"take other rows)", d.Name, why))
	}
	from, index, err := parts.Rows(&without, asked)
	if err != nil {
		return nil, config.Usage(err)
	}
	switch {
	case part == "":
		rep.Note("%s is what the model was trained on: only the %d rows that training never saw count "+
			"(split=all takes every row)", d.Name, len(index))
	case part == "train":
		rep.Note("%s: the %d rows that the model was trained on", d.Name, len(index))
	case part == "val":
		rep.Note("%s: the %d rows that decided when training was best", d.Name, len(index))
	}
	return &selection{from, index, asked}, nil
}

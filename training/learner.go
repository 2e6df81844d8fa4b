package training

import (
	"context"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// Learner makes models of one description: [Network] a network; a tree, a forest or a linear model is one too, and so is one
// that selects features first. Whatever compares models on held-out rows (cross-validation, feature selection, search) calls
// Fit once for each choice of rows.
//
// Fit may be called by several goroutines at a time. It depends on nothing but its arguments and the description, and on no
// other rows than those it is given: statistics of imputation, of scaling and of selection are theirs.
type Learner interface {
	// Fit makes a new model from rows of d, as it was read: missing values and all columns are there.
	Fit(ctx context.Context, d *data.Dataset, rows Rows) (Learned, error)
}

// Rows say what a Learner may look at.
type Rows struct {
	Train []int  // rows to learn from
	Val   []int  // rows to decide by, as when to stop; a Learner that needs some takes its own from Train where there are none
	Seed  uint64 // of all that is drawn
}

// Learned is a model that a Learner has made. It may be used by several goroutines.
type Learned interface {
	// Task is what it does with a row.
	Task() data.Task
	// Classes are those that it tells apart, in the order of the columns of Predict; nil for a regression.
	Classes() []string
	// Features names the features of the dataset that it reads, in the dataset's order.
	Features() []string
	// Predict gives, for rows of a dataset with the columns of that it was made from, probabilities, rows × classes, or one
	// value a row. Values may be missing where they could be in training.
	Predict(d *data.Dataset, rows []int) ([]float64, error)
}

// Score measures what a model says of rows of a dataset.
func Score(l Learned, d *data.Dataset, rows []int) (*metrics.Report, error) {
	switch {
	case isnil.Of(l):
		return nil, errNoModel
	case d == nil:
		return nil, errNoData
	case !d.Labeled():
		return nil, errors.Errorf("%s has no column %q to compare predictions with", d.Name, d.Target)
	case l.Task() != d.Task || !slices.Equal(l.Classes(), d.Classes):
		return nil, errors.Errorf("the model is for other classes, or another task, than %s", d.Name)
	}
	out, err := l.Predict(d, rows)
	if err != nil {
		return nil, err
	}
	if d.Task == data.Regression {
		targets := make([]float64, len(rows))
		if err := d.GatherTargets64(targets, rows); err != nil {
			return nil, err
		}
		return metrics.RegressionReport(targets, out)
	}
	labels := make([]int, len(rows))
	if err := d.GatherLabels(labels, rows); err != nil {
		return nil, err
	}
	r, err := metrics.ClassificationReport(labels, out, len(d.Classes))
	if err != nil {
		return nil, err
	}
	return r, r.NameClasses(d.Classes)
}

// Network is the Learner of networks. Every fit goes the way of [Fit]: with the same rows and seed it gives the same bits.
type Network struct {
	Spec models.Spec
	// Config says how to train. Its seed is not read: Rows has one. The optimizer is described by Method, for each fit needs
	// one of its own. Of Split only Val counts: the share of the training rows that decide which epoch is best where Rows has no
	// validation rows, data.DefaultVal by default; 0 keeps all rows for training. Callbacks are called by each fit.
	Config FitConfig
}

// Fit trains a network on rows of d. The result is a *[Fitted].
func (n Network) Fit(ctx context.Context, d *data.Dataset, rows Rows) (Learned, error) {
	f, err := n.fit(ctx, d, rows)
	if f == nil { // and no interface that holds nil
		return nil, err
	}
	return f, err
}

func (n Network) fit(ctx context.Context, d *data.Dataset, rows Rows) (*Fitted, error) {
	cfg := n.Config
	switch {
	case cfg.Optimizer != nil:
		return nil, settingsErr(errors.New("a Network is fitted many times, each with an optimizer of its own: describe it by Method"))
	case cfg.Checkpoints != "":
		return nil, settingsErr(errors.New("a Network is fitted many times, and one directory holds the checkpoints of one training"))
	}
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	cfg.Seed = rows.Seed
	parts := &data.Parts{Train: slices.Sorted(slices.Values(rows.Train)), Val: slices.Sorted(slices.Values(rows.Val))}
	if len(parts.Train) == 0 {
		return nil, errors.Errorf("%s: there are no training rows", d.Name)
	}
	if err := partsOf(d, parts); err != nil {
		return nil, err
	}
	if err := apart(parts); err != nil {
		return nil, errors.Wrap(err, d.Name)
	}
	if val := cfg.split().Val; len(parts.Val) == 0 && val > 0 {
		var err error
		if parts.Train, parts.Val, err = data.HoldOut(d, parts.Train, val, random.Seed(rows.Seed, "split")); err != nil {
			return nil, err
		}
	}
	p, err := prepareRows(n.Spec, d, parts, cfg)
	if err != nil {
		return nil, err
	}
	return p.Fit(ctx)
}

// apart refuses a row that is given twice.
func apart(parts *data.Parts) error {
	seen := make(map[int]bool, len(parts.Train)+len(parts.Val))
	for _, rows := range [][]int{parts.Train, parts.Val} {
		for _, r := range rows {
			if seen[r] {
				return errors.Errorf("row %d is given twice: training and validation rows are different ones", r)
			}
			seen[r] = true
		}
	}
	return nil
}

// Task is what the model does with a row; Auto where there is no model.
func (f *Fitted) Task() data.Task {
	if f == nil || f.Model == nil {
		return data.Auto
	}
	return f.Model.Task
}

// Classes are those that the model tells apart.
func (f *Fitted) Classes() []string {
	if f == nil || f.Model == nil {
		return nil
	}
	return slices.Clone(f.Model.Classes)
}

// Features names the features that the model reads.
func (f *Fitted) Features() []string {
	if f == nil || f.Model == nil {
		return nil
	}
	return slices.Clone(f.Model.Features)
}

// Predict gives what the model says of rows of a dataset that has the columns of training: see [Learned]. Missing values are
// filled as in training. Calls wait for each other.
func (f *Fitted) Predict(d *data.Dataset, rows []int) ([]float64, error) {
	if f == nil || f.Model == nil {
		return nil, errNoModel
	}
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r < 0 || r >= d.Rows() {
			return nil, errors.Errorf("row %d is not one of the %d rows of %s", r, d.Rows(), d.Name)
		}
	}
	if !slices.Equal(d.Features, f.Model.Features) {
		return nil, errors.Errorf("the features of %s are others than the model's", d.Name)
	}
	if s := f.Model.Schema; s != nil && s != d.Schema && s.Impute != data.ImputeNone && d.Missing() > 0 {
		some, err := d.Subset(rows).ImputeAs(s)
		if err != nil {
			return nil, err
		}
		d, rows = some, every(len(rows))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answer == nil {
		var err error
		if f.answer, err = NewEvaluator(f.Model, f.loss); err != nil {
			return nil, err
		}
	}
	return f.answer.Predict64(d, rows)
}

// every lists the first n rows.
func every(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

var errNoModel = errors.New("there is no model (nil)")

var (
	_ Learner = Network{}
	_ Learned = (*Fitted)(nil)
)

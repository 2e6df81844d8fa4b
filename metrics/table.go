package metrics

import (
	"math"

	"github.com/pkg/errors"

	"github.com/gtrain/gtrain/settings"
)

// Task is the kind of problem that a metric belongs to.
type Task string

// The tasks.
const (
	TaskClassification Task = "classification"
	TaskRegression     Task = "regression"
)

// Metric is a metric that is known by name.
type Metric struct {
	Name           string // names are scikit-learn's scorers, without its signs
	Task           Task
	LargerIsBetter bool
	Summary        string
	Source         string

	classification func(*Classification) *float64
	regression     func(*Regression) *float64
}

const (
	larger  = true
	smaller = false
)

var table = settings.NewRegistry("metric", func(m Metric) string { return m.Name },
	Metric{"accuracy", TaskClassification, larger, "fraction of rows classified correctly", "",
		func(c *Classification) *float64 { return &c.Accuracy }, nil},
	Metric{"log_loss", TaskClassification, smaller, "mean cross-entropy of the labels, in nats", "Good 1952",
		func(c *Classification) *float64 { return &c.LogLoss }, nil},
	Metric{"roc_auc", TaskClassification, larger, "chance that class 1 scores above class 0 (binary only)",
		"Hanley and McNeil 1982",
		func(c *Classification) *float64 { return c.ROCAUC }, nil},
	Metric{"top_5_accuracy", TaskClassification, larger, "fraction of rows with the label among the 5 most probable classes",
		"Krizhevsky et al. 2012",
		func(c *Classification) *float64 { return c.Top5Accuracy }, nil},
	Metric{"f1_macro", TaskClassification, larger, "F1 averaged over classes", "van Rijsbergen 1979",
		func(c *Classification) *float64 { return &c.Macro.F1 }, nil},
	Metric{"f1_micro", TaskClassification, larger, "F1 of all classes' counts together; equals accuracy",
		"van Rijsbergen 1979",
		func(c *Classification) *float64 { return &c.Micro.F1 }, nil},
	Metric{"f1_weighted", TaskClassification, larger, "F1 averaged over classes by their number of rows",
		"van Rijsbergen 1979",
		func(c *Classification) *float64 { return &c.Weighted.F1 }, nil},
	Metric{"precision_macro", TaskClassification, larger, "right among predicted, averaged over classes", "",
		func(c *Classification) *float64 { return &c.Macro.Precision }, nil},
	Metric{"recall_macro", TaskClassification, larger, "found among present, averaged over classes", "",
		func(c *Classification) *float64 { return &c.Macro.Recall }, nil},
	Metric{"mse", TaskRegression, smaller, "mean squared error", "",
		nil, func(r *Regression) *float64 { return &r.MSE }},
	Metric{"rmse", TaskRegression, smaller, "root of the mean squared error, in the target's unit", "",
		nil, func(r *Regression) *float64 { return &r.RMSE }},
	Metric{"mae", TaskRegression, smaller, "mean absolute error, in the target's unit", "",
		nil, func(r *Regression) *float64 { return &r.MAE }},
	Metric{"r2", TaskRegression, larger, "share of the target's variance that is explained", "Wright 1921",
		nil, func(r *Regression) *float64 { return r.R2 }},
)

// All returns the metrics known by name, classification first.
func All() []Metric { return table.All() }

// Names returns the names of [All], in its order.
func Names() []string { return table.Names() }

// Lookup finds a metric by its exact name. The error for another name suggests the nearest known one.
func Lookup(name string) (Metric, error) { return table.Lookup(name) }

// Of reads the metric's value from a report. The error is ErrUndefined where the report is of the other task or the
// value is absent from it (roc_auc of three classes).
func (m Metric) Of(r *Report) (float64, error) {
	var v *float64
	switch {
	case r == nil:
	case m.classification != nil && r.Classification != nil:
		v = m.classification(r.Classification)
	case m.regression != nil && r.Regression != nil:
		v = m.regression(r.Regression)
	default:
		return 0, errors.Wrapf(ErrUndefined, "%s is a metric of %s", m.Name, m.Task)
	}
	if v == nil {
		return 0, errors.Wrapf(ErrUndefined, "no %s in this report", m.Name)
	}
	return *v, nil
}

// Better reports whether a is strictly better than b by this metric. A NaN is worse than any number, so that NaN can
// stand for the best value before the first.
func (m Metric) Better(a, b float64) bool {
	switch {
	case math.IsNaN(a):
		return false
	case math.IsNaN(b):
		return true
	case m.LargerIsBetter:
		return a > b
	}
	return a < b
}

package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/metrics"
	"github.com/pkg/errors"
)

// Defined says why a metric has no value on rows of a dataset, whatever is predicted: roc_auc of three classes, or where one
// of two is absent; r2 of a single row. "loss" always has one; a name that is no metric's, or one of another task, is not
// judged here.
func Defined(name string, d *data.Dataset, rows []int) error {
	if d == nil {
		return errNoData
	}
	for _, r := range rows {
		if r < 0 || d.Labeled() && r >= max(len(d.Labels), len(d.Targets)) {
			return errors.Errorf("row %d is not one of %s", r, d.Name)
		}
	}
	m, err := metrics.Lookup(name)
	if err != nil || string(m.Task) != d.Task.String() || len(rows) == 0 || !d.Labeled() {
		return nil
	}
	var r *metrics.Report
	if d.Task == data.Regression {
		targets := make([]float32, len(rows))
		for i, row := range rows {
			targets[i] = d.Targets[row]
		}
		r, err = metrics.RegressionReport(targets, make([]float32, len(targets)))
	} else {
		// One row of a class is enough, and of a few classes, for what is defined depends on nothing else.
		seen, labels := map[int]bool{}, []int(nil)
		for _, row := range rows {
			if l := d.Labels[row]; !seen[l] && len(seen) < 10 {
				seen[l] = true
				labels = append(labels, l)
			}
		}
		n := len(d.Classes)
		probs := make([]float32, len(labels)*n)
		for i := range probs {
			probs[i] = 1 / float32(n)
		}
		r, err = metrics.ClassificationReport(labels, probs, n)
	}
	if err != nil {
		return nil // what is wrong with the rows is said by the evaluation
	}
	if _, err := (&Result{Metrics: r}).Value(name); err != nil {
		return errors.Wrapf(err, "%s, %d rows", d.Name, len(rows))
	}
	return nil
}

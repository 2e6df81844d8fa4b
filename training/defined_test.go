package training

import (
	"errors"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/metrics"
)

func TestDefined(t *testing.T) {
	classes := func(n int, labels ...int) *data.Dataset {
		return &data.Dataset{Name: "d", Task: data.Classification, Labels: labels, Classes: make([]string, n)}
	}
	numbers := &data.Dataset{Name: "d", Task: data.Regression, Targets: []float32{1, 2, 3}}
	for _, c := range []struct {
		name string
		d    *data.Dataset
		rows []int
		want bool
	}{
		{"roc_auc", classes(2, 0, 1, 1), []int{0, 1}, true},
		{"roc_auc", classes(2, 0, 1, 1), []int{1, 2}, false}, // one class is absent
		{"roc_auc", classes(3, 0, 1, 2), []int{0, 1, 2}, false},
		{"roc_auc", classes(3, 0, 1, 2), []int{0, 1}, false},
		{"accuracy", classes(3, 0, 1, 2), []int{2}, true},
		{"log_loss", classes(2, 0, 1), []int{0}, true},
		{"f1_macro", classes(30, 0, 1, 29), []int{0, 1, 2}, true},
		{"r2", numbers, []int{0, 1, 2}, true},
		{"r2", numbers, []int{1}, false},
		{"rmse", numbers, []int{1}, true},
		{"loss", numbers, []int{1}, true},
		{"r2", classes(2, 0, 1), []int{0, 1}, true}, // of another task: not judged here
		{"nosuch", numbers, []int{1}, true},
		{"roc_auc", classes(3, 0, 1, 2), nil, true},
	} {
		err := Defined(c.name, c.d, c.rows)
		if (err == nil) != c.want || err != nil && !errors.Is(err, metrics.ErrUndefined) {
			t.Errorf("%s on rows %v of %d classes: %v", c.name, c.rows, len(c.d.Classes), err)
		}
	}
}

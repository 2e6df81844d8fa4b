package metrics

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// many draws labels and predictions of many classes, and probabilities that lead to these predictions.
func many(classes, rows int) (labels, predicted []int, probs []float32) {
	r := rand.New(rand.NewPCG(1, uint64(classes)))
	probs = make([]float32, rows*classes)
	for i := range rows {
		l := r.IntN(classes)
		p := (l + r.IntN(3)) % classes
		labels, predicted = append(labels, l), append(predicted, p)
		probs[i*classes+p] = 0.75
		probs[i*classes+(p+1)%classes] = 0.25
	}
	return labels, predicted, probs
}

func TestConfusionCells(t *testing.T) {
	for _, classes := range []int{2, 3, 17, DenseClasses, 1000} {
		labels, predicted, _ := many(classes, 500)
		dense, err := ConfusionMatrix(labels, predicted, classes)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := ConfusionCells(labels, predicted, classes)
		if err != nil {
			t.Fatal(err)
		}
		var want []ConfusionCell
		for i, row := range dense {
			for j, n := range row {
				if n > 0 {
					want = append(want, ConfusionCell{i, j, n})
				}
			}
		}
		if !reflect.DeepEqual(cells, want) {
			t.Errorf("%d classes: cells %v, of the matrix %v", classes, cells, want)
		}
		total := tallyOf(labels, predicted, classes)
		if !reflect.DeepEqual(dense.tally(), total) {
			t.Errorf("%d classes: counts of the matrix differ from those of the rows", classes)
		}
	}
	if _, err := ConfusionCells([]int{3}, []int{0}, 3); !errors.Is(err, ErrLabel) {
		t.Errorf("error %v", err)
	}
	if _, err := ConfusionCells([]int{1, 0}, []int{0}, 3); !errors.Is(err, ErrLength) {
		t.Errorf("error %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestReportOfManyClasses(t *testing.T) {
	for _, c := range []struct {
		classes, rows int
		most          int // bytes of JSON
	}{{2, 40, 1 << 10}, {DenseClasses, 300, 180 << 10}, {DenseClasses + 1, 300, 40 << 10}, {1000, 300, 120 << 10},
		{10000, 100, 1 << 20}} {
		labels, predicted, probs := many(c.classes, c.rows)
		r, err := ClassificationReport(labels, probs, c.classes)
		if err != nil {
			t.Fatal(err)
		}
		dense := c.classes <= DenseClasses
		if (r.ConfusionMatrix != nil) != dense || (r.ConfusionCells != nil) == dense || len(r.PerClass) != c.classes {
			t.Errorf("%d classes: matrix of %d, %d cells, %d classes", c.classes, len(r.ConfusionMatrix),
				len(r.ConfusionCells), len(r.PerClass))
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(string(b), `"confusion_matrix"`); has != dense || len(b) > c.most {
			t.Errorf("%d classes: confusion_matrix %v, %d bytes", c.classes, has, len(b))
		}
		rows := 0
		for _, cell := range r.ConfusionCells {
			rows += cell.Rows
		}
		if !dense && rows != c.rows {
			t.Errorf("%d classes: cells hold %d rows of %d", c.classes, rows, c.rows)
		}
		accuracy, _ := Accuracy(labels, predicted)
		if r.Accuracy != accuracy {
			t.Errorf("%d classes: accuracy %v, want %v", c.classes, r.Accuracy, accuracy)
		}

		// The summary has the same numbers, and its size does not grow.
		collected, err := NewCollector[float32](labels, c.classes)
		if err != nil {
			t.Fatal(err)
		}
		for lo := 0; lo < c.rows; lo += 7 { // some rows at a time
			hi := min(lo+7, c.rows)
			if err := collected.Add(lo, probs[lo*c.classes:hi*c.classes]); err != nil {
				t.Fatal(err)
			}
		}
		s, err := collected.Summary()
		if err != nil {
			t.Fatal(err)
		}
		if whole, err := collected.Report(); err != nil || !reflect.DeepEqual(whole, r) {
			t.Errorf("%d classes: a report collected in parts differs: %v", c.classes, err)
		}
		if !reflect.DeepEqual(s, r.Summary()) {
			t.Errorf("%d classes: summary %+v, of the report %+v", c.classes, s.Classification, r.Summary().Classification)
		}
		if b, _ = json.Marshal(s); len(b) > 600 || strings.Contains(string(b), "null") {
			t.Errorf("%d classes: summary %s", c.classes, b)
		}
		for _, m := range All() {
			a, errA := m.Of(r)
			b, errB := m.Of(s)
			if a != b || (errA == nil) != (errB == nil) {
				t.Errorf("%s = %v (%v), of the summary %v (%v)", m.Name, a, errA, b, errB)
			}
		}
	}
	c, err := NewCollector[float32]([]int{0, 1, 2}, 3)
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	for want, err := range map[string]error{
		"score of row 2, class 1 is NaN":                      c.Add(1, []float32{1, 0, 0, 0, nan, 1}),
		"row 1 sums to 3":                                     c.Add(1, []float32{1, 1, 1}),
		"6 scores of 3 classes for rows from 2 on, of 3":      c.Add(2, make([]float32, 6)),
		"4 scores of 3 classes for rows from 0 on, of 3":      c.Add(0, make([]float32, 4)),
		"log-loss needs at least 2 classes: metric undefined": second(NewCollector[float32]([]int{0}, 1)),
		"label 2 of row 0 is not in 0…1: label out of range":  second(NewCollector[float32]([]int{2}, 2)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	var none *Report
	if none.Summary() != nil {
		t.Error("a summary of nothing")
	}
}

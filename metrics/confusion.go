package metrics

import (
	"slices"

	"github.com/pkg/errors"
)

// DenseClasses is how many classes a report's confusion matrix may have. For more it lists the occupied cells, of which
// there are at most as many as rows: 1,000 classes have a million cells, 10,000 a hundred million.
const DenseClasses = 256

// Confusion is a confusion matrix: Confusion[i][j] counts the rows of class i that were predicted as class j.
type Confusion [][]int

// ConfusionMatrix counts labels against predicted classes, both in 0…classes-1.
func ConfusionMatrix(labels, predicted []int, classes int) (Confusion, error) {
	if err := checkPredicted(labels, predicted, classes); err != nil {
		return nil, err
	}
	m := make(Confusion, classes)
	counts := make([]int, classes*classes)
	for i := range m {
		m[i] = counts[i*classes : (i+1)*classes : (i+1)*classes]
	}
	for i, l := range labels {
		m[l][predicted[i]]++
	}
	return m, nil
}

func checkPredicted(labels, predicted []int, classes int) error {
	if err := checkLabels("label", labels, classes); err != nil {
		return err
	}
	if len(labels) != len(predicted) {
		return errors.Wrapf(ErrLength, "%d predictions for %d labels", len(predicted), len(labels))
	}
	return checkLabels("prediction", predicted, classes)
}

// ConfusionCell is an occupied cell of a confusion matrix.
type ConfusionCell struct {
	Class     int `json:"class"`
	Predicted int `json:"predicted"`
	Rows      int `json:"rows"` // of the class that were predicted so; at least 1
}

// ConfusionCells lists the occupied cells of the confusion matrix by class, then by prediction. Its memory grows with
// the rows and not with the classes.
func ConfusionCells(labels, predicted []int, classes int) ([]ConfusionCell, error) {
	if err := checkPredicted(labels, predicted, classes); err != nil {
		return nil, err
	}
	keys := make([]int, len(labels))
	for i, l := range labels {
		keys[i] = l*classes + predicted[i]
	}
	slices.Sort(keys)
	var cells []ConfusionCell
	for i, k := range keys {
		if i == 0 || k != keys[i-1] {
			cells = append(cells, ConfusionCell{Class: k / classes, Predicted: k % classes})
		}
		cells[len(cells)-1].Rows++
	}
	return cells, nil
}

// Scores are precision, recall and their harmonic mean F1, in 0…1. A ratio without cases, the precision of a class
// never predicted or the recall of a class never seen, is 0 (scikit-learn's zero_division=0).
type Scores struct {
	Precision float64 `json:"precision"` // TP / (TP+FP): how many of the predicted are right
	Recall    float64 `json:"recall"`    // TP / (TP+FN): how many of the class are found
	F1        float64 `json:"f1"`        // 2·TP / (2·TP+FP+FN)
}

// ClassScores are the scores of one class against all others.
type ClassScores struct {
	Class int    `json:"class"`
	Name  string `json:"name,omitempty"`
	Scores
	Support int `json:"support"` // rows of this class
}

func scores(tp, fp, fn int) Scores {
	return Scores{Precision: ratio(tp, tp+fp), Recall: ratio(tp, tp+fn), F1: ratio(2*tp, 2*tp+fp+fn)}
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// tally holds what the scores are made of, for each class.
type tally struct{ right, predicted, seen []int }

func newTally(classes int) tally {
	all := make([]int, 3*classes)
	return tally{all[:classes], all[classes : 2*classes], all[2*classes:]}
}

// tallyOf counts labels against predictions, which have been checked.
func tallyOf(labels, predicted []int, classes int) tally {
	t := newTally(classes)
	for i, l := range labels {
		t.seen[l]++
		t.predicted[predicted[i]]++
		if l == predicted[i] {
			t.right[l]++
		}
	}
	return t
}

func (m Confusion) tally() tally {
	t := newTally(len(m))
	for i, row := range m {
		for j, n := range row {
			t.seen[i] += n
			t.predicted[j] += n
		}
		t.right[i] = row[i]
	}
	return t
}

// counts returns true positives, false positives and false negatives of class c.
func (t tally) counts(c int) (tp, fp, fn int) {
	return t.right[c], t.predicted[c] - t.right[c], t.seen[c] - t.right[c]
}

// PerClass returns the scores of every class, in order.
func (m Confusion) PerClass() []ClassScores { return m.tally().perClass() }

func (t tally) perClass() []ClassScores {
	all := make([]ClassScores, len(t.right))
	for c := range all {
		tp, fp, fn := t.counts(c)
		all[c] = ClassScores{Class: c, Scores: scores(tp, fp, fn), Support: tp + fn}
	}
	return all
}

// Macro returns the plain mean of the class scores, over the classes that occur in labels or predictions (as
// scikit-learn does unless it is given a list of labels).
func (m Confusion) Macro() Scores { return m.tally().macro() }

func (t tally) macro() Scores {
	return t.average(func(tp, fp, fn int) int { return min(tp+fp+fn, 1) })
}

// Weighted returns the mean of the class scores weighted by how many rows each class has.
func (m Confusion) Weighted() Scores { return m.tally().weighted() }

func (t tally) weighted() Scores {
	return t.average(func(tp, _, fn int) int { return tp + fn })
}

func (t tally) average(weight func(tp, fp, fn int) int) Scores {
	var precision, recall, f1 sum
	total := 0
	for c := range t.right {
		tp, fp, fn := t.counts(c)
		w, s := weight(tp, fp, fn), scores(tp, fp, fn)
		total += w
		precision.add(float64(float64(w) * s.Precision))
		recall.add(float64(float64(w) * s.Recall))
		f1.add(float64(float64(w) * s.F1))
	}
	if total == 0 {
		return Scores{}
	}
	n := float64(total)
	return Scores{Precision: precision.value() / n, Recall: recall.value() / n, F1: f1.value() / n}
}

// Micro returns the scores of all classes' counts taken together. With one label and one prediction a row, all three
// are the accuracy.
func (m Confusion) Micro() Scores { return m.tally().micro() }

func (t tally) micro() Scores {
	var tp, fp, fn int
	for c := range t.right {
		p, q, r := t.counts(c)
		tp, fp, fn = tp+p, fp+q, fn+r
	}
	return scores(tp, fp, fn)
}

// Accuracy is the share of the counts on the diagonal.
func (m Confusion) Accuracy() float64 { return m.tally().accuracy() }

func (t tally) accuracy() float64 {
	hits, total := 0, 0
	for c := range t.right {
		hits += t.right[c]
		total += t.seen[c]
	}
	return ratio(hits, total)
}

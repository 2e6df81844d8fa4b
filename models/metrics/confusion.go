package metrics

import "github.com/pkg/errors"

// Confusion is a confusion matrix: Confusion[i][j] counts the rows of class i that were predicted as class j.
type Confusion [][]int

// ConfusionMatrix counts labels against predicted classes, both in 0…classes-1.
func ConfusionMatrix(labels, predicted []int, classes int) (Confusion, error) {
	if err := checkLabels("label", labels, classes); err != nil {
		return nil, err
	}
	if len(labels) != len(predicted) {
		return nil, errors.Wrapf(ErrLength, "%d predictions for %d labels", len(predicted), len(labels))
	}
	if err := checkLabels("prediction", predicted, classes); err != nil {
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

// counts returns true positives, false positives and false negatives of class c.
func (m Confusion) counts(c int) (tp, fp, fn int) {
	for j := range m {
		fp += m[j][c]
		fn += m[c][j]
	}
	return m[c][c], fp - m[c][c], fn - m[c][c]
}

// PerClass returns the scores of every class, in order.
func (m Confusion) PerClass() []ClassScores {
	all := make([]ClassScores, len(m))
	for c := range m {
		tp, fp, fn := m.counts(c)
		all[c] = ClassScores{Class: c, Scores: scores(tp, fp, fn), Support: tp + fn}
	}
	return all
}

// Macro returns the plain mean of the class scores, over the classes that occur in labels or predictions (as
// scikit-learn does unless it is given a list of labels).
func (m Confusion) Macro() Scores {
	return m.average(func(tp, fp, fn int) int { return min(tp+fp+fn, 1) })
}

// Weighted returns the mean of the class scores weighted by how many rows each class has.
func (m Confusion) Weighted() Scores {
	return m.average(func(tp, _, fn int) int { return tp + fn })
}

func (m Confusion) average(weight func(tp, fp, fn int) int) Scores {
	var precision, recall, f1 sum
	total := 0
	for c := range m {
		tp, fp, fn := m.counts(c)
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
func (m Confusion) Micro() Scores {
	var tp, fp, fn int
	for c := range m {
		p, q, r := m.counts(c)
		tp, fp, fn = tp+p, fp+q, fn+r
	}
	return scores(tp, fp, fn)
}

// Accuracy is the share of the counts on the diagonal.
func (m Confusion) Accuracy() float64 {
	hits, total := 0, 0
	for i, row := range m {
		hits += row[i]
		for _, n := range row {
			total += n
		}
	}
	return ratio(hits, total)
}

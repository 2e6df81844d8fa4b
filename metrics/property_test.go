package metrics

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// near0 is the tolerance for sums of a few hundred values in another order.
const near0 = 1e-12

// rows draws labels and one score for each, with many ties; both classes occur.
func rows(t *rapid.T) ([]int, []float64) {
	n := rapid.IntRange(2, 60).Draw(t, "n")
	labels := rapid.SliceOfN(rapid.IntRange(0, 1), n, n).Draw(t, "labels")
	labels[0], labels[1] = 0, 1
	scores := make([]float64, n)
	for i := range scores {
		scores[i] = float64(rapid.IntRange(-8, 8).Draw(t, "score")) / 4
	}
	return labels, scores
}

func auc(t *rapid.T, labels []int, scores []float64) float64 {
	a, err := ROCAUC(labels, scores)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The rank formula is the count of ordered pairs, taken literally.
func TestAUCCountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels, scores := rows(t)
		wins, pairs := 0.0, 0.0
		for i, l := range labels {
			for j, k := range labels {
				if l != 1 || k != 0 {
					continue
				}
				pairs++
				if scores[i] > scores[j] {
					wins++
				} else if scores[i] == scores[j] {
					wins += 0.5
				}
			}
		}
		if got := auc(t, labels, scores); got != wins/pairs {
			t.Fatalf("AUC = %v, by pairs %v", got, wins/pairs)
		}
	})
}

// A growing map of the scores and a permutation of the rows change nothing, to the bit; a falling map reflects.
func TestAUCInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels, scores := rows(t)
		want := auc(t, labels, scores)
		grown, fallen := make([]float64, len(scores)), make([]float64, len(scores))
		for i, s := range scores {
			grown[i], fallen[i] = math.Exp(3*s)-7, -s
		}
		if got := auc(t, labels, grown); got != want {
			t.Fatalf("AUC of a growing map = %v, want %v", got, want)
		}
		if got := auc(t, labels, fallen); math.Abs(got+want-1) > near0 {
			t.Fatalf("AUC of a falling map = %v, want %v", got, 1-want)
		}
		shuffledLabels, shuffledScores := make([]int, len(labels)), make([]float64, len(labels))
		for to, from := range permutation(t, len(labels)) {
			shuffledLabels[to], shuffledScores[to] = labels[from], scores[from]
		}
		if got := auc(t, shuffledLabels, shuffledScores); got != want {
			t.Fatalf("AUC of permuted rows = %v, want %v", got, want)
		}
	})
}

func permutation(t *rapid.T, n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	return rapid.Permutation(p).Draw(t, "permutation")
}

// batch draws labels and probabilities.
func batch(t *rapid.T) (labels []int, probs []float64, classes int) {
	classes = rapid.IntRange(2, 8).Draw(t, "classes")
	n := rapid.IntRange(1, 40).Draw(t, "n")
	labels = rapid.SliceOfN(rapid.IntRange(0, classes-1), n, n).Draw(t, "labels")
	for range n {
		row, total := make([]float64, classes), 0.0
		for c := range row {
			row[c] = float64(rapid.IntRange(0, 10).Draw(t, "p"))
			total += row[c]
		}
		for c := range row {
			if total == 0 {
				row[c], probs = 0, append(probs, 1/float64(classes))
				continue
			}
			probs = append(probs, row[c]/total)
		}
	}
	return labels, probs, classes
}

func TestReportProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels, probs, classes := batch(t)
		r, err := ClassificationReport(labels, probs, classes)
		if err != nil {
			t.Fatal(err)
		}
		predicted, _ := ArgMax(probs, classes)
		seen, said := make([]int, classes), make([]int, classes)
		for i, l := range labels {
			seen[l]++
			said[predicted[i]]++
		}
		for c, row := range r.ConfusionMatrix {
			across, down := 0, 0
			for j := range row {
				across += row[j]
				down += r.ConfusionMatrix[j][c]
			}
			if across != seen[c] || down != said[c] || r.PerClass[c].Support != seen[c] {
				t.Fatalf("class %d: row sums to %d (labels %d), column to %d (predictions %d), support %d",
					c, across, seen[c], down, said[c], r.PerClass[c].Support)
			}
		}
		accuracy, err := Accuracy(labels, predicted)
		if err != nil || r.Accuracy != accuracy {
			t.Fatalf("accuracy of the matrix %v, of the predictions %v, %v", r.Accuracy, accuracy, err)
		}
		if r.Micro != (Scores{accuracy, accuracy, accuracy}) {
			t.Fatalf("micro %+v, accuracy %v", r.Micro, accuracy)
		}
		if math.Abs(r.Weighted.Recall-accuracy) > near0 {
			t.Fatalf("weighted recall %v, accuracy %v", r.Weighted.Recall, accuracy)
		}
		if top, err := TopKAccuracy(labels, probs, classes, 1); err != nil || top != accuracy {
			t.Fatalf("top-1 %v, %v; accuracy %v", top, err, accuracy)
		}

		shuffledLabels, shuffledProbs := make([]int, len(labels)), make([]float64, len(probs))
		for to, from := range permutation(t, len(labels)) {
			shuffledLabels[to] = labels[from]
			copy(shuffledProbs[to*classes:], probs[from*classes:(from+1)*classes])
		}
		s, err := ClassificationReport(shuffledLabels, shuffledProbs, classes)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range All() {
			a, errA := m.Of(r)
			b, errB := m.Of(s)
			if (errA == nil) != (errB == nil) || math.Abs(a-b) > near0 {
				t.Fatalf("%s = %v (%v), of permuted rows %v (%v)", m.Name, a, errA, b, errB)
			}
		}
	})
}

func TestRegressionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		value := rapid.Float64Range(-100, 100)
		y := rapid.SliceOfN(value, n, n).Draw(t, "targets")
		p := rapid.SliceOfN(value, n, n).Draw(t, "predictions")
		r, err := RegressionReport(y, p)
		if err != nil {
			t.Fatal(err)
		}
		if r.MAE > r.RMSE*(1+near0) || r.MAE < 0 || *r.R2 > 1 {
			t.Fatalf("%+v, r2 %v: want 0 ≤ mae ≤ rmse, r2 ≤ 1", *r.Regression, *r.R2)
		}
		shuffledY, shuffledP := make([]float64, n), make([]float64, n)
		for to, from := range permutation(t, n) {
			shuffledY[to], shuffledP[to] = y[from], p[from]
		}
		s, err := RegressionReport(shuffledY, shuffledP)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range All() {
			if m.Task != TaskRegression {
				continue
			}
			a, errA := m.Of(r)
			b, errB := m.Of(s)
			if errA != nil || errB != nil || math.Abs(a-b) > 1e-9*max(1, math.Abs(a)) {
				t.Fatalf("%s = %v (%v), of permuted rows %v (%v)", m.Name, a, errA, b, errB)
			}
		}
	})
}

package metrics

import (
	"math"

	"github.com/pkg/errors"
)

// Accuracy is the fraction of predicted classes that equal their labels.
func Accuracy(labels, predicted []int) (float64, error) {
	if len(labels) == 0 {
		return 0, errors.Wrap(ErrEmpty, "no labels")
	}
	if len(labels) != len(predicted) {
		return 0, errors.Wrapf(ErrLength, "%d predictions for %d labels", len(predicted), len(labels))
	}
	hits := 0
	for i, l := range labels {
		if predicted[i] == l {
			hits++
		}
	}
	return float64(hits) / float64(len(labels)), nil
}

// ArgMax returns the class with the largest score in each row of scores (rows × classes). Among equals the first wins.
func ArgMax[F Float](scores []F, classes int) ([]int, error) {
	if classes < 1 || len(scores)%classes != 0 {
		return nil, errors.Wrapf(ErrLength, "%d scores do not make rows of %d classes", len(scores), classes)
	}
	if err := checkFinite("score", scores, classes); err != nil {
		return nil, err
	}
	predicted := make([]int, len(scores)/classes)
	for i := range predicted {
		predicted[i] = best(scores[i*classes : (i+1)*classes])
	}
	return predicted, nil
}

// best is the place of the largest score, the first among equals.
func best[F Float](row []F) int {
	at := 0
	for c, v := range row {
		if v > row[at] {
			at = c
		}
	}
	return at
}

// rank is how many scores come before that of a label.
func rank[F Float](row []F, label int) int {
	n := 0
	for c, v := range row {
		if v > row[label] || v == row[label] && c < label {
			n++
		}
	}
	return n
}

// within is the share of ranks below k.
func within(ranks []int, k int) float64 {
	hits := 0
	for _, r := range ranks {
		if r < k {
			hits++
		}
	}
	return float64(hits) / float64(len(ranks))
}

// TopKAccuracy is the fraction of rows whose label is among the k classes with the largest scores. Among equal scores
// the lower class ranks first, as in [ArgMax] (scikit-learn ranks the higher first), so that k = 1 is [Accuracy].
// scores are rows × classes, probabilities or logits alike; k is at least 1.
func TopKAccuracy[F Float](labels []int, scores []F, classes, k int) (float64, error) {
	if err := checkRows(labels, scores, classes); err != nil {
		return 0, err
	}
	if k < 1 {
		return 0, errors.Errorf("top-%d accuracy: k must be at least 1", k)
	}
	ranks := make([]int, len(labels))
	for i, l := range labels {
		ranks[i] = rank(scores[i*classes:(i+1)*classes], l)
	}
	return within(ranks, k), nil
}

// rowSumTolerance is how far from 1 a row of probabilities may sum. It admits the rounding of half-precision outputs
// and refuses logits and independent sigmoids.
const rowSumTolerance = 1e-2

// LogLoss is the mean cross-entropy of the labels under the predicted probabilities (rows × classes), in nats:
//
//	-1/n · Σᵢ ln pᵢ[labelᵢ]
//
// As in scikit-learn 1.2 each probability is clipped to [ε, 1-ε] and the row then divided by its sum; ε is the machine
// epsilon of F (2⁻²³ for float32, 2⁻⁵² for float64), so that a confident mistake costs 16 or 36 nats and not infinity.
// Unlike there, a row that does not sum to 1 within 0.01, or a value outside 0…1 by more than that, is an
// ErrProbability: logits do not pass for probabilities.
func LogLoss[F Float](labels []int, probs []F, classes int) (float64, error) {
	if err := checkRows(labels, probs, classes); err != nil {
		return 0, err
	}
	if classes < 2 {
		return 0, errTwoClasses()
	}
	var loss sum
	for i, l := range labels {
		term, err := rowLoss(i, probs[i*classes:(i+1)*classes], l)
		if err != nil {
			return 0, err
		}
		loss.add(term)
	}
	return loss.value() / float64(len(labels)), nil
}

func errTwoClasses() error { return errors.Wrap(ErrUndefined, "log-loss needs at least 2 classes") }

// rowLoss is the loss of row number i.
func rowLoss[F Float](i int, row []F, label int) (float64, error) {
	eps := epsilon[F]()
	var raw, clipped sum
	for c, v := range row {
		p := float64(v)
		if p < -rowSumTolerance || p > 1+rowSumTolerance {
			return 0, errors.Wrapf(ErrProbability, "row %d, class %d: %v (logits? apply softmax first)", i, c, v)
		}
		raw.add(p)
		clipped.add(min(max(p, eps), 1-eps))
	}
	if s := raw.value(); math.Abs(s-1) > rowSumTolerance {
		return 0, errors.Wrapf(ErrProbability, "row %d sums to %.6g, want 1 (apply softmax first)", i, s)
	}
	return -math.Log(min(max(float64(row[label]), eps), 1-eps) / clipped.value()), nil
}

func epsilon[F Float]() float64 {
	var f F
	if _, ok := any(f).(float32); ok {
		return 0x1p-23
	}
	return 0x1p-52
}

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
		row := scores[i*classes : (i+1)*classes]
		for c, v := range row {
			if v > row[predicted[i]] {
				predicted[i] = c
			}
		}
	}
	return predicted, nil
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
	hits := 0
	for i, l := range labels {
		row := scores[i*classes : (i+1)*classes]
		rank := 0
		for c, v := range row {
			if v > row[l] || v == row[l] && c < l {
				rank++
			}
		}
		if rank < k {
			hits++
		}
	}
	return float64(hits) / float64(len(labels)), nil
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
		return 0, errors.Wrap(ErrUndefined, "log-loss needs at least 2 classes")
	}
	eps := epsilon[F]()
	var loss sum
	for i, l := range labels {
		var raw, clipped sum
		row := probs[i*classes : (i+1)*classes]
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
		loss.add(-math.Log(min(max(float64(row[l]), eps), 1-eps) / clipped.value()))
	}
	return loss.value() / float64(len(labels)), nil
}

func epsilon[F Float]() float64 {
	var f F
	if _, ok := any(f).(float32); ok {
		return 0x1p-23
	}
	return 0x1p-52
}

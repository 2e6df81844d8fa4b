package metrics

import (
	"cmp"
	"slices"

	"github.com/pkg/errors"
)

// ROCAUC is the area under the receiver operating characteristic of a binary classifier: the probability that a random
// row of class 1 scores above a random row of class 0, a tie counting half. With P and N rows of class 1 and 0, and
// ranks that start at 1 and are averaged among ties (Mann and Whitney 1947; Hanley and McNeil 1982),
//
//	AUC = (Σ ranks of class 1 - P·(P+1)/2) / (P·N)
//
// Ranks are counted in integers, so the result is exact up to its last division and does not depend on the order of the
// rows nor on the scale of the scores. labels are 0 or 1; scores, one a row, are the probability of class 1 or anything
// that grows with it. Where one of the classes is absent the error is ErrUndefined.
func ROCAUC[F Float](labels []int, scores []F) (float64, error) {
	if err := checkLabels("label", labels, 2); err != nil {
		return 0, err
	}
	if len(scores) != len(labels) {
		return 0, errors.Wrapf(ErrLength, "%d scores for %d labels", len(scores), len(labels))
	}
	if err := checkFinite("score", scores, 1); err != nil {
		return 0, err
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(scores[i], scores[j]) })

	var positives, twiceRanks int64
	for from := 0; from < len(order); {
		to, tied := from, int64(0) // tied counts the rows of class 1 in this run of equal scores
		for ; to < len(order) && scores[order[to]] == scores[order[from]]; to++ {
			tied += int64(labels[order[to]])
		}
		positives += tied
		twiceRanks += tied * int64(from+1+to) // the run has ranks from+1…to
		from = to
	}
	negatives := int64(len(labels)) - positives
	if positives == 0 || negatives == 0 {
		return 0, errors.Wrapf(ErrUndefined, "roc_auc of %d rows of class 0 and %d of class 1", negatives, positives)
	}
	return float64(twiceRanks-positives*(positives+1)) / (2 * float64(positives) * float64(negatives)), nil
}

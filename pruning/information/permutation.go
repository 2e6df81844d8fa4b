package information

import (
	"math"
	"slices"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/pkg/errors"
)

// Null is what an estimate comes to when the two variables are made independent by shuffling one.
type Null struct {
	Observed float64   // the estimate for the data as they are
	P        float64   // share of shuffles that reach it, (1 + reached)/(1 + rounds): small means dependent
	Mean     float64   // of the shuffles: the estimate's bias under independence
	StdDev   float64   // of the shuffles
	Shuffled []float64 // their estimates, ascending
}

// Quantile returns the smallest shuffled estimate that at least a share q of them do not exceed; q in [0, 1].
// Quantile(0.95) is the usual threshold of significance.
func (n Null) Quantile(q float64) (float64, error) {
	if !(q >= 0 && q <= 1) {
		return 0, errors.Wrapf(ErrOption, "quantile %v is outside [0, 1]", q)
	}
	if len(n.Shuffled) == 0 {
		return 0, errors.WithStack(ErrEmpty)
	}
	return n.Shuffled[max(0, int(math.Ceil(q*float64(len(n.Shuffled))))-1)], nil
}

// PermutationTest tells whether an estimate of dependence could be chance: it calls score with the target as it is,
// then rounds times with the target shuffled. score must not keep or change the slice it gets. It works for every
// estimator here, for labels (T = int) and continuous targets (T = float64):
//
//	null, err := information.PermutationTest(labels, 200, seed, func(y []int) (float64, error) {
//		return estimator.MutualInformation(codes, y, information.PlugIn)
//	})
//
// The shuffles come from seed alone. Errors: [ErrEmpty] for no samples, [ErrOption] for rounds < 1, and score's own.
// Source: Fisher 1935, "The design of experiments"; the +1 in P: Phipson and Smyth 2010.
func PermutationTest[T any](target []T, rounds int, seed uint64, score func([]T) (float64, error)) (Null, error) {
	if len(target) == 0 {
		return Null{}, errors.WithStack(ErrEmpty)
	}
	if rounds < 1 {
		return Null{}, errors.Wrapf(ErrOption, "%d rounds; at least 1 is needed", rounds)
	}
	observed, err := score(target)
	if err != nil {
		return Null{}, err
	}
	null := Null{Observed: observed, Shuffled: make([]float64, rounds)}
	shuffled := slices.Clone(target)
	r := random.New(seed, "permutation test")
	reached := 0
	for i := range null.Shuffled {
		r.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		s, err := score(shuffled)
		if err != nil {
			return Null{}, errors.Wrapf(err, "shuffle %d", i)
		}
		null.Shuffled[i] = s
		null.Mean += s / float64(rounds)
		// A shuffle that restores the table restores the estimate only to within rounding.
		if s >= observed-1e-12*max(1, math.Abs(observed)) {
			reached++
		}
	}
	for _, s := range null.Shuffled {
		null.StdDev += (s - null.Mean) * (s - null.Mean) / float64(rounds)
	}
	null.StdDev = math.Sqrt(null.StdDev)
	null.P = float64(1+reached) / float64(1+rounds)
	slices.Sort(null.Shuffled)
	return null, nil
}

package criteria

import (
	"github.com/gtrain/gtrain/pruning/information"
	"github.com/pkg/errors"
)

// mutualInformation keeps the units that share most information with the label or target. By default it measures
// distances to nearest neighbours and so needs no bins; with the binned estimators it equals information-gain. Rows of
// which the data has copies count once as neighbours, and as often as they occur in the shares of the classes.
var mutualInformation = Criterion{
	Name:       "mutual-information",
	Summary:    "mutual information of activation and label or target, in nats",
	Formula:    "I(X;Y) = H(X) − H(X|Y)",
	Source:     "Ross 2014 (labels), Kraskov et al. 2004 (targets); Battiti 1994 for its use in selection",
	Needs:      NeedsActivations | NeedsTarget,
	Estimators: []Estimator{KNN, MillerMadow, PlugIn},
	Binning:    information.EqualFrequency,
	Compute: func(s UnitStats, o Options) ([]float64, error) {
		if o.Estimator != KNN {
			return binnedMutualInformation(s, o)
		}
		kept, weights := s.distinct(o.Neighbors)
		if s.Labels != nil {
			labels := pick(s.Labels, kept)
			return neighbourInformation(s, kept, func(w *scratch, x []float64) (float64, error) {
				return w.RossWeighted(x, labels, weights, o.Neighbors)
			})
		}
		y, err := information.Jitter(nil, pick(widen(s.Targets), kept), s.seed("mutual information, targets", 0))
		if err != nil {
			return nil, errors.WithMessage(err, "targets")
		}
		return neighbourInformation(s, kept, func(w *scratch, x []float64) (float64, error) {
			return w.KSGAsIs(x, y, o.Neighbors)
		})
	},
}

func binnedMutualInformation(s UnitStats, o Options) ([]float64, error) {
	classes, err := s.classes(o)
	if err != nil {
		return nil, err
	}
	return eachUnit(s, func(w *scratch, _ int, x []float64) (float64, error) {
		if err := w.discretise(x, o); err != nil {
			return 0, err
		}
		return w.MutualInformation(w.codes, classes, information.Correction(o.Estimator))
	})
}

func neighbourInformation(s UnitStats, kept []int, estimate func(*scratch, []float64) (float64, error)) ([]float64, error) {
	return eachUnit(s, func(w *scratch, unit int, x []float64) (float64, error) {
		if kept != nil {
			for i, at := range kept { // ascending: at is never below i
				x[i] = x[at]
			}
			x = x[:len(kept)]
		}
		x, err := information.Jitter(x, x, s.seed("mutual information", unit))
		if err != nil {
			return 0, err
		}
		return estimate(w, x)
	})
}

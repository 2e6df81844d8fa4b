package criteria

import "github.com/gtrain/gtrain/pruning/information"

// entropyCriterion keeps the units whose outputs vary most evenly. A unit that is always off, or always the same, says
// nothing about its input. The score does not change when the unit is scaled or shifted.
var entropyCriterion = Criterion{
	Name:       "entropy",
	Summary:    "entropy of the unit's binned activation, in nats",
	Formula:    "H(X) = −Σ p(x) ln p(x)",
	Source:     "Luo and Wu 2017, An entropy-based pruning method for CNN compression",
	Needs:      NeedsActivations,
	Estimators: []Estimator{PlugIn, MillerMadow},
	Binning:    information.EqualWidth,
	Compute: func(s UnitStats, o Options) ([]float64, error) {
		return eachUnit(s, func(w *scratch, _ int, x []float64) (float64, error) {
			if err := w.discretise(x, o); err != nil {
				return 0, err
			}
			return w.Entropy(w.codes, information.Correction(o.Estimator))
		})
	},
}

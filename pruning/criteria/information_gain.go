package criteria

import "github.com/gtrain/gtrain/pruning/information"

// informationGain keeps the units that tell most about the label, as a decision tree would split on them.
var informationGain = Criterion{
	Name:       "information-gain",
	Summary:    "how much knowing the binned activation reduces the label's entropy, in nats",
	Formula:    "H(S) − Σ p(x)·H(S given x)",
	Source:     "Quinlan 1986, Induction of decision trees",
	Needs:      NeedsActivations | NeedsTarget,
	Estimators: []Estimator{MillerMadow, PlugIn},
	Binning:    information.EqualFrequency,
	Compute: func(s UnitStats, o Options) ([]float64, error) {
		classes, err := s.classes(o)
		if err != nil {
			return nil, err
		}
		return eachUnit(s, func(w *scratch, _ int, x []float64) (float64, error) {
			if err := w.discretise(x, o); err != nil {
				return 0, err
			}
			return w.InformationGain(classes, w.codes, information.Correction(o.Estimator))
		})
	},
}

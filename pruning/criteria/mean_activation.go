package criteria

import "math"

// meanActivation is the mean magnitude of a unit's output: its mean for ReLU; for units that go both ways, positive and
// negative outputs do not cancel.
var meanActivation = Criterion{
	Name:    "mean-activation",
	Summary: "mean magnitude of the unit's activation",
	Formula: "Σ|x| / N",
	Source:  "Polyak and Wolf 2015, Channel-level acceleration; Molchanov et al. 2017",
	Needs:   NeedsActivations,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		return eachUnit(s, func(_ *scratch, _ int, x []float64) (float64, error) {
			sum := 0.0
			for _, v := range x {
				sum += math.Abs(v)
			}
			return sum / float64(len(x)), nil
		})
	},
}

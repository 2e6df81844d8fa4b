package criteria

import "math"

// l1 is the sum of magnitudes of a unit's weights.
var l1 = Criterion{
	Name:    "l1",
	Summary: "L1 norm of the unit's weights",
	Formula: "Σ|w|",
	Source:  "Li et al. 2017, Pruning filters for efficient ConvNets",
	Needs:   NeedsWeights,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		return eachVector(s, func(w []float32) (sum float64) {
			for _, v := range w {
				sum += math.Abs(float64(v))
			}
			return sum
		})
	},
}

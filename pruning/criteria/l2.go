package criteria

import "math"

// l2 is the Euclidean length of a unit's weights.
var l2 = Criterion{
	Name:    "l2",
	Summary: "L2 norm of the unit's weights",
	Formula: "√Σw²",
	Source:  "Han et al. 2015, Learning both weights and connections; He et al. 2018, Soft filter pruning",
	Needs:   NeedsWeights,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		return eachVector(s, func(w []float32) float64 {
			sum := 0.0
			for _, v := range w {
				sum += float64(v) * float64(v) // a float32 squared cannot overflow a float64
			}
			return math.Sqrt(sum)
		})
	},
}

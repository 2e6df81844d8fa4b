package criteria

import (
	"math"

	"github.com/pkg/errors"
)

// fpgm removes the units nearest to the geometric median of the layer: those that the others can stand in for. It sees
// redundancy, which a norm does not: one of two equal filters scores low however large it is. O(units²·weights).
var fpgm = Criterion{
	Name:    "fpgm",
	Summary: "sum of distances from the unit's weights to the other units'",
	Formula: "Σ_j ‖w_i − w_j‖₂",
	Source:  "He et al. 2019, Filter pruning via geometric median",
	Needs:   NeedsWeights,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		scores := make([]float64, s.Units)
		for i, a := range s.Weights {
			if len(a) != len(s.Weights[0]) {
				return nil, errors.Wrapf(ErrEvidence, "unit %d has %d weights and unit 0 has %d; distances need one length",
					i, len(a), len(s.Weights[0]))
			}
			for j, b := range s.Weights[:i] {
				sum := 0.0
				for t := range a {
					d := float64(a[t]) - float64(b[t])
					sum += d * d
				}
				distance := math.Sqrt(sum)
				scores[i] += distance
				scores[j] += distance
			}
		}
		return scores, nil
	},
}

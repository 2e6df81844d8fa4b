package criteria

import "math"

// taylor estimates, to first order, how much the loss changes when the unit's weights become zero. Gradients are those
// of the mean loss; near a minimum they are small and noisy, so average them over many samples.
var taylor = Criterion{
	Name:    "taylor",
	Summary: "change of the loss, to first order, when the unit is removed",
	Formula: "|Σ g·w|",
	Source:  "Molchanov et al. 2019, Importance estimation for neural network pruning (there squared: the same order)",
	Needs:   NeedsWeights | NeedsGradients,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		scores := make([]float64, s.Units)
		for u, w := range s.Weights {
			for i, g := range s.Gradients[u] {
				scores[u] += float64(g) * float64(w[i])
			}
			scores[u] = math.Abs(scores[u])
		}
		return scores, nil
	},
}

package criteria

// taylor estimates by how much the loss grows when the unit's output becomes zero. At a minimum the derivative of the
// mean loss is noise about 0, but those of single samples are not: half the mean of their squares is the diagonal of the
// Fisher information for a factor on the unit, which stands for the second derivative of the loss.
var taylor = Criterion{
	Name:       "taylor",
	Summary:    "growth of the loss when the unit is removed, by the squared derivatives of single samples",
	Formula:    "½·mean over samples of (Σ a·∂L/∂a)²",
	Source:     "Theis et al. 2018, arXiv:1801.05787; Molchanov et al. 2019, Importance estimation for neural network pruning",
	Needs:      NeedsGateGradients,
	CommonUnit: true,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		scores := make([]float64, s.Units)
		for i, g := range s.GateGradients {
			scores[i%s.Units] += float64(g) * float64(g)
		}
		samples := float64(len(s.GateGradients) / s.Units)
		for u := range scores {
			scores[u] /= 2 * samples
		}
		return scores, nil
	},
}

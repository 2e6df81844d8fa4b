package criteria

// randomCriterion is the control that every comparison needs. A unit's score is uniform on [0, 1) and depends on the
// seed, the layer's name and the unit's number alone.
var randomCriterion = Criterion{
	Name:       "random",
	Summary:    "a seeded random number: the control",
	Formula:    "uniform on [0, 1)",
	Source:     "Mittal et al. 2018, Recovering from random pruning",
	CommonUnit: true,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		scores := make([]float64, s.Units)
		for u := range scores {
			scores[u] = float64(s.seed("random criterion", u)>>11) / (1 << 53)
		}
		return scores, nil
	},
}

package criteria

// apoz counts how often a unit fires at all: one minus the average percentage of zeros. It tells ReLU units apart; a
// unit that is never exactly zero scores 1.
var apoz = Criterion{
	Name:    "apoz",
	Summary: "share of samples for which the unit's activation is not zero",
	Formula: "1 − share of x = 0",
	Source:  "Hu et al. 2016, Network trimming",
	Needs:   NeedsActivations,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		return eachUnit(s, func(_ *scratch, _ int, x []float64) (float64, error) {
			fires := 0
			for _, v := range x {
				if v != 0 {
					fires++
				}
			}
			return float64(fires) / float64(len(x)), nil
		})
	},
}

package criteria

// variance is that of a unit's output over the samples. A unit without any is a constant, which the next layer's bias
// can take over without loss.
var variance = Criterion{
	Name:    "variance",
	Summary: "variance of the unit's activation",
	Formula: "Σ(x − mean)² / N",
	Source:  "Polyak and Wolf 2015, Channel-level acceleration of deep face representations",
	Needs:   NeedsActivations,
	Compute: func(s UnitStats, _ Options) ([]float64, error) {
		return eachUnit(s, func(_ *scratch, _ int, x []float64) (float64, error) {
			// From the first sample, so that a constant gives exactly 0.
			mean := 0.0
			for _, v := range x {
				mean += (v - x[0]) / float64(len(x))
			}
			sum := 0.0
			for _, v := range x {
				d := v - x[0] - mean
				sum += d * d
			}
			return sum / float64(len(x)), nil
		})
	},
}

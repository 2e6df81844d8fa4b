package criteria

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/pruning/information"
)

func TestEntropy(t *testing.T) {
	// Four units over four samples: dead; half off; four values; four values far apart, the last an outlier.
	s := UnitStats{Units: 4, Activations: []float32{
		7, 0, 1, 1,
		7, 0, 2, 2,
		7, 5, 3, 3,
		7, 5, 4, 1000,
	}}
	h := func(p ...float64) (sum float64) {
		for _, v := range p {
			sum -= v * math.Log(v)
		}
		return sum
	}
	got, err := entropyCriterion.Score(s, Options{Bins: 4})
	near(t, "equal width", got, err, []float64{0, h(0.5, 0.5), h(0.25, 0.25, 0.25, 0.25), h(0.75, 0.25)}, 1e-15)
	got, err = entropyCriterion.Score(s, Options{Bins: 4, Binning: information.EqualFrequency})
	near(t, "equal frequency", got, err, []float64{0, math.Ln2, math.Log(4), math.Log(4)}, 1e-15)
	got, err = entropyCriterion.Score(s, Options{Bins: 4, Estimator: MillerMadow})
	near(t, "corrected", got, err, []float64{0, math.Ln2 + 1.0/8, math.Log(4) + 3.0/8, h(0.75, 0.25) + 1.0/8}, 1e-15)
}

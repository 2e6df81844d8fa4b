package criteria

import "testing"

func TestVariance(t *testing.T) {
	s := UnitStats{Units: 3, Activations: []float32{
		0.1, 1, 1e7 + 1,
		0.1, 2, 1e7 + 2,
		0.1, 3, 1e7 + 3,
		0.1, 4, 1e7 + 4,
	}}
	got, err := variance.Score(s, Options{})
	near(t, "variance", got, err, []float64{0, 1.25, 1.25}, 0)
}

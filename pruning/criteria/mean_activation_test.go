package criteria

import "testing"

func TestMeanActivation(t *testing.T) {
	s := UnitStats{Units: 3, Activations: []float32{
		0, 1, -1,
		0, 3, 1,
	}}
	got, err := meanActivation.Score(s, Options{})
	near(t, "mean activation", got, err, []float64{0, 2, 1}, 0)
}

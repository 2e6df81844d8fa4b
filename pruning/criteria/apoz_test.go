package criteria

import "testing"

func TestAPoZ(t *testing.T) {
	s := UnitStats{Units: 3, Activations: []float32{
		0, 0, 1,
		0, 2, -1,
		0, 0, 1e-30,
		0, 5, 3,
	}}
	got, err := apoz.Score(s, Options{})
	near(t, "apoz", got, err, []float64{0, 0.5, 1}, 0)
}

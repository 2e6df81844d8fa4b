package criteria

import "testing"

func TestL1(t *testing.T) {
	s := UnitStats{Units: 3, Weights: [][]float32{{0, 0}, {1, -2}, {-0.5, 3, 0.25}}}
	got, err := l1.Score(s, Options{})
	near(t, "l1", got, err, []float64{0, 3, 3.75}, 0)
}

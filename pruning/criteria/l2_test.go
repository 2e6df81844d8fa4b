package criteria

import "testing"

func TestL2(t *testing.T) {
	s := UnitStats{Units: 4, Weights: [][]float32{{0, 0}, {3, -4}, {1, 2, 2}, {3e30, 4e30}}}
	got, err := l2.Score(s, Options{})
	near(t, "l2", got[:3], err, []float64{0, 5, 3}, 0)
	near(t, "no overflow of float32", got[3:], err, []float64{5e30}, 1e24)
}

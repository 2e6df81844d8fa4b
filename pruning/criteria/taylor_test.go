package criteria

import (
	"math"
	"testing"
)

// For a loss that is linear in the weights the estimate is exact: L = a·w for the first unit, b·v for the second.
func TestTaylor(t *testing.T) {
	loss := func(w, v []float32) float64 { return float64(2*w[0] - 3*w[1] + 0.5*v[0] + 4*v[1]) }
	w, v, zero := []float32{1, 2}, []float32{-2, 0.25}, []float32{0, 0}
	s := UnitStats{Units: 2, Weights: [][]float32{w, v}, Gradients: [][]float32{{2, -3}, {0.5, 4}}}
	got, err := taylor.Score(s, Options{})
	near(t, "linear loss", got, err,
		[]float64{math.Abs(loss(w, v) - loss(zero, v)), math.Abs(loss(w, v) - loss(w, zero))}, 0)
	if got[1] != 0 || got[0] == 0 {
		t.Errorf("scores %v: removing the second unit changes nothing, large weights or not", got)
	}
}

package criteria

import (
	"math"
	"testing"
)

func TestFPGM(t *testing.T) {
	// A square and its centre: the centre is the geometric median.
	s := UnitStats{Units: 5, Weights: [][]float32{{0, 0}, {2, 0}, {0, 2}, {2, 2}, {1, 1}}}
	corner := 2 + 2 + math.Sqrt(8) + math.Sqrt2
	got, err := fpgm.Score(s, Options{})
	near(t, "square", got, err, []float64{corner, corner, corner, corner, 4 * math.Sqrt2}, 1e-14)

	// It does not care for size: the same after a shift. Norms would say the opposite.
	for _, w := range s.Weights {
		w[0] += 100
		w[1] -= 7
	}
	got, err = fpgm.Score(s, Options{})
	near(t, "shifted", got, err, []float64{corner, corner, corner, corner, 4 * math.Sqrt2}, 1e-14)
}

package criteria

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

// By hand: half the mean of the squares, whatever the signs are.
func TestTaylor(t *testing.T) {
	for name, c := range map[string]struct {
		gates []float32 // samples × 2
		want  []float64
	}{
		"one sample":                     {[]float32{3, -1}, []float64{4.5, 0.5}},
		"signs cancel in the mean alone": {[]float32{1, 2, -1, 2}, []float64{0.5, 2}},
		"a dead unit":                    {[]float32{0, 1, 0, 0, 0, 1}, []float64{0, 1. / 3}},
		"one sample decides":             {[]float32{0, 1, 4, 1, 0, 1, 0, 1}, []float64{2, 0.5}},
		"small ones do not vanish":       {[]float32{1e-20, 1e-25}, []float64{5e-41, 5e-51}},
		"large ones do not overflow":     {[]float32{1e30, 1}, []float64{5e59, 0.5}},
	} {
		got, err := taylor.Score(UnitStats{Units: 2, GateGradients: c.gates}, Options{})
		for u := range c.want {
			if err != nil || math.Abs(got[u]-c.want[u]) > 1e-6*c.want[u] {
				t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
				break
			}
		}
	}
}

// For a model y ~ N(z·a, 1) whose gate z goes from 1 to 0 the expected log-likelihood falls by ½a²; a sample's derivative
// at z = 1 is −a·(y − a), and the score is that fall.
func TestTaylorIsTheFallOfTheLikelihood(t *testing.T) {
	rng := random.New(1, "normal model")
	for _, a := range []float64{0.1, 0.5, 1, 3, 10} {
		s := UnitStats{Units: 1}
		for range 20000 {
			s.GateGradients = append(s.GateGradients, float32(-a*rng.NormFloat64()))
		}
		got, err := taylor.Score(s, Options{})
		near(t, "normal model", got, err, []float64{a * a / 2}, 0.03*a*a/2) // 3 standard deviations
	}
}

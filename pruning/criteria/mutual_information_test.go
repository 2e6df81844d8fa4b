package criteria

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/pruning/information"
)

func TestMutualInformation(t *testing.T) {
	// Unit 0 is noise; unit 1 is uniform on (−1,1) or (0,2) by class, which tells ½ ln 2; unit 2 is the class.
	r := random.New(1, "mutual information test")
	const n = 10000
	s := UnitStats{Layer: "fc1", Units: 3, Classes: 2, Labels: make([]int, n)}
	for i := range s.Labels {
		l := r.IntN(2)
		s.Labels[i] = l
		s.Activations = append(s.Activations, float32(r.NormFloat64()), float32(2*r.Float64()-1+float64(l)), float32(l))
	}
	want := []float64{0, math.Ln2 / 2, math.Ln2}
	got, err := mutualInformation.Score(s, Options{})
	near(t, "nearest neighbours", got, err, want, 0.015)
	got, err = mutualInformation.Score(s, Options{Estimator: MillerMadow, Bins: 32})
	near(t, "binned", got, err, want, 0.015)
	// Unit 2 has ties, so that its last digits come from the jitter.
	other := s
	other.Seed = 10
	if slices.Equal(score(t, mutualInformation, s, Options{}), score(t, mutualInformation, other, Options{})) {
		t.Error("the jitter does not depend on the seed")
	}
}

// With targets: correlation ρ tells −½ ln(1−ρ²), whatever the units of measurement.
func TestMutualInformationWithTargets(t *testing.T) {
	r := random.New(2, "mutual information test")
	const n = 4000
	rho := []float64{0, 0.5, 0.9}
	s := UnitStats{Layer: "fc1", Units: 3, Targets: make([]float32, n)}
	for i := range s.Targets {
		y := r.NormFloat64()
		s.Targets[i] = float32(1000 * y)
		for u, c := range rho {
			x := c*y + math.Sqrt(1-c*c)*r.NormFloat64()
			s.Activations = append(s.Activations, float32(x*math.Pow(10, float64(u))))
		}
	}
	// The truth for the correlation that was drawn, which is near rho: this leaves out most of the draw's own
	// variation.
	var want []float64
	for u, c := range rho {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(s.Activations[i*s.Units+u])
		}
		drawn, err := information.Correlation(x, widen(s.Targets))
		near(t, "correlation", []float64{drawn}, err, []float64{c}, 0.03)
		truth, err := information.Gaussian(drawn)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, truth)
	}
	got, err := mutualInformation.Score(s, Options{})
	near(t, "nearest neighbours", got, err, want, 0.03)
	got, err = informationGain.Score(s, Options{})
	near(t, "binned", got, err, want, 0.08) // bins lose a little
}

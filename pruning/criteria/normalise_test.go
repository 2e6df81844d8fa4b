package criteria

import (
	"errors"
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/suggest"
	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	s := []float64{0, 3, 4, 1}
	for how, want := range map[Normalisation][]float64{
		"": s, NormaliseNone: s,
		NormaliseMean: {0, 1.5, 2, 0.5},
		NormaliseMax:  {0, 0.75, 1, 0.25},
		NormaliseL2:   {0, 3 / math.Sqrt(26), 4 / math.Sqrt(26), 1 / math.Sqrt(26)},
	} {
		got, err := Normalise(s, how)
		near(t, string(how), got, err, want, 1e-15)
		got, err = Normalise([]float64{0, 0}, how)
		near(t, "dead layer, "+string(how), got, err, []float64{0, 0}, 0)
	}
	if _, err := Normalise(s, "maximum"); !errors.Is(err, suggest.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

func TestNormaliseKeepsOrderAndForgetsScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float64Range(0, 10), 1, 20).Draw(t, "scores")
		how := rapid.SampledFrom([]Normalisation{NormaliseMean, NormaliseMax, NormaliseL2}).Draw(t, "how")
		scale := rapid.SampledFrom([]float64{1e-300, 1e-3, 7, 1e300}).Draw(t, "scale")
		for _, v := range s {
			if v != 0 && v < 1e-6 {
				return // would be subnormal after scaling
			}
		}
		scaled := make([]float64, len(s))
		for i, v := range s {
			scaled[i] = v * scale
		}
		a, err := Normalise(s, how)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Normalise(scaled, how)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s {
			if math.Abs(a[i]-b[i]) > 1e-12*a[i] {
				t.Fatalf("unit %d: %v, scaled %v", i, a[i], b[i])
			}
			for j := range s {
				if s[i] < s[j] && a[i] > a[j] {
					t.Fatalf("units %d and %d changed places", i, j)
				}
			}
		}
	})
}

package criteria

import (
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

// A layer of 1000 ReLU units over 10,000 samples of ten classes.
func BenchmarkLayer(b *testing.B) {
	const samples, units = 10000, 1000
	r := random.New(1, "benchmark")
	s := UnitStats{Layer: "fc1", Units: units, Classes: 10, Activations: make([]float32, samples*units)}
	for i := range samples {
		s.Labels = append(s.Labels, r.IntN(10))
		for u := range units {
			s.Activations[i*units+u] = float32(max(0, r.NormFloat64()+float64(s.Labels[i]%3)-1))
		}
	}
	targets := s
	targets.Labels, targets.Classes = nil, 0
	for _, l := range s.Labels {
		targets.Targets = append(targets.Targets, float32(float64(l)+r.NormFloat64()))
	}
	for _, c := range []struct {
		name      string
		criterion Criterion
		s         UnitStats
	}{
		{"entropy", entropyCriterion, s},
		{"information-gain", informationGain, s},
		{"mutual-information/labels", mutualInformation, s},
		{"mutual-information/targets", mutualInformation, targets},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.criterion.Score(c.s, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

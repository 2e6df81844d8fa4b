package information

import (
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

// One unit over 10,000 samples; a layer of 1000 units takes a thousand times as long on one core.
const benchSamples = 10000

func benchData(seed uint64) (x, y []float64, labels []int) {
	r := random.New(seed, "benchmark")
	x, y, labels = make([]float64, benchSamples), make([]float64, benchSamples), make([]int, benchSamples)
	for i := range x {
		labels[i] = r.IntN(10)
		x[i] = max(0, r.NormFloat64()+float64(labels[i]%3)-1)
		y[i] = r.NormFloat64() + x[i]
	}
	return x, y, labels
}

func BenchmarkBinnedMutualInformation(b *testing.B) {
	x, _, labels := benchData(1)
	var e Scratch
	var codes []int
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if codes, _, err = e.Discretize(codes, x, 16, EqualFrequency); err != nil {
			b.Fatal(err)
		}
		if _, err = e.MutualInformation(codes, labels, MillerMadow); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRoss(b *testing.B) {
	x, _, labels := benchData(1)
	var e Scratch
	var jittered []float64
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if jittered, err = Jitter(jittered, x, 1); err != nil {
			b.Fatal(err)
		}
		if _, err = e.Ross(jittered, labels, 3); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKSG(b *testing.B) {
	x, y, _ := benchData(1)
	_, apart, _ := benchData(2)
	for _, c := range []struct {
		name string
		y    []float64
	}{{"dependent", y}, {"independent", apart}} {
		b.Run(c.name, func(b *testing.B) {
			jx, err := Jitter(nil, x, 1)
			if err != nil {
				b.Fatal(err)
			}
			jy, err := Jitter(nil, c.y, 2)
			if err != nil {
				b.Fatal(err)
			}
			var e Scratch
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.KSG(jx, jy, 3); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

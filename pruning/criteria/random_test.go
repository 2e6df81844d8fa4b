package criteria

import (
	"math"
	"slices"
	"testing"
)

func TestRandom(t *testing.T) {
	draw := func(units int, layer string, seed uint64) []float64 {
		return score(t, randomCriterion, UnitStats{Units: units, Layer: layer, Seed: seed}, Options{})
	}
	a := draw(10000, "fc1", 1)
	if !slices.Equal(a[:50], draw(50, "fc1", 1)) {
		t.Error("a unit's score depends on how many units there are")
	}
	if slices.Equal(a, draw(10000, "fc2", 1)) || slices.Equal(a, draw(10000, "fc1", 2)) {
		t.Error("another layer or seed gave the same scores")
	}
	// Uniform: each of ten intervals holds 1000 ± 4 standard deviations (√900 = 30).
	var count [10]int
	for _, v := range a {
		count[int(v*10)]++
	}
	for i, n := range count {
		if math.Abs(float64(n-1000)) > 120 {
			t.Errorf("%d scores in [%v, %v)", n, float64(i)/10, float64(i+1)/10)
		}
	}
}

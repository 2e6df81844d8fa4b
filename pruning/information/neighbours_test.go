package information

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// slowRoss and slowKSG are the definitions, word by word.
func slowRoss(x []float64, labels []int, k int) float64 {
	var e Scratch
	e.extendPsi(len(x))
	size := make(map[int]int)
	for _, l := range labels {
		size[l]++
	}
	n, sum := 0, 0.0
	for i, l := range labels {
		if size[l] < 2 {
			continue
		}
		n++
		kc := min(k, size[l]-1)
		var own []float64
		for j := range x {
			if j != i && labels[j] == l {
				own = append(own, math.Abs(x[j]-x[i]))
			}
		}
		slices.Sort(own)
		m := 0
		for j := range x {
			if size[labels[j]] > 1 && math.Abs(x[j]-x[i]) <= nearer(own[kc-1]) {
				m++
			}
		}
		sum += e.psi[kc] - e.psi[size[l]] - e.psi[m]
	}
	return max(0, e.psi[n]+sum/float64(n))
}

func slowKSG(x, y []float64, k int) float64 {
	var e Scratch
	e.extendPsi(len(x))
	sum := 0.0
	for i := range x {
		var all []float64
		for j := range x {
			if j != i {
				all = append(all, max(math.Abs(x[j]-x[i]), math.Abs(y[j]-y[i])))
			}
		}
		slices.Sort(all)
		nx, ny := 0, 0
		for j := range x {
			if math.Abs(x[j]-x[i]) <= nearer(all[k-1]) {
				nx++
			}
			if math.Abs(y[j]-y[i]) <= nearer(all[k-1]) {
				ny++
			}
		}
		sum += e.psi[nx] + e.psi[ny]
	}
	return max(0, e.psi[len(x)]+e.psi[k]-sum/float64(len(x)))
}

func small(t *rapid.T, n int, name string) []float64 {
	value := rapid.OneOf(rapid.Float64Range(-3, 3), rapid.Just(0.0), rapid.SampledFrom([]float64{-1, 1, 2, 2.5}))
	return rapid.SliceOfN(value, n, n).Draw(t, name)
}

func TestNeighboursAgainstDefinition(t *testing.T) {
	var e Scratch
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 50).Draw(t, "n")
		k := rapid.IntRange(1, n-1).Draw(t, "k")
		x, y := small(t, n, "x"), small(t, n, "y")
		labels := rapid.SliceOfN(rapid.IntRange(0, rapid.IntRange(0, 6).Draw(t, "classes")), n, n).Draw(t, "labels")
		labels[0] = labels[1] // at least one class of two
		v := must(t)
		i := v(e.KSG(x, y, k))
		switch {
		case constant(x) || constant(y):
			same(t, "KSG of a constant", i, 0)
		default:
			same(t, "KSG", i, slowKSG(x, y, k))
		}
		same(t, "KSG, swapped", v(e.KSG(y, x, k)), i)
		size, classes := make(map[int]int), 0
		for _, l := range labels {
			if size[l]++; size[l] == 2 {
				classes++
			}
		}
		if got := v(e.Ross(x, labels, k)); constant(x) || classes == 1 {
			same(t, "Ross of a constant", got, 0)
		} else {
			same(t, "Ross", got, slowRoss(x, labels, k))
		}
	})
}

// Whatever the size of the strips, ties and all.
func TestKthNeighbourInStrips(t *testing.T) {
	var p plane
	var scratch []pair
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		k := rapid.IntRange(1, min(n-1, 5)).Draw(t, "k")
		x, y := small(t, n, "x"), small(t, n, "y")
		scratch = p.arrange(scratch, x, y, rapid.IntRange(1, n+1).Draw(t, "size"))
		best := neighbours{distance: make([]float64, k)}
		for i := range x {
			var all []float64
			for j := range x {
				if j != i {
					all = append(all, max(math.Abs(x[j]-x[i]), math.Abs(y[j]-y[i])))
				}
			}
			slices.Sort(all)
			if got := p.kth(&best, int(p.atX[i])); got != all[k-1] {
				t.Fatalf("neighbour %d of sample %d is %v away, found %v", k, i, all[k-1], got)
			}
		}
	})
}

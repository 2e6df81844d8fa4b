package information

import (
	"math"
	"slices"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/workers"
)

const (
	// alike is how far two rows may lie apart in a column and be copies of each other, in units of the column's spread:
	// less than any measurement resolves, and more than float32 and small augmentations change.
	alike = 1e-6
	// sampled is how many values a column's spread is taken from.
	sampled = 257
)

// SameRows finds rows that are copies of each other: that differ in no column by more than 1e-6 of the column's spread.
// row returns the i-th of n rows, all of one width. The result has for each row the first row that it is a copy of, which
// is the row itself where it is none.
//
// Spread is the distance between the 10% and 90% quantiles over 2.56, the deviation of a normal variable; a column without
// spread must agree exactly. A row with a NaN is no copy. row is called from several goroutines. Time is
// O(n·width + n log n).
func SameRows(n int, row func(i int) []float32) []int32 {
	first := make([]int32, n)
	for i := range first {
		first[i] = int32(i)
	}
	if n < 2 {
		return first
	}
	center, spread := columns(n, row)
	// Copies lie next to each other along any direction: rows are sorted along one drawn at random.
	r := random.New(1, "direction of rows")
	direction, window := make([]float64, len(center)), 0.0
	for j, s := range spread {
		direction[j] = 1 + r.Float64()
		if s > 0 {
			window += direction[j] * alike
			direction[j] /= s
		}
		if r.IntN(2) == 0 {
			direction[j] = -direction[j]
		}
	}
	along := make([]pair, n)
	workers.Parallel(n, max(1, 1<<16/max(1, len(center))), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			v := 0.0
			for j, f := range row(i) {
				v += (float64(f) - center[j]) * direction[j]
			}
			if v-v != 0 {
				v = math.Inf(1) // values beyond float64's range, or NaN: these are compared with each other
			}
			along[i] = pair{v, int32(i)}
		}
	})
	slices.SortFunc(along, comparePairs)

	// Every row is compared with the originals that are near enough, of which there are hardly ever more than one.
	var originals []pair
	start := 0
	for _, p := range along {
		for start < len(originals) && p.v-originals[start].v > window*(1+1e-9)+1e-12*math.Abs(p.v) {
			start++
		}
		found := false
		for k := len(originals) - 1; k >= start && !found; k-- {
			if o := originals[k].id; sameRow(row(int(p.id)), row(int(o)), spread) {
				first[p.id], found = o, true
			}
		}
		if !found {
			originals = append(originals, p)
		}
	}
	// The original of a group is the one that the order along the direction had first; name groups by their first row.
	least := make([]int32, n)
	for i := range least {
		least[i] = -1
	}
	for i, o := range first {
		if least[o] < 0 {
			least[o] = int32(i)
		}
		first[i] = least[o]
	}
	return first
}

func sameRow(a, b []float32, spread []float64) bool {
	for j, v := range a {
		if v != b[j] && !(math.Abs(float64(v)-float64(b[j])) <= alike*spread[j]) {
			return false
		}
	}
	return true
}

// columns returns the median and the spread of each column, of values taken evenly from the rows.
func columns(n int, row func(i int) []float32) (center, spread []float64) {
	some := min(n, sampled)
	values := make([][]float32, some)
	for i := range values {
		values[i] = row(i * n / some)
	}
	width := len(values[0])
	center, spread = make([]float64, width), make([]float64, width)
	column := make([]float32, some)
	for j := range width {
		for i := range column {
			column[i] = values[i][j]
		}
		slices.Sort(column)
		at := func(q float64) float64 { return float64(column[int(q*float64(some-1))]) }
		center[j], spread[j] = at(0.5), (at(0.9)-at(0.1))/2.56
		if s := spread[j]; !(s > 0) || math.IsInf(s, 0) {
			spread[j] = 0
		}
	}
	return center, spread
}

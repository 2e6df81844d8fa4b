package information

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// What can be wrong with the input. Errors returned by this package wrap one of these.
var (
	// ErrEmpty: there are no samples.
	ErrEmpty = errors.New("at least one sample is needed")
	// ErrLength: two variables do not have the same number of samples.
	ErrLength = errors.New("variables must have the same number of samples")
	// ErrNonFinite: a value is NaN or infinite.
	ErrNonFinite = errors.New("values must be finite")
	// ErrBins: fewer than two bins, or more than 2³¹−1.
	ErrBins = errors.New("between 2 and 2147483647 bins are needed")
	// ErrNeighbors: k is not in 1 … n−1, or no class has two samples.
	ErrNeighbors = errors.New("the number of neighbours must be at least 1 and less than the number of samples")
	// ErrOption: an unknown binning or correction, or another argument outside its domain.
	ErrOption = errors.New("argument outside its domain")
)

// Scratch holds the scratch memory of the estimators, so that scoring many variables does not allocate anew for each.
// The zero value is ready to use. It carries no settings and no state that a result depends on. It is not safe for
// concurrent use: give every goroutine its own.
type Scratch struct {
	xCodes, yCodes   []int32 // codes without gaps, 0 … m−1
	xCounts, yCounts []int   // samples under each code
	table            []int32
	cells            []cell
	keys             []uint64
	unique           []int
	pairs            []pair
	order            []int32
	values           []float64
	psi              []float64 // psi[i] = ψ(i), for i ≥ 1
	mass             []float64 // of each class
	before           []weighed // of all samples below a place
	row, target      []int32   // what may be copies, see distinct
	near             neighbours
	plane            plane
}

// pair is a value together with where it comes from: an index or a label.
type pair struct {
	v  float64
	id int32
}

func comparePairs(a, b pair) int {
	switch {
	case a.v < b.v:
		return -1
	case a.v > b.v:
		return 1
	}
	return int(a.id) - int(b.id)
}

// compact renumbers x to 0 … m−1 in ascending order of value and counts each code. dst and counts are reused.
func (e *Scratch) compact(dst []int32, counts []int, x []int) (codes []int32, count []int) {
	dst = resize(dst, len(x))
	low, high := slices.Min(x), slices.Max(x)
	// The difference of two ints fits in uint64 even where it overflows int.
	if span := uint64(high) - uint64(low); span < uint64(4*len(x)+1024) {
		e.table = resize(e.table, int(span)+1)
		clear(e.table)
		for _, v := range x {
			e.table[v-low]++
		}
		counts = counts[:0]
		for i, n := range e.table {
			if n > 0 {
				e.table[i] = int32(len(counts))
				counts = append(counts, int(n))
			}
		}
		for i, v := range x {
			dst[i] = e.table[v-low]
		}
		return dst, counts
	}
	e.unique = append(e.unique[:0], x...)
	slices.Sort(e.unique)
	e.unique = slices.Compact(e.unique)
	counts = resize(counts, len(e.unique))
	clear(counts)
	for i, v := range x {
		c, _ := slices.BinarySearch(e.unique, v)
		dst[i] = int32(c)
		counts[c]++
	}
	return dst, counts
}

// resize returns s with n elements, reallocating only to grow. The contents are unspecified.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func checkPaired(n, m int) error {
	if n != m {
		return errors.Wrapf(ErrLength, "one has %d and the other %d", n, m)
	}
	if n == 0 {
		return errors.WithStack(ErrEmpty)
	}
	return nil
}

func checkFinite(x []float64) error {
	if len(x) == 0 {
		return errors.WithStack(ErrEmpty)
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Wrapf(ErrNonFinite, "sample %d is %v", i, v)
		}
	}
	return nil
}

func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

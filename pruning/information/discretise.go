package information

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Binning says how a continuous variable is cut into bins.
type Binning string

const (
	// EqualWidth cuts the range of the values into intervals of one length. The entropy of such codes tells how evenly
	// the values spread over their range; it does not change when the variable is scaled or shifted. The range leaves out
	// the 0.1% of the values that are smallest, one at least, and as many of the largest: these are in the first and the
	// last bin, so that an outlier does not leave all others in one. Of fewer than 20 values none is left out.
	EqualWidth Binning = "equal-width"
	// EqualFrequency cuts so that bins hold numbers of samples as equal as ties allow. It is robust to outliers and
	// right for mutual information; the entropy of such codes is close to ln(bins) for any variable without ties.
	EqualFrequency Binning = "equal-frequency"
)

// Discretize gives each of x's samples the code of its bin, 0 … m−1, and returns the codes and m, the number of bins
// that hold at least one sample: m ≤ bins, and every code below m occurs.
//
// Where exactly 0 occurs twice or more the variable has a point mass there, as ReLU outputs do: zeros get a bin of
// their own, code 0, and the others share the remaining bins−1. A constant variable has one bin. Equal samples always
// share a bin: under [EqualFrequency] a group of ties goes where its middle rank falls.
//
// dst is used for the codes where it is large enough; it may be nil.
func Discretize(dst []int, x []float64, bins int, how Binning) (codes []int, m int, err error) {
	return new(Scratch).Discretize(dst, x, bins, how)
}

// Discretize is the function of that name, with e's scratch.
func (e *Scratch) Discretize(dst []int, x []float64, bins int, how Binning) (codes []int, m int, err error) {
	if err := checkFinite(x); err != nil {
		return nil, 0, err
	}
	if bins < 2 || bins > math.MaxInt32 {
		return nil, 0, errors.Wrapf(ErrBins, "%d given", bins)
	}
	if how != EqualWidth && how != EqualFrequency {
		return nil, 0, errors.Wrapf(ErrOption, "binning %q is neither %s nor %s", how, EqualWidth, EqualFrequency)
	}
	codes = resize(dst, len(x))
	if constant(x) {
		clear(codes)
		return codes, 1, nil
	}

	// The zeros take code 0 and a bin; everything else is cut below.
	zeros := 0
	for _, v := range x {
		if v == 0 {
			zeros++
		}
	}
	split := zeros > 1
	first := 0
	if split {
		first = 1
	}
	e.pairs = e.pairs[:0]
	for i, v := range x {
		if split && v == 0 {
			codes[i] = 0
		} else {
			e.pairs = append(e.pairs, pair{v, int32(i)})
		}
	}
	if how == EqualWidth {
		e.equalWidth(codes, e.pairs, first, bins-first)
	} else {
		slices.SortFunc(e.pairs, comparePairs)
		equalFrequency(codes, e.pairs, first, bins-first)
	}

	// Close the gaps that empty bins left. There may be far more bins than samples, so the codes are compacted like
	// any labels.
	e.xCodes, e.xCounts = e.compact(e.xCodes, e.xCounts, codes)
	for i, c := range e.xCodes {
		codes[i] = int(c)
	}
	return codes, len(e.xCounts), nil
}

// fewToTrim is how many values are too few for one of them to be called an outlier.
const fewToTrim = 20

// equalWidth gives the samples in p codes first … first+bins−1 by position between the smallest and the largest, outliers
// aside.
func (e *Scratch) equalWidth(codes []int, p []pair, first, bins int) {
	low, high := e.extremes(p, trimmed(len(p)))
	if low == high { // all but outliers are one value
		low, high = e.extremes(p, 0)
	}
	// Halves, where the range itself overflows.
	scale := 1.0
	if math.IsInf(high-low, 0) {
		scale = 0.5
	}
	width := high*scale - low*scale
	for _, q := range p {
		b := 0
		if width > 0 {
			b = min(int((min(max(q.v, low), high)*scale-low*scale)/width*float64(bins)), bins-1)
		}
		codes[q.id] = first + b
	}
}

// trimmed is how many of n values lie outside of the range on each side.
func trimmed(n int) int {
	if n < fewToTrim {
		return 0
	}
	return (n + 999) / 1000
}

// extremes returns the values that have k others below, and k above them.
func (e *Scratch) extremes(p []pair, k int) (low, high float64) {
	if k == 0 {
		low, high = p[0].v, p[0].v
		for _, q := range p {
			low, high = min(low, q.v), max(high, q.v)
		}
		return low, high
	}
	return -e.exceeded(p, k, -1), e.exceeded(p, k, 1)
}

// exceeded returns the value of sign·p that k others exceed: the root of a heap of the k+1 largest.
func (e *Scratch) exceeded(p []pair, k int, sign float64) float64 {
	heap := resize(e.values, k+1)
	e.values = heap
	for i := range heap {
		heap[i] = sign * p[i].v
	}
	slices.Sort(heap) // ascending: a heap
	for _, q := range p[k+1:] {
		v := sign * q.v
		if v <= heap[0] {
			continue
		}
		at := 0
		for child := 1; child < len(heap); child = 2*at + 1 {
			if child+1 < len(heap) && heap[child+1] < heap[child] {
				child++
			}
			if v <= heap[child] {
				break
			}
			heap[at] = heap[child]
			at = child
		}
		heap[at] = v
	}
	return heap[0]
}

// equalFrequency does so by rank; p is sorted.
func equalFrequency(codes []int, p []pair, first, bins int) {
	for a := 0; a < len(p); {
		b := a + 1
		for b < len(p) && p[b].v == p[a].v {
			b++
		}
		// Twice the middle rank, (a + b−1)/2, keeps the arithmetic whole.
		code := first + int(uint64(a+b-1)*uint64(bins)/uint64(2*len(p)))
		for _, q := range p[a:b] {
			codes[q.id] = code
		}
		a = b
	}
}

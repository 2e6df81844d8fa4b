package information

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Ross estimates the mutual information of a continuous variable x and class labels, in nats, from distances to nearest
// neighbours:
//
//	I = ψ(N) + ⟨ψ(k)⟩ − ⟨ψ(N_y)⟩ − ⟨ψ(m)⟩, not below 0
//
// N_y is the size of a sample's class; m counts the samples of any class, itself included, that are nearer than its
// k-th neighbour of its own class. k shrinks to N_y−1 in small classes; classes of one sample are left out, of N too.
// The value is that of scikit-learn's _compute_mi_cd, which applied to data through [Jitter] is mutual_info_classif.
//
// Errors: [ErrNeighbours] for k outside 1 … n−1 and where no class has two samples. A constant x, or a single class
// that is not left out, scores exactly 0. Time is O(n log n).
//
// Source: Ross 2014, "Mutual information between discrete and continuous data sets".
func Ross(x []float64, labels []int, k int) (float64, error) {
	return new(Estimator).Ross(x, labels, k)
}

// Ross is the function of that name, with e's scratch.
func (e *Estimator) Ross(x []float64, labels []int, k int) (float64, error) {
	if err := firstError(checkPaired(len(x), len(labels)), checkFinite(x), checkNeighbours(k, len(x))); err != nil {
		return 0, err
	}
	e.yCodes, e.yCounts = e.compact(e.yCodes, e.yCounts, labels)

	e.pairs = e.pairs[:0]
	for i, v := range x {
		if e.yCounts[e.yCodes[i]] > 1 {
			e.pairs = append(e.pairs, pair{v, e.yCodes[i]})
		}
	}
	classes := 0
	for _, count := range e.yCounts {
		if count > 1 {
			classes++
		}
	}
	n := len(e.pairs)
	if n == 0 {
		return 0, errors.Wrapf(ErrNeighbours, "none of %d classes has 2 samples", len(e.yCounts))
	}
	if classes == 1 || constant(x) {
		return 0, nil
	}
	slices.SortFunc(e.pairs, comparePairs)
	e.values = resize(e.values, n)
	for i, p := range e.pairs {
		e.values[i] = p.v
	}

	// Positions in the sorted order, class by class: each class is then sorted as well.
	e.order = resize(e.order, n)
	starts := resize(e.table, len(e.yCounts)+1)
	e.table = starts
	starts[0] = 0
	for c, count := range e.yCounts {
		if count == 1 {
			count = 0
		}
		starts[c+1] = starts[c] + int32(count)
	}
	e.xCounts = resize(e.xCounts, len(e.yCounts))
	filled := e.xCounts
	clear(filled)
	for i, p := range e.pairs {
		e.order[int(starts[p.id])+filled[p.id]] = int32(i)
		filled[p.id]++
	}

	e.extendPsi(n)
	var sumK, sumClass, sumNear float64
	for c := range e.yCounts {
		class := e.order[starts[c]:starts[c+1]]
		if len(class) == 0 {
			continue
		}
		kc := min(k, len(class)-1)
		sumK += float64(len(class)) * e.psi[kc]
		sumClass += float64(len(class)) * e.psi[len(class)]
		// The k+1 values of the class nearest to the i-th, itself among them, are a run that moves to the right with i.
		left := 0
		for i, at := range class {
			v := e.values[at]
			left = max(left, i-kc)
			for left+kc+1 < len(class) && e.values[class[left+kc+1]]-v < v-e.values[class[left]] {
				left++
			}
			distance := max(v-e.values[class[left]], e.values[class[left+kc]]-v)
			sumNear += e.psi[within(e.values, int(at), nearer(distance))]
		}
	}
	total := float64(n)
	return max(0, e.psi[n]+sumK/total-sumClass/total-sumNear/total), nil
}

// nearer returns the largest radius below a distance; 0 for 0, where the samples at hand are ties.
func nearer(distance float64) float64 { return math.Nextafter(distance, 0) }

// within counts the elements of sorted v that are at most radius away from v[at], itself included. The steps double, so
// that the cost is logarithmic in the count and not in len(v).
func within(v []float64, at int, radius float64) int {
	center := v[at]
	step := 1
	right := at // v[right] is inside
	for right+step < len(v) && v[right+step]-center <= radius {
		right += step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if right+step < len(v) && v[right+step]-center <= radius {
			right += step
		}
	}
	step = 1
	left := at
	for left-step >= 0 && center-v[left-step] <= radius {
		left -= step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if left-step >= 0 && center-v[left-step] <= radius {
			left -= step
		}
	}
	return right - left + 1
}

// extendPsi makes psi[1] … psi[n] available, from ψ(1) = −γ and ψ(i+1) = ψ(i) + 1/i. What rounding drops from the sum
// is carried along (Kahan), so that it is exact to the last place for any n; the usual asymptotic series is not.
func (e *Estimator) extendPsi(n int) {
	if len(e.psi) > n {
		return
	}
	e.psi = append(e.psi[:0], math.NaN(), -eulerGamma) // ψ has a pole at 0; no count is 0
	sum, lost := -eulerGamma, 0.0
	for i := 1; i < n; i++ {
		term := 1/float64(i) - lost
		next := sum + term
		lost = (next - sum) - term
		sum = next
		e.psi = append(e.psi, sum)
	}
}

const eulerGamma = 0.57721566490153286060651209008240243

func checkNeighbours(k, n int) error {
	if k < 1 || k >= n {
		return errors.Wrapf(ErrNeighbours, "k = %d for %d samples", k, n)
	}
	return nil
}

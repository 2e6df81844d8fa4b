package information

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mathext"
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
// Copies of samples, whose values differ by less than 5e-7 deviations, are taken away by the rules of [Distinct], and the
// classes keep their shares as [RossWeighted] has it. Who knows which rows of the data are copies calls these two.
//
// Errors: [ErrNeighbors] for k outside 1 … n−1 and where no class has two samples. A constant x, or a single class
// that is not left out, scores exactly 0. Time is O(n log n).
//
// Source: Ross 2014, "Mutual information between discrete and continuous data sets".
func Ross(x []float64, labels []int, k int) (float64, error) {
	return new(Scratch).Ross(x, labels, k)
}

// Ross is the function of that name, with e's scratch.
func (e *Scratch) Ross(x []float64, labels []int, k int) (float64, error) {
	return e.ross(x, labels, nil, k)
}

// RossWeighted is [Ross] for samples of classes that are drawn with other shares than they have among the samples, as
// those are that [Distinct] leaves. A class's share is what its samples weigh together; within a class all count alike. W
// being the sum of weights, w_y the mean weight of class y, and w the largest of these,
//
//	I = ⟨ψ(W/w_y) + ψ(k_y) − ψ(N_y) − ψ(M) − (V − M)/(2M²)⟩, not below 0, k_y = k·w/w_y
//
// is a mean over samples that weigh w_y each. M is what those samples weigh that m counts, in units of w_y, and V the sum
// of the squares of these weights: the last term is what ψ of a sum of unequal weights is low by, to second order. k_y has
// the neighbourhoods of all classes weigh the same. It is Ross's value where all w_y are equal. No copies are taken away.
// Weights are positive ([ErrOption]).
func RossWeighted(x []float64, labels []int, weights []float64, k int) (float64, error) {
	return new(Scratch).RossWeighted(x, labels, weights, k)
}

// RossWeighted is the function of that name, with e's scratch.
func (e *Scratch) RossWeighted(x []float64, labels []int, weights []float64, k int) (float64, error) {
	if err := firstError(checkPaired(len(x), len(weights)), checkFinite(weights)); err != nil {
		return 0, err
	}
	for i, w := range weights {
		if w <= 0 {
			return 0, errors.Wrapf(ErrOption, "weight of sample %d is %v", i, w)
		}
	}
	return e.ross(x, labels, weights, k)
}

// ross looks for copies where weights is nil.
func (e *Scratch) ross(x []float64, labels []int, weights []float64, k int) (float64, error) {
	if err := firstError(checkPaired(len(x), len(labels)), checkFinite(x), checkNeighbours(k, len(x))); err != nil {
		return 0, err
	}
	e.yCodes, e.yCounts = e.compact(e.yCodes, e.yCounts, labels)
	e.mass = resize(e.mass, len(e.yCounts))
	for c, n := range e.yCounts {
		e.mass[c] = float64(n)
	}
	if weights != nil {
		clear(e.mass)
		for i, c := range e.yCodes {
			e.mass[c] += weights[i]
		}
	}

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
		return 0, errors.Wrapf(ErrNeighbors, "none of %d classes has 2 samples", len(e.yCounts))
	}
	if classes == 1 || constant(x) {
		return 0, nil
	}
	slices.SortFunc(e.pairs, comparePairs)
	if weights == nil {
		if x, labels, weights := e.withoutCopies(k); x != nil {
			return e.ross(x, labels, weights, min(k, len(x)-1))
		}
	}
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
	total, heaviest, uneven := e.weigh(starts)
	var sumK, sumClass, sumNear, sum float64
	for c := range e.yCounts {
		class := e.order[starts[c]:starts[c+1]]
		if len(class) == 0 {
			continue
		}
		kc := min(k, len(class)-1)
		each := e.mass[c] / float64(len(class))
		if uneven {
			kc = int(min(math.Round(float64(k)*heaviest/each), float64(len(class)-1)))
		}
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
			low, high := around(e.values, int(at), nearer(distance))
			if uneven {
				inside := e.before[high+1].less(e.before[low])
				mass, squares := inside.mass/each, inside.squares/(each*each)
				sum -= each * (mathext.Digamma(mass) + (squares-mass)/(2*mass*mass))
			} else {
				sumNear += e.psi[high-low+1]
			}
		}
		if uneven {
			sum += e.mass[c] * (mathext.Digamma(total/each) + e.psi[kc] - e.psi[len(class)])
		}
	}
	if uneven {
		return max(0, sum/total), nil
	}
	total = float64(n)
	return max(0, e.psi[n]+sumK/total-sumClass/total-sumNear/total), nil
}

// weighed is what samples weigh together, and the sum of squares of their weights.
type weighed struct{ mass, squares float64 }

func (l weighed) less(m weighed) weighed { return weighed{l.mass - m.mass, l.squares - m.squares} }

// weigh prepares for samples of classes that do not all weigh the same: the total, the largest weight of a sample, and
// what lies below each place.
func (e *Scratch) weigh(starts []int32) (total, heaviest float64, uneven bool) {
	first := 0.0
	for c, mass := range e.mass {
		n := float64(starts[c+1] - starts[c])
		if n == 0 {
			continue
		}
		total += mass
		each := mass / n
		heaviest = max(heaviest, each)
		if first == 0 {
			first = each
		} else if math.Abs(each-first) > 1e-12*first {
			uneven = true
		}
	}
	if !uneven {
		return total, heaviest, false
	}
	e.before = resize(e.before, len(e.pairs)+1)
	e.before[0] = weighed{}
	for i, p := range e.pairs {
		each := e.mass[p.id] / float64(starts[p.id+1]-starts[p.id])
		e.before[i+1] = weighed{e.before[i].mass + each, e.before[i].squares + each*each}
	}
	return total, heaviest, true
}

// withoutCopies returns what is left of the sorted samples without copies, with what it weighs; nil if there are none.
func (e *Scratch) withoutCopies(k int) (x []float64, labels []int, weights []float64) {
	n := len(e.pairs)
	e.row, e.target = runs(e.row, n, func(i int) float64 { return e.pairs[i].v }), resize(e.target, n)
	for i, p := range e.pairs {
		e.target[i] = p.id
	}
	if !suspect(e.row, e.target) {
		return nil, nil, nil
	}
	kept := e.distinct(e.row, e.target, true, k+1)
	left := make(map[int32]float64, len(e.yCounts))
	for _, i := range kept {
		left[e.pairs[i].id]++
	}
	for _, i := range kept {
		p := e.pairs[i]
		x, labels = append(x, p.v), append(labels, int(p.id))
		weights = append(weights, e.mass[p.id]/left[p.id])
	}
	return x, labels, weights
}

// nearer returns the largest radius below a distance; 0 for 0, where the samples at hand are ties.
func nearer(distance float64) float64 { return math.Nextafter(distance, 0) }

// within counts the elements of sorted v that are at most radius away from v[at], itself included.
func within(v []float64, at int, radius float64) int {
	left, right := around(v, at, radius)
	return right - left + 1
}

// around returns the first and the last of them. The steps double, so that the cost is logarithmic in the count and not in
// len(v).
func around(v []float64, at int, radius float64) (left, right int) {
	center := v[at]
	step := 1
	right = at // v[right] is inside
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
	left = at
	for left-step >= 0 && center-v[left-step] <= radius {
		left -= step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if left-step >= 0 && center-v[left-step] <= radius {
			left -= step
		}
	}
	return left, right
}

// extendPsi makes psi[1] … psi[n] available, from ψ(1) = −γ and ψ(i+1) = ψ(i) + 1/i. What rounding drops from the sum
// is carried along (Kahan), so that it is exact to the last place for any n; the usual asymptotic series is not.
func (e *Scratch) extendPsi(n int) {
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
		return errors.Wrapf(ErrNeighbors, "k = %d for %d samples", k, n)
	}
	return nil
}

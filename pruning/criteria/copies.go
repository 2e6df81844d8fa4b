package criteria

import (
	"math"

	"github.com/gtrain/gtrain/pruning/information"
)

// distinct returns the samples that are left when copies are taken away, nil for all, and, for labels, what each weighs:
// together as much as the samples of its class.
func (s UnitStats) distinct(neighbours int) (kept []int, weights []float64) {
	rows, n := s.Rows, s.Samples()
	if rows == nil {
		rows = information.SameRows(n, func(i int) []float32 { return s.Activations[i*s.Units : (i+1)*s.Units] })
	}
	target, number := make([]int32, n), map[int]int32{}
	for i := range target {
		if s.Labels == nil {
			target[i] = int32(math.Float32bits(s.Targets[i] + 0)) // one zero
			continue
		}
		if _, ok := number[s.Labels[i]]; !ok {
			number[s.Labels[i]] = int32(len(number))
		}
		target[i] = number[s.Labels[i]]
	}
	kept = information.Distinct(rows, target, s.Labels != nil, neighbours+1)
	if s.Labels == nil {
		return kept, nil
	}
	if kept == nil {
		weights = make([]float64, n)
		for i := range weights {
			weights[i] = 1
		}
		return nil, weights
	}
	samples, left := map[int32]int{}, map[int32]int{}
	for _, t := range target {
		samples[t]++
	}
	for _, i := range kept {
		left[target[i]]++
	}
	for _, i := range kept {
		weights = append(weights, float64(samples[target[i]])/float64(left[target[i]]))
	}
	return kept, weights
}

// pick returns the elements at some places; all of them where kept is nil.
func pick[T any](from []T, kept []int) []T {
	if kept == nil {
		return from
	}
	to := make([]T, len(kept))
	for i, at := range kept {
		to[i] = from[at]
	}
	return to
}

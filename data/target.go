package data

import (
	"math"
)

// TargetScaling maps each target y of a regression to (y − Mean)/Scale, which is what a network learns, and back. Both
// are finite and Scale is positive.
type TargetScaling struct {
	Mean, Scale float64
	// Wide says that float32 is too coarse for targets: beside Mean it is off by up to more than a thousandth of Scale,
	// for |Mean| is more than some 16000 times Scale. Otherwise Mean and Scale are numbers that float32 holds, so that a
	// file in float32 has them as they are.
	Wide bool
}

// NewTargetScaling is the scaling with these two numbers, rounded to float32 unless it is wide.
func NewTargetScaling(mean, scale float64) *TargetScaling {
	s := &TargetScaling{Mean: mean, Scale: scale}
	m, d := float64(float32(mean)), float64(float32(scale))
	if s.Wide = coarse(math.Abs(mean)+scale, scale) || !(math.Abs(d-scale) <= 1e-6*scale); !s.Wide {
		s.Mean, s.Scale = m, d
	}
	return s
}

// coarseness is which share of a deviation float32 may be off by. Noise of a thousandth of the deviation explains a
// millionth of the variance.
const coarseness = 1e-3

// coarse tells whether float32 is too coarse for numbers up to top, in absolute value, that deviate by so much.
func coarse(top, deviation float64) bool {
	t := float32(top)
	return float64(math.Nextafter32(t, float32(math.Inf(1)))-t)/2 > coarseness*deviation
}

// FitTarget computes the statistics of the targets over the given rows, which should be training rows, in float64:
//
//	none         nil: targets as they are
//	standardise  mean and population standard deviation (divisor n)
//
// Targets that are all equal have a thousandth of their absolute value for a deviation, so that answers are as near as
// that, and 1 where that is 0. It fails with ErrOption for
// another method, for data without numbers as targets, for no rows and for a row that does not exist.
func FitTarget(method Method, d *Dataset, rows []int) (*TargetScaling, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	if _, err := TargetScalings.Lookup(string(method)); err != nil {
		return nil, asOption(err)
	}
	if method == NoScaling {
		return nil, nil
	}
	if d.Task != Regression || d.Targets == nil {
		return nil, fail(ErrOption, "%s has no targets to scale: that is for regression", d.Name)
	}
	y := make([]float64, len(rows))
	if err := d.GatherTargets64(y, rows); err != nil {
		return nil, err
	}
	if len(y) == 0 {
		return nil, fail(ErrOption, "no rows of %s to take the statistics of", d.Name)
	}
	return NewTargetScaling(meanAndDeviation(y)), nil
}

// meanAndDeviation sums differences from the first number, so that a small deviation on a large mean is not lost.
func meanAndDeviation(y []float64) (mean, deviation float64) {
	sum, low, high := 0.0, y[0], y[0]
	for _, v := range y {
		sum += v - y[0]
		low, high = min(low, v), max(high, v)
	}
	switch {
	case low == high && low == 0:
		return 0, 1
	case low == high:
		return low, math.Abs(low) / 1000
	}
	n := float64(len(y))
	mean = y[0] + sum/n
	square, unit := 0.0, high-low // in which no square vanishes or overflows
	for _, v := range y {
		d := (v - mean) / unit
		square += float64(d * d)
	}
	return mean, unit * math.Sqrt(square/n)
}

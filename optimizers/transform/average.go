package transform

import "math"

// AveragedRate multiplies by the rate of averaged gradient descent and adds a decay of the weights by it:
//
//	u ← ηₜ(u + Λw)      ηₜ₊₁ = η/(1 + Ληt)^α,  η₁ = η
//
// A schedule acts on ηₜ₊₁, one step late, as in PyTorch's ASGD. Number: "rate". Source: Bottou 2010.
type AveragedRate struct {
	Lambda float64 // Λ ≥ 0
	Alpha  float64 // α ≥ 0
}

// Layout of AveragedRate.
func (*AveragedRate) Layout() Layout {
	// A rate of -1 stands for the one of the first step, which only the update knows.
	return Layout{Name: "averaged_rate", Slots: []Slot{{Name: "rate", Number: true, Initial: func() float64 { return -1 }}}}
}

// Next returns the rate of this step, and of the one after it; kept is what the step before left, −1 at the first.
func (t *AveragedRate) Next(kept, rate float64, step int) (now, next float64) {
	if kept < 0 {
		kept = rate
	}
	return kept, rate / math.Pow(1+t.Lambda*rate*float64(step), t.Alpha)
}

// Float32 takes the step of a float32 parameter.
func (t *AveragedRate) Float32(u *Update[float32]) { averagedRate(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *AveragedRate) Float64(u *Update[float64]) { averagedRate(t, u) }

func averagedRate[T Float](t *AveragedRate, u *Update[T]) {
	rate, next := t.Next(u.Numbers[0], u.Rate, u.Step)
	u.Numbers[0] = next
	addScaled(u.U, u.W, t.Lambda)
	scale(u.U, rate)
}

// Average keeps the mean of the weights that come after the parameter's step t₀; until then it is the weights:
//
//	w̄ ← w̄ + (w − w̄)/max(1, t−1−t₀)
//
// The mean is what is to be evaluated. Slot: "average". Source: Polyak & Juditsky 1992.
type Average struct {
	Start float64 // t₀, in steps
}

// Layout of Average.
func (*Average) Layout() Layout {
	return Layout{Name: "average", AfterStep: true, Slots: []Slot{{Name: "average", Evaluation: true}}}
}

// Share is that of the new weights in the mean.
func (t *Average) Share(step int) float64 { return 1 / math.Max(1, float64(step)-1-t.Start) }

// Float32 takes the step of a float32 parameter.
func (t *Average) Float32(u *Update[float32]) { mix(u.Slots[0], u.W, t.Share(u.Step)) }

// Float64 takes the step of a float64 parameter.
func (t *Average) Float64(u *Update[float64]) { mix(u.Slots[0], u.W, t.Share(u.Step)) }

// mix moves a mean towards w.
func mix[T Float](mean, w []T, share float64) {
	if share == 1 { // exactly the weights
		copy(mean, w)
		return
	}
	for i, x := range w {
		mean[i] += (x - mean[i]) * T(share)
	}
}

package op

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

var huber = pointwise{
	name: "Huber",
	value: func(p, t, delta float64) float64 {
		if e := math.Abs(p - t); e > delta {
			return delta * (e - delta/2)
		}
		return (p - t) * (p - t) / 2
	},
	deriv: func(p, t, delta float64) float64 { return math.Max(-delta, math.Min(delta, p-t)) },
}

// Huber is the mean of Huber's loss (Huber 1964, "Robust estimation of a location parameter"), for e = p − t:
//
//	e²/2 where |e| ≤ δ, otherwise δ·(|e| − δ/2)
//
// as in PyTorch's HuberLoss. δ > 0; 1 is customary.
func Huber(pred, target *gorgonia.Node, delta float64) (*gorgonia.Node, error) {
	if !(delta > 0) || math.IsInf(delta, 0) {
		return nil, errors.Errorf("huber: delta %v must be a positive number", delta)
	}
	return applyLoss(&huber, delta, pred, target)
}

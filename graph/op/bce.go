package op

import (
	"math"

	"gorgonia.org/gorgonia"
)

var bce = pointwise{
	name: "BCEWithLogits",
	value: func(x, t, _ float64) float64 {
		return math.Max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x)))
	},
	deriv: func(x, t, _ float64) float64 { return 1/(1+math.Exp(-x)) - t },
}

// BCEWithLogits is the mean binary cross-entropy of targets t in [0, 1] under σ(x), from the logits x themselves:
//
//	max(x, 0) − x·t + ln(1 + e^−|x|)
//
// which overflows for no x (the form of PyTorch's BCEWithLogitsLoss). Nats.
func BCEWithLogits(logits, target *gorgonia.Node) (*gorgonia.Node, error) {
	return applyLoss(&bce, 0, logits, target)
}

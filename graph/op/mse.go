package op

import "gorgonia.org/gorgonia"

var mse = pointwise{
	name:  "MSE",
	value: func(p, t, _ float64) float64 { return (p - t) * (p - t) },
	deriv: func(p, t, _ float64) float64 { return 2 * (p - t) },
}

// MSE is the mean squared error, 1/n Σ (p − t)², over all n elements. Prediction and target have the same shape; the
// result is a scalar.
func MSE(pred, target *gorgonia.Node) (*gorgonia.Node, error) {
	return applyLoss(&mse, 0, pred, target)
}

package metrics

import (
	"math"

	"github.com/pkg/errors"
)

// MSE is the mean squared error, Σ (y-ŷ)² / n, in the target's unit squared.
func MSE[F Float](targets, predictions []F) (float64, error) {
	return meanError(targets, predictions, func(d float64) float64 { return d * d })
}

// RMSE is the square root of [MSE], in the target's unit.
func RMSE[F Float](targets, predictions []F) (float64, error) {
	mse, err := MSE(targets, predictions)
	return math.Sqrt(mse), err
}

// MAE is the mean absolute error, Σ |y-ŷ| / n, in the target's unit.
func MAE[F Float](targets, predictions []F) (float64, error) {
	return meanError(targets, predictions, math.Abs)
}

// R2 is the coefficient of determination of a single output: one minus the squared error over that of the mean,
//
//	R² = 1 - Σ (y-ŷ)² / Σ (y-ȳ)²
//
// 1 is perfect, 0 no better than the mean, negative worse. Where all targets are equal it is 1 if every prediction
// is exact and 0 otherwise, as in scikit-learn; equal means equal values here, so that rounding of the mean cannot
// turn such a 0 into -10³⁰. For fewer than two rows the error is ErrUndefined (scikit-learn: NaN).
func R2[F Float](targets, predictions []F) (float64, error) {
	mse, err := MSE(targets, predictions)
	if err != nil {
		return 0, err
	}
	n := float64(len(targets))
	if len(targets) < 2 {
		return 0, errors.Wrap(ErrUndefined, "r2 of a single row")
	}
	var total, spread sum
	constant := true
	for _, y := range targets {
		total.add(float64(y))
		constant = constant && y == targets[0]
	}
	mean := total.value() / n
	for _, y := range targets {
		d := float64(y) - mean
		spread.add(float64(d * d))
	}
	variance := spread.value() / n
	switch {
	case mse == 0:
		return 1, nil
	case constant || variance == 0:
		return 0, nil
	}
	return finite("r2", 1-mse/variance)
}

func meanError[F Float](targets, predictions []F, cost func(float64) float64) (float64, error) {
	if len(targets) == 0 {
		return 0, errors.Wrap(ErrEmpty, "no targets")
	}
	if len(targets) != len(predictions) {
		return 0, errors.Wrapf(ErrLength, "%d predictions for %d targets", len(predictions), len(targets))
	}
	if err := checkFinite("target", targets, 1); err != nil {
		return 0, err
	}
	if err := checkFinite("prediction", predictions, 1); err != nil {
		return 0, err
	}
	var s sum
	for i, y := range targets {
		s.add(float64(cost(float64(y) - float64(predictions[i]))))
	}
	return finite("the mean error", s.value()/float64(len(targets)))
}

// finite turns an overflow of float64 into an error.
func finite(what string, x float64) (float64, error) {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return 0, errors.Wrapf(ErrNotFinite, "%s overflows", what)
	}
	return x, nil
}

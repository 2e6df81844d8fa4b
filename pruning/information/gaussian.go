package information

import (
	"math"

	"github.com/pkg/errors"
)

// Gaussian returns the mutual information of two jointly normal variables with correlation rho, −½ ln(1−ρ²) nats: 0 for
// independent variables, +Inf for |ρ| = 1. For other distributions with that correlation and normal margins it is a
// lower bound. Errors: [ErrOption] for rho outside [−1, 1].
func Gaussian(rho float64) (float64, error) {
	if !(math.Abs(rho) <= 1) {
		return 0, errors.Wrapf(ErrOption, "correlation %v is outside [-1, 1]", rho)
	}
	// log1p keeps small correlations exact; adding 0 turns −0 into 0.
	return -0.5*math.Log1p(-rho*rho) + 0, nil
}

// Correlation returns Pearson's ρ of x and y, in [−1, 1]; 0 where either is constant.
func Correlation(x, y []float64) (float64, error) {
	if err := firstError(checkPaired(len(x), len(y)), checkFinite(x), checkFinite(y)); err != nil {
		return 0, err
	}
	if constant(x) || constant(y) {
		return 0, nil
	}
	mx, sx := centre(x)
	my, sy := centre(y)
	var xx, yy, xy float64
	for i := range x {
		a, b := x[i]/sx-mx, y[i]/sy-my
		xx += a * a
		yy += b * b
		xy += a * b
	}
	if xx == 0 || yy == 0 {
		return 0, nil
	}
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy))), nil
}

// centre returns the largest magnitude of x, and the mean of x divided by it: squares of the quotients cannot overflow.
func centre(x []float64) (mean, scale float64) {
	for _, v := range x {
		scale = max(scale, math.Abs(v))
	}
	for _, v := range x {
		mean += v / scale
	}
	return mean / float64(len(x)), scale
}

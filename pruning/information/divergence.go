package information

import (
	"math"

	"github.com/pkg/errors"
)

// KullbackLeibler returns D(p‖q) = Σ p ln(p/q) in nats, for two distributions over the same outcomes: at least 0, 0
// only where they are equal, +Inf where q excludes an outcome that p allows. 0·ln 0 counts as 0.
//
// Errors: [ErrLength], [ErrEmpty], [ErrNonFinite]; [ErrOption] for a negative share or a sum more than 1e-6 off 1.
// Source: Kullback and Leibler 1951, "On information and sufficiency".
func KullbackLeibler(p, q []float64) (float64, error) {
	if err := firstError(checkPaired(len(p), len(q)), checkFinite(p), checkFinite(q)); err != nil {
		return 0, err
	}
	if err := firstError(checkShares(p), checkShares(q)); err != nil {
		return 0, err
	}
	sum := 0.0
	for i, a := range p {
		switch {
		case a == 0:
		case q[i] == 0:
			return math.Inf(1), nil
		default:
			sum += a * math.Log(a/q[i])
		}
	}
	return max(0, sum), nil
}

func checkShares(p []float64) error {
	sum := 0.0
	for i, v := range p {
		if v < 0 {
			return errors.Wrapf(ErrOption, "share %d is %v; shares must not be negative", i, v)
		}
		sum += v
	}
	if math.Abs(sum-1) > 1e-6 {
		return errors.Wrapf(ErrOption, "shares sum to %v; they must sum to 1", sum)
	}
	return nil
}

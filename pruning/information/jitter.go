package information

import (
	"math"

	"github.com/gtrain/gtrain/internal/random"
)

// Jitter prepares a variable for the nearest-neighbour estimators: it divides x by its standard deviation, so that no
// unit of measurement outweighs the other, and adds 1e-10·max(1, mean|x|) times a standard normal draw, so that no
// value repeats. This is what scikit-learn does, with draws that come from seed alone: the same seed gives the same
// bits.
//
// A constant variable is returned unchanged, for it must go on scoring exactly 0. Two variables that are estimated
// against each other need different seeds. The result is in dst where that is large enough; dst may be nil or x.
//
// Source: Kraskov et al. 2004, "Estimating mutual information", section II.
func Jitter(dst, x []float64, seed uint64) ([]float64, error) {
	if err := checkFinite(x); err != nil {
		return nil, err
	}
	dst = resize(dst, len(x))
	copy(dst, x)
	if constant(x) {
		return dst, nil
	}
	// First by the largest magnitude, so that squares can neither overflow nor vanish.
	scale, mean := 0.0, 0.0
	for _, v := range dst {
		scale = max(scale, math.Abs(v))
	}
	for i := range dst {
		dst[i] /= scale
		mean += dst[i]
	}
	mean /= float64(len(dst))
	variance := 0.0
	for _, v := range dst {
		variance += (v - mean) * (v - mean)
	}
	deviation := math.Sqrt(variance / float64(len(dst)))
	magnitude := 0.0
	for i := range dst {
		dst[i] /= deviation
		magnitude += math.Abs(dst[i])
	}
	noise := 1e-10 * max(1, magnitude/float64(len(dst)))
	r := random.New(seed, "jitter")
	for i := range dst {
		dst[i] += noise * r.NormFloat64()
	}
	return dst, nil
}

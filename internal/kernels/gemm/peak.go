package gemm

import (
	"math"
	"time"

	"github.com/gtrain/gtrain/internal/kernels"
)

// PeakFMA measures what one core can do at best: the floating-point operations a second of a loop of multiply-adds that
// touches registers only, with the vectors of the implementation in use. It takes about 10 ms, and returns 0 if the
// implementation is the portable one.
func PeakFMA[T kernels.Float]() float64 {
	f := peakOf[T]()
	if f == nil {
		return 0
	}
	const n = 100_000
	perCall := float64(n * 12 * 2 * setOf[T]().lanes)
	best := time.Duration(math.MaxInt64)
	for range 20 { // the first ones raise the clock, and others may be disturbed
		start := time.Now()
		f(n)
		best = min(best, time.Since(start))
	}
	return perCall / best.Seconds()
}

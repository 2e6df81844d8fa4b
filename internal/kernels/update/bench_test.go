package update

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/internal/workers"
)

// BenchmarkUpdates reports the time for one element, of parameters that fit the last cache and of ones that do not, for
// one thread and for all.
func BenchmarkUpdates(b *testing.B) {
	for _, n := range []int{10, 266_000, 1_900_000} {
		x := operands[float32](n)
		for _, threads := range []int{1, 2} {
			if n == 10 && threads > 1 {
				continue
			}
			for _, c := range []struct {
				name string
				call func()
			}{
				{"SGD", func() { SGDUpdate(x[0], x[1], 1e-6, 0) }},
				{"Momentum", func() { MomentumUpdate(x[0], x[1], x[2], 1e-6, 0, 0.9, 1) }},
				{"Nesterov", func() { NesterovUpdate(x[0], x[1], x[2], 1e-6, 0, 0.9, 1) }},
				{"Adam", func() { AdamUpdate(x[0], x[1], x[2], x[3], 0.9, 0.999, 1e-6, 1, 1e-8, 0, 1) }},
				{"AMSGrad", func() { AMSGradUpdate(x[0], x[1], x[2], x[3], x[4], 0.9, 0.999, 1e-6, 1, 1e-8, 0, 1) }},
				{"RMSProp", func() { RMSPropUpdate(x[0], x[1], x[3], nil, nil, 1e-6, 0.99, 0, 1e-8, 0) }},
				{"NAdam", func() { NAdamUpdate(x[0], x[1], x[2], x[3], 0.9, 0.999, 1e-7, 1e-6, 1, 1e-8, 0) }},
				{"SquaredNorm", func() { SquaredNorm(x[1]) }},
				{"NonFiniteIndex", func() { NonFiniteIndex(x[1]) }},
				{"ScaleGradient", func() { ScaleGradient(x[1], 1) }},
			} {
				b.Run(fmt.Sprintf("%s/n=%d/threads=%d", c.name, n, threads), func(b *testing.B) {
					workers.Set(threads)
					defer workers.Set(0)
					for b.Loop() {
						c.call()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
				})
			}
		}
	}
}

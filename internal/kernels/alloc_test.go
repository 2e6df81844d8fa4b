package kernels

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"github.com/gtrain/gtrain/internal/workers"
)

func TestNoAllocations(t *testing.T) {
	const n = ParallelFrom * 2
	x, y := make([]float32, n), make([]float32, n)
	bias := make([]float32, 256)
	labels := make([]int, 64)
	f := func(lo, hi int) { Fill(x[lo:hi], 1) }
	forEachISA(t, func(t *testing.T) {
		for _, threads := range []int{1, 2} {
			kerneltest.WithThreads(threads, func() {
				for name, call := range map[string]func(){
					"Parallel":   func() { workers.Parallel(n, 1<<12, f) },
					"Add":        func() { Add(x, x, y) },
					"Activate":   func() { Activate(Tanh, 0, y, x) },
					"ColSums":    func() { ColSums(256, 256, y, x) },
					"LogSoftmax": func() { LogSoftmax(64, 256, y, x) },
					"CrossEntropy": func() {
						_ = SoftmaxCrossEntropy(64, 256, x, labels, 0.1, y, bias)
						SoftmaxCrossEntropyGrad(64, 256, y, labels, 0.1, 1, y)
					},
				} {
					if a := testing.AllocsPerRun(20, call); a != 0 {
						t.Errorf("%s with %d threads: %v allocations a call", name, threads, a)
					}
				}
			})
		}
	})
}

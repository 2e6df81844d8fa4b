package gemm

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestProductsAllocateNothing(t *testing.T) {
	const n = kernels.ParallelFrom * 2
	x, y := make([]float32, n), make([]float32, n)
	bias := make([]float32, 256)
	forEachISA(t, func(t *testing.T) {
		for _, threads := range []int{1, 2} {
			kerneltest.WithThreads(threads, func() {
				for name, call := range map[string]func(){
					"GemmNN": func() {
						GemmBiasAct(false, false, 128, 256, 256, x, 256, x, 256, bias, kernels.ReLU, 0, y, 256)
					},
					"GemmNT": func() { Gemm(false, true, 128, 256, 256, 1, x, 256, x, 256, 0, y, 256) },
					"GemmTN": func() { Gemm(true, false, 256, 256, 128, 1, x, 256, x, 256, 0, y, 256) },
					"small":  func() { Gemm(false, false, 8, 8, 8, 1, x, 8, x, 8, 0, y, 8) },
					"vector": func() { Gemm(false, false, 1, 256, 256, 1, x, 256, x, 256, 0, y, 256) },
				} {
					if a := testing.AllocsPerRun(20, call); a != 0 {
						t.Errorf("%s with %d threads: %v allocations a call", name, threads, a)
					}
				}
			})
		}
	})
}

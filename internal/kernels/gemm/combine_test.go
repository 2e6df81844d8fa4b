package gemm

import (
	"testing"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestCombineArgs(t *testing.T) {
	var a combineArgs
	for i, got := range []uintptr{unsafe.Offsetof(a.a), unsafe.Offsetof(a.b), unsafe.Offsetof(a.step), unsafe.Offsetof(a.c),
		unsafe.Offsetof(a.groups), unsafe.Offsetof(a.pairs), unsafe.Offsetof(a.full), unsafe.Offsetof(a.mask)} {
		if want := uintptr(8 * i); got != want {
			t.Errorf("field %d of combineArgs is at %d, the assembly reads %d", i, got, want)
		}
	}
	if unsafe.Sizeof(a) != 64 {
		t.Errorf("combineArgs has %d bytes", unsafe.Sizeof(a))
	}
}

func TestOneRow(t *testing.T) {
	t.Run("float32", oneRow[float32])
	t.Run("float64", oneRow[float64])
}

// A row by itself is, bit by bit, what it is among others, for any shape, bias and activation, on one thread and two;
// nothing beside it is written.
func oneRow[T kernels.Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, k := range []int{1, 2, 7, 8, 9, 16, 31, 250, 1030} { // the last in several blocks
			for _, n := range []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 300, 4000} {
				if k > 250 && n < 300 {
					continue
				}
				ldb := n + 3
				a, b, bias := kerneltest.Randoms[T](r, 2*k, 1), kerneltest.Randoms[T](r, k*ldb, 1), kerneltest.Randoms[T](r, n, 1)
				for _, act := range []kernels.Activation{kernels.Identity, kernels.ReLU, kernels.LeakyReLU, kernels.Tanh, kernels.Rectify} {
					two, one := make([]T, 2*n), make([]T, n+8)
					for i := range one {
						one[i] = 77
					}
					GemmBiasAct(false, false, 2, n, k, a, k, b, ldb, bias, act, 0.125, two, n)
					for _, threads := range []int{1, 2, 7} {
						kerneltest.WithThreads(threads, func() {
							GemmBiasAct(false, false, 1, n, k, a, k, b, ldb, bias, act, 0.125, one[:n], n)
						})
						if i := kerneltest.SameBits(one[:n], two[:n]); i >= 0 {
							t.Fatalf("%d columns of %d products, %v, %d threads: column %d is %v alone, %v beside another row", n, k,
								act, threads, i, one[i], two[i])
						}
						for _, v := range one[n:] {
							if v != 77 {
								t.Fatalf("%d columns of %d products: written behind the row", n, k)
							}
						}
					}
				}
			}
		}
	})
}

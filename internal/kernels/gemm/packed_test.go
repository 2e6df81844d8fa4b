package gemm

import (
	"math"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestPackedGivesTheSameBits(t *testing.T) {
	t.Run("float32", packedBits[float32])
	t.Run("float64", packedBits[float64])
}

// A product from panels is, bit by bit, the one from the matrix itself, for shapes that reach each strategy and each edge
// of panels and blocks, on one thread and more; nothing beside it is written.
func packedBits[T kernels.Float](t *testing.T) {
	shapes := [][3]int{ // rows, columns, depth
		{1, 1, 1}, {1, 300, 784}, {1, 10, 100}, {1, 1100, 520}, {2, 17, 9}, {2, 1000, 40}, {3, 33, 65}, {5, 7, 2000},
		{6, 16, 64}, {7, 15, 100}, {13, 31, 513}, {32, 10, 100}, {32, 100, 300}, {32, 300, 200}, {64, 129, 70},
		{64, 1030, 66}, {130, 1, 300}, {190, 33, 260}, {300, 65, 33}, {40, 600, 0}, {0, 5, 5}, {5, 0, 5},
	}
	acts := []kernels.Activation{kernels.Identity, kernels.ReLU, kernels.LeakyReLU, kernels.Tanh, kernels.GELU, kernels.Rectify}
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		var p Packed[T] // for all of them: what it held is replaced
		for i, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for form := range 4 {
				ta, tb := form&1 != 0, form&2 != 0
				ra, ca, rb, cb := m, k, k, n
				if ta {
					ra, ca = ca, ra
				}
				if tb {
					rb, cb = cb, rb
				}
				lda, ldb, ldc, act := ca+i%3, cb+(i+1)%4, n+i%2, acts[(i+form)%len(acts)]
				a, b := kerneltest.Randoms[T](r, ra*lda, 1), kerneltest.Randoms[T](r, rb*ldb, 1)
				var bias []T
				if i%4 != 0 {
					bias = kerneltest.Randoms[T](r, n, 1)
				}
				want := kerneltest.Randoms[T](r, m*ldc+1, 1)
				before := kerneltest.Clone(want)
				GemmBiasAct(ta, tb, m, n, k, a, lda, b, ldb, bias, act, 0.125, want, ldc)
				p.Pack(tb, k, n, b, ldb)
				for _, threads := range []int{1, 2, 3} {
					got := kerneltest.Clone(before)
					kerneltest.WithThreads(threads, func() { GemmPacked(ta, m, a, lda, &p, bias, act, 0.125, got, ldc) })
					if at := kerneltest.SameBits(got, want); at >= 0 {
						t.Fatalf("%v, form %d, %v, %d threads: element %d is %v from panels, %v without", s, form, act, threads,
							at, got[at], want[at])
					}
				}
			}
		}
	})
}

// forcedPanels computes c from panels whatever readsPanels says.
func forcedPanels[T kernels.Float](m int, a []T, p *Packed[T], c []T) {
	var g gemmArgs[T]
	g.operands("", false, p.trans, m, p.n, p.k, a, p.k, p.b, p.ldb, c, p.n)
	g.layer("", nil, kernels.Identity, 0)
	if p.set != nil && !g.isDot(p.set) {
		g.panels = p
	}
	g.compute()
}

// For any number of rows: one and a few may be read from panels too.
func TestPackedFewRows(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range [][2]int{{3, 5}, {100, 10}, {300, 100}, {700, 333}} {
			k, n := s[0], s[1]
			b := kerneltest.Randoms[float32](r, k*n, 1)
			var p Packed[float32]
			p.Pack(false, k, n, b, n)
			for m := 1; m < 17; m++ {
				a, want := kerneltest.Randoms[float32](r, m*k, 1), make([]float32, m*n)
				Gemm(false, false, m, n, k, 1, a, k, b, n, 0, want, n)
				for _, threads := range []int{1, 2} {
					got := make([]float32, m*n)
					kerneltest.WithThreads(threads, func() { forcedPanels(m, a, &p, got) })
					if at := kerneltest.SameBits(got, want); at >= 0 {
						t.Fatalf("%v, %d rows, %d threads: element %d is %v, want %v", s, m, threads, at, got[at], want[at])
					}
				}
			}
		}
	})
}

// Panels of one instruction set are not read with another.
func TestPackedForAnotherISA(t *testing.T) {
	r := kerneltest.Rand(t)
	const m, n, k = 20, 70, 90
	a, b := kerneltest.Randoms[float32](r, m*k, 1), kerneltest.Randoms[float32](r, k*n, 1)
	forEachISA(t, func(t *testing.T) {
		var p Packed[float32]
		p.Pack(false, k, n, b, n)
		forEachISA(t, func(t *testing.T) {
			got, want := make([]float32, m*n), make([]float32, m*n)
			GemmBiasAct(false, false, m, n, k, a, k, b, n, nil, kernels.ReLU, 0, want, n)
			GemmPacked(false, m, a, k, &p, nil, kernels.ReLU, 0, got, n)
			if at := kerneltest.SameBits(got, want); at >= 0 {
				t.Fatalf("element %d is %v, want %v", at, got[at], want[at])
			}
		})
	})
}

// Several goroutines multiply by the same panels.
func TestPackedIsShared(t *testing.T) {
	const m, n, k = 64, 140, 150
	r := kerneltest.Rand(t)
	a, b := kerneltest.Randoms[float32](r, m*k, 1), kerneltest.Randoms[float32](r, k*n, 1)
	want := make([]float32, m*n)
	Gemm(false, false, m, n, k, 1, a, k, b, n, 0, want, n)
	var p Packed[float32]
	p.Pack(false, k, n, b, n)
	kerneltest.WithThreads(3, func() {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 10 {
					got := make([]float32, m*n)
					GemmPacked(false, m, a, k, &p, nil, kernels.Identity, 0, got, n)
					if at := kerneltest.SameBits(got, want); at >= 0 {
						t.Errorf("element %d differs", at)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// Packing again takes the same memory and sees what changed.
func TestPackAgain(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		const m, n, k = 9, 33, 40
		a, b := kerneltest.Randoms[float64](r, m*k, 1), kerneltest.Randoms[float64](r, k*n, 1)
		var p Packed[float64]
		p.Pack(false, k, n, b, n)
		b[5*n+7] = math.Pi
		if n := kerneltest.Allocations(5, func() { p.Pack(false, k, n, b, n) }); n != 0 {
			t.Errorf("packing again allocates %d times", n)
		}
		got, want := make([]float64, m*n), make([]float64, m*n)
		GemmPacked(false, m, a, k, &p, nil, kernels.Identity, 0, got, n)
		Gemm(false, false, m, n, k, 1, a, k, b, n, 0, want, n)
		if at := kerneltest.SameBits(got, want); at >= 0 {
			t.Fatalf("element %d is %v, want %v", at, got[at], want[at])
		}
		if n := kerneltest.Allocations(5, func() { GemmPacked(false, m, a, k, &p, nil, kernels.Identity, 0, got, n) }); n != 0 {
			t.Errorf("a product allocates %d times", n)
		}
		if tiles := setOf[float64](); (tiles != nil) != (p.Bytes() > 0) ||
			WorthPacking[float64](false, false, m, n, k) != (tiles != nil) {
			t.Errorf("panels of %d bytes", p.Bytes())
		}
	})
}

func TestPackPanicsOnShortSlices(t *testing.T) {
	v := make([]float32, 6)
	var p Packed[float32]
	kerneltest.MustPanic(t, "kernels: Pack: b has 6 elements, needs 9", func() { p.Pack(true, 3, 3, v, 3) })
	p.Pack(false, 2, 3, v, 3)
	kerneltest.MustPanic(t, "kernels: GemmPacked: a has 6 elements, needs 8", func() { GemmPacked(false, 4, v, 2, &p, nil, kernels.ReLU, 0, v, 3) })
	kerneltest.MustPanic(t, "kernels: GemmPacked: bias has 2 elements, needs 3", func() {
		GemmPacked(false, 2, v, 2, &p, v[:2], kernels.ReLU, 0, v, 3)
	})
}

package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"pgregory.net/rapid"
)

// A gemmCase is a product with everything that varies.
type gemmCase struct {
	transA, transB bool
	m, n, k        int
	padA, padB     int // ld beyond the row
	padC           int
	alpha, beta    float64
	bias           bool
	act            kernels.Activation
	dense          bool // GemmBiasAct instead of Gemm
}

func (c gemmCase) String() string {
	return fmt.Sprintf("%v/%v m=%d n=%d k=%d pads %d,%d,%d alpha=%v beta=%v bias=%v act=%v dense=%v",
		c.transA, c.transB, c.m, c.n, c.k, c.padA, c.padB, c.padC, c.alpha, c.beta, c.bias, c.act, c.dense)
}

// checkGemm compares a product with the naive one in float64, within the bound k·eps·Σ|a||b| that any order of summing
// fulfils, and looks for writes outside c.
func checkGemm[T kernels.Float](r *rand.Rand, c gemmCase) error {
	ra, ca, rb, cb := c.m, c.k, c.k, c.n
	if c.transA {
		ra, ca = ca, ra
	}
	if c.transB {
		rb, cb = cb, rb
	}
	lda, ldb, ldc := ca+c.padA, cb+c.padB, c.n+c.padC
	a, b := kerneltest.Randoms[T](r, ra*lda, 1), kerneltest.Randoms[T](r, rb*ldb, 1)
	out := kerneltest.Randoms[T](r, c.m*ldc+1, 1)
	// no slice is longer than the last row needs, so that reading beyond it would be seen by checkptr or a fault
	if ra > 0 {
		a = a[:(ra-1)*lda+ca]
	}
	if rb > 0 {
		b = b[:(rb-1)*ldb+cb]
	}
	if c.beta == 0 || c.dense {
		for i := range c.m {
			for j := range c.n {
				out[i*ldc+j] = T(math.NaN())
			}
		}
	}
	before := kerneltest.Clone(out)
	var bias []T
	if c.bias {
		bias = kerneltest.Randoms[T](r, c.n, 1)
	}
	slope := T(0.125)
	alpha, beta := T(c.alpha), T(c.beta)
	if c.dense {
		alpha, beta = 1, 0
		GemmBiasAct(c.transA, c.transB, c.m, c.n, c.k, a, lda, b, ldb, bias, c.act, slope, out, ldc)
	} else {
		bias, c.act = nil, kernels.Identity
		Gemm(c.transA, c.transB, c.m, c.n, c.k, alpha, a, lda, b, ldb, beta, out, ldc)
	}
	sums, bounds := make([]float64, c.n), make([]float64, c.n)
	for i := range c.m {
		if large := c.m*c.n*c.k > 1<<20; large && i >= 15 && i < c.m-15 && i%5 != 0 {
			continue // of large products the edges and every fifth row
		}
		exactRow(c, i, a, lda, b, ldb, sums, bounds)
		for j := range c.n {
			s, abs := float64(alpha)*sums[j], math.Abs(float64(alpha))*bounds[j]
			if beta != 0 {
				s += float64(beta) * float64(before[i*ldc+j])
				abs += math.Abs(float64(beta))
			}
			if bias != nil {
				s += float64(bias[j])
				abs += math.Abs(float64(bias[j]))
			}
			want := []float64{s}
			kernels.Portable[float64]().Act[c.act](want, want, float64(slope))
			got := float64(out[i*ldc+j])
			if tol := kerneltest.Eps[T]() * (2*float64(c.k+8)*abs + 4*math.Abs(want[0])); !(math.Abs(got-want[0]) <= tol) {
				return fmt.Errorf("c[%d,%d] = %v, want %v ± %v", i, j, got, want[0], tol)
			}
		}
		for j := c.n; j < ldc && i*ldc+j < len(out); j++ {
			if out[i*ldc+j] != before[i*ldc+j] {
				return fmt.Errorf("wrote outside c, at row %d column %d", i, j)
			}
		}
	}
	if c.m > 0 && out[len(out)-1] != before[len(out)-1] {
		return fmt.Errorf("wrote behind c")
	}
	return nil
}

// exactRow computes row i of the product in float64, and of the product of absolute values.
func exactRow[T kernels.Float](c gemmCase, i int, a []T, lda int, b []T, ldb int, sums, bounds []float64) {
	clear(sums)
	clear(bounds)
	for p := range c.k {
		x := i*lda + p
		if c.transA {
			x = p*lda + i
		}
		y, step := p*ldb, 1
		if c.transB {
			y, step = p, ldb
		}
		for j := range sums {
			v := float64(a[x]) * float64(b[y+j*step])
			sums[j] += v
			bounds[j] += math.Abs(v)
		}
	}
}

func TestGemmAgreesWithTheDefinition(t *testing.T) {
	t.Run("float32", gemmAgrees[float32])
	t.Run("float64", gemmAgrees[float64])
}

func gemmAgrees[T kernels.Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		sizes := []int{1, 2, 3, 5, 7, 8, 13, 14, 15, 16, 17, 29, 31, 32, 33, 47, 48, 63, 65, 100}
		pick := func() int { return sizes[r.IntN(len(sizes))] }
		for i := range 400 {
			c := gemmCase{
				transA: i&1 != 0, transB: i&2 != 0, m: pick(), n: pick(), k: pick(),
				padA: r.IntN(3), padB: r.IntN(3), padC: r.IntN(3),
				alpha: []float64{1, 1, -0.5}[r.IntN(3)], beta: []float64{0, 1, 0.75}[r.IntN(3)],
				dense: r.IntN(2) == 0, bias: r.IntN(2) == 0, act: kernels.Activation(r.IntN(kernels.NumActivations)),
			}
			if err := checkGemm[T](r, c); err != nil {
				t.Fatalf("%v: %v", c, err)
			}
		}
	})
}

// The shapes that reach each strategy: vectors, few rows, many, deep enough for several blocks of p, and large enough
// for copies of B (more than 12 tiles of rows, wider than a block) and of A.
func TestGemmShapes(t *testing.T) {
	shapes := [][3]int{
		{1, 1, 1}, {1, 300, 784}, {784, 1, 300}, {1, 1, 5000}, {2, 700, 90}, {3, 64, 100}, {5, 33, 2000},
		{32, 100, 300}, {32, 10, 100}, {128, 10, 600}, {300, 100, 32}, {17, 65, 1300}, {33, 1100, 40}, {600, 40, 70},
		{180, 1060, 66}, {170, 130, 780},
		{256, 200, 70}, {100, 512, 20}, // rows at distances by which lines fall into few sets of the cache
	}
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range shapes {
			if skipLarge(s) {
				continue
			}
			for form := range 4 {
				c := gemmCase{transA: form&1 != 0, transB: form&2 != 0, m: s[0], n: s[1], k: s[2], alpha: 1,
					beta: float64(form % 2), padB: form / 2}
				c.dense = form == 0 || form == 3
				c.bias, c.act = c.dense, kernels.LeakyReLU
				if err := checkGemm[float32](r, c); err != nil {
					t.Fatalf("float32 %v: %v", c, err)
				}
				if err := checkGemm[float64](r, c); err != nil {
					t.Fatalf("float64 %v: %v", c, err)
				}
			}
		}
	})
}

// skipLarge leaves large products out where the implementation in use has but one way to compute them, and is slow.
func skipLarge(s [3]int) bool { return kernels.ISA() == "portable" && s[0]*s[1]*s[2] > 1<<21 }

func TestGemmProperties(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			size := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 200))
			c := gemmCase{
				transA: rapid.Bool().Draw(t, "transA"), transB: rapid.Bool().Draw(t, "transB"),
				m: size.Draw(t, "m"), n: size.Draw(t, "n"), k: size.Draw(t, "k"),
				padA: rapid.IntRange(0, 9).Draw(t, "padA"), padB: rapid.IntRange(0, 9).Draw(t, "padB"),
				padC:  rapid.IntRange(0, 9).Draw(t, "padC"),
				alpha: rapid.SampledFrom([]float64{0, 1, -1, 0.5}).Draw(t, "alpha"),
				beta:  rapid.SampledFrom([]float64{0, 1, -1, 0.5}).Draw(t, "beta"),
				dense: rapid.Bool().Draw(t, "dense"), bias: rapid.Bool().Draw(t, "bias"),
				act: kernels.Activation(rapid.IntRange(0, kernels.NumActivations-1).Draw(t, "act")),
			}
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "data"), 0))
			if err := checkGemm[float32](r, c); err != nil {
				t.Fatalf("float32: %v", err)
			}
			if err := checkGemm[float64](r, c); err != nil {
				t.Fatalf("float64: %v", err)
			}
		})
	})
}

func TestGemmBitsDoNotDependOnThreads(t *testing.T) {
	t.Run("float32", gemmThreads[float32])
	t.Run("float64", gemmThreads[float64])
}

func gemmThreads[T kernels.Float](t *testing.T) {
	shapes := [][3]int{
		{64, 64, 64}, {120, 130, 100}, {1, 1024, 784}, {4, 1000, 300}, {32, 300, 200}, {300, 200, 32}, {33, 300, 600},
		{500, 3, 300}, {190, 140, 200}, {700, 10, 128}, {300, 1, 900}, {256, 200, 70}, {100, 512, 20},
	}
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range shapes {
			if skipLarge(s) {
				continue
			}
			m, n, k := s[0], s[1], s[2]
			a, b, bias := kerneltest.Randoms[T](r, m*k, 1), kerneltest.Randoms[T](r, k*n, 1), kerneltest.Randoms[T](r, n, 1)
			for form := range 4 {
				ta, tb := form&1 != 0, form&2 != 0
				lda, ldb := k, n
				if ta {
					lda = m
				}
				if tb {
					ldb = k
				}
				var want []T
				for _, threads := range []int{1, 2, 3, 7} {
					got := make([]T, m*n)
					kerneltest.WithThreads(threads, func() {
						GemmBiasAct(ta, tb, m, n, k, a, lda, b, ldb, bias, kernels.Tanh, 0, got, n)
						Gemm(ta, tb, m, n, k, 1, a, lda, b, ldb, 1, got, n)
					})
					if want == nil {
						want = got
					} else if i := kerneltest.SameBits(got, want); i >= 0 {
						t.Fatalf("%v form %d: element %d differs between 1 and %d threads", s, form, i, threads)
					}
				}
			}
		}
	})
}

func TestGemmFromSeveralGoroutines(t *testing.T) {
	const m, n, k = 130, 140, 150
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		a, b := kerneltest.Randoms[float32](r, m*k, 1), kerneltest.Randoms[float32](r, k*n, 1)
		want := make([]float32, m*n)
		Gemm(false, false, m, n, k, 1, a, k, b, n, 0, want, n)
		kerneltest.WithThreads(3, func() {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 10 {
						got := make([]float32, m*n)
						Gemm(false, false, m, n, k, 1, a, k, b, n, 0, got, n)
						if i := kerneltest.SameBits(got, want); i >= 0 {
							t.Errorf("element %d differs", i)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	})
}

func TestTileArgsLayout(t *testing.T) {
	names := []string{"a", "aStep", "b", "bStep", "bNext", "c", "cStep", "k", "tiles", "bias", "alpha", "beta", "slope",
		"flags", "mask"} // the order of the constants in asm/gemm.go
	typ := reflect.TypeFor[tileArgs]()
	if typ.NumField() != len(names) || typ.Size() != 8*uintptr(len(names)) {
		t.Fatalf("tileArgs has %d fields and %d bytes", typ.NumField(), typ.Size())
	}
	for i, n := range names {
		if f := typ.Field(i); f.Name != n || f.Offset != uintptr(8*i) {
			t.Errorf("field %d is %s at %d, want %s at %d", i, f.Name, f.Offset, n, 8*i)
		}
	}
}

func TestGemmPanicsOnShortSlices(t *testing.T) {
	v := make([]float32, 6)
	kerneltest.MustPanic(t, "kernels: Gemm: a has 6 elements, needs 9", func() {
		Gemm(false, false, 3, 2, 3, 1, v, 3, v, 2, 0, v, 2)
	})
	kerneltest.MustPanic(t, "kernels: GemmBiasAct: bias has 1 elements, needs 2", func() {
		GemmBiasAct(false, false, 3, 2, 2, v, 2, v, 2, v[:1], kernels.ReLU, 0, v, 2)
	})
	kerneltest.MustPanic(t, "kernels: Gemm: b has leading dimension 1, needs at least 2", func() {
		Gemm(false, false, 3, 2, 2, 1, v, 2, v, 1, 0, v, 2)
	})
	kerneltest.MustPanic(t, "kernels: Gemm: negative dimension in [-1 2 2]", func() {
		Gemm(false, false, -1, 2, 2, 1, v, 2, v, 2, 0, v, 2)
	})
}

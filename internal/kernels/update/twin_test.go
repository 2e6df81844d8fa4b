package update

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

// sameUpdate reports the first index where two results differ in any bit, or −1. NaNs are alike.
func sameUpdate[T kernels.Float](a, b []T) int {
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		if math.Float64bits(x) != math.Float64bits(y) && !(math.IsNaN(x) && math.IsNaN(y)) {
			return i
		}
	}
	return -1
}

// hard returns numbers of all magnitudes, with special values among them.
func hard[T kernels.Float](r *rand.Rand, n int) []T {
	tiny, huge := 0x1p-149, math.MaxFloat32
	if !kernels.IsF32[T]() {
		tiny, huge = 0x1p-1074, math.MaxFloat64
	}
	special := []float64{
		0, math.Copysign(0, -1), 1, -1, tiny, -tiny, 1000 * tiny, -3000 * tiny, huge, -huge,
		math.Inf(1), math.Inf(-1), math.NaN(),
	}
	x := make([]T, n)
	for i := range x {
		if x[i] = T(r.NormFloat64() * math.Exp2(float64(r.IntN(40)-30))); r.IntN(3) == 0 {
			x[i] = T(special[r.IntN(len(special))])
		}
	}
	return x
}

// updateConstants are sensible ones (for Adam without decay, and with both kinds), and ones that no optimizer gives.
func updateConstants[T kernels.Float](r *rand.Rand) [][10]T {
	odd := [10]T{}
	copy(odd[:], hard[T](r, len(odd)))
	return [][10]T{
		{0.9, 0.1, 0.999, 0.001, 0.01, 1.5, 1e-8, 0, 1, 0},
		{0.1, 0.01, 0.9, 1, 0.3, 0.7, 0.2, 0.01, 0.99, 0.5},
		odd,
	}
}

var updateKindNames = [numUpdates]string{
	"sgd", "momentum", "nesterov", "adam", "amsgrad", "nadam", "adamax", "adagrad", "adadelta", "rmsprop",
	"rmspropSlots", "rprop", "asgd", "asgdFirst", "clamp", "interpolate",
}

// What an implementation has in assembly gives the bits of its portable twin, for all lengths and alignments and for
// any value, and touches nothing around its slices.
func TestUpdatesAgreeExactly(t *testing.T) {
	t.Run("float32", exactUpdates[float32])
	t.Run("float64", exactUpdates[float64])
}

func exactUpdates[T kernels.Float](t *testing.T) {
	twins := portableUpdates[T]()
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for kind, apply := range updateOpsOf[T]().apply {
			for n := range 131 {
				for _, k := range updateConstants[T](r) {
					const margin = 20
					off := r.IntN(margin)
					var got, want [5][]T
					var x, y [5][]T
					for i := range got {
						got[i] = hard[T](r, n+2*margin)
						want[i] = kerneltest.Clone(got[i])
						x[i], y[i] = got[i][off:off+n], want[i][off:off+n]
						off = (off + 1 + r.IntN(3)) % margin
					}
					apply(x, k)
					twins.apply[kind](y, k)
					for i := range got {
						if at := sameUpdate(got[i], want[i]); at >= 0 {
							t.Fatalf("%s of %d, operand %d: %v, in Go %v (with guards, at %d)",
								updateKindNames[kind], n, i, got[i][at], want[i][at], at)
						}
					}
				}
			}
		}
	})
}

func TestScansAgreeExactly(t *testing.T) {
	t.Run("float32", exactScans[float32])
	t.Run("float64", exactScans[float64])
}

func exactScans[T kernels.Float](t *testing.T) {
	twins := portableUpdates[T]()
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		o := updateOpsOf[T]()
		for n := range 200 {
			x := kerneltest.Randoms[T](r, n, 1e3)
			got, want := o.squares(x), twins.squares(x)
			if kerneltest.SameBits(got[:], want[:]) >= 0 {
				t.Fatalf("squares of %d: %v, in Go %v", n, got, want)
			}
			if s := o.residue(x); s != 0 {
				t.Fatalf("residue of %d: %v", n, s)
			}
			for range min(n, 8) {
				y, at := kerneltest.Clone(x), r.IntN(n)
				y[at] = T([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[r.IntN(3)])
				if s := o.residue(y); s == s {
					t.Fatalf("residue of %d with %v at %d: %v", n, y[at], at, s)
				}
			}
			y := hard[T](r, n)
			got, want = o.squares(y), twins.squares(y)
			if sameUpdate(got[:], want[:]) >= 0 {
				t.Fatalf("squares of special values: %v, in Go %v", got, want)
			}
		}
	})
}

// Long slices give the same bits for any number of threads and in every implementation.
func TestUpdatesDoNotDependOnThreads(t *testing.T) {
	t.Run("float32", threadedUpdates[float32])
	t.Run("float64", threadedUpdates[float64])
}

func threadedUpdates[T kernels.Float](t *testing.T) {
	for _, n := range []int{updateFrom - 1, updateFrom, 5*updateChunk + 7, scanFrom + 3*scanChunk/2} {
		start, want := operands[T](n), map[string][][]T{}
		sum := map[string]float64{}
		check := func(t *testing.T, threads int) {
			for name, run := range updates[T]() {
				x := make([][]T, len(start))
				for i := range x {
					x[i] = kerneltest.Clone(start[i])
				}
				kerneltest.WithThreads(threads, func() { run(x) })
				if want[name] == nil {
					want[name] = x
				}
				for i := range x {
					if at := sameUpdate(x[i], want[name][i]); at >= 0 {
						t.Fatalf("%s of %d with %d threads, operand %d: %v at %d, alone %v", name, n, threads, i,
							x[i][at], at, want[name][i][at])
					}
				}
			}
			for _, m := range []int{n, n - 3} {
				x := kerneltest.Clone(start[0][:m])
				kerneltest.WithThreads(threads, func() {
					key := fmt.Sprint(m)
					got := SquaredNorm(x)
					if _, ok := sum[key]; !ok {
						sum[key] = got
					}
					if got != sum[key] {
						t.Fatalf("norm of %d with %d threads: %v, alone %v", m, threads, got, sum[key])
					}
					if at := NonFiniteIndex(x); at != -1 {
						t.Fatalf("non-finite at %d of %d", at, m)
					}
					for _, bad := range []int{m - 1, m / 2, 5} { // one after the other, the first counts
						x[bad] = T(math.Inf(-1))
						if at := NonFiniteIndex(x); at != bad {
							t.Fatalf("non-finite at %d of %d, want %d", at, m, bad)
						}
					}
				})
			}
			keep, x, was := make([]bool, n), kerneltest.Clone(start[0]), start[0]
			for i := range keep {
				keep[i] = i%3 == 0 || i%7 == 2
			}
			kerneltest.WithThreads(threads, func() { ZeroUnkept(x, keep) })
			for i := range x {
				if keep[i] && x[i] != was[i] || !keep[i] && x[i] != 0 {
					t.Fatalf("zeroed %v to %v at %d, kept %v", was[i], x[i], i, keep[i])
				}
			}
		}
		forEachISA(t, func(t *testing.T) { // the portable one is the first
			for _, threads := range []int{1, 2, 5} {
				check(t, threads)
			}
		})
	}
}

func TestLongUpdatesDoNotAllocate(t *testing.T) {
	const n = scanFrom + 17
	x, keep := operands[float32](n), make([]bool, n)
	calls := updates[float32]()
	calls["norm"] = func(x [][]float32) { SquaredNorm(x[1]) }
	calls["scan"] = func(x [][]float32) { NonFiniteIndex(x[1]) }
	calls["zero"] = func(x [][]float32) { ZeroUnkept(x[1], keep) }
	for _, threads := range []int{1, 2} {
		kerneltest.WithThreads(threads, func() {
			for name, run := range calls {
				run(x) // grows the memory for sums
				if n := testing.AllocsPerRun(10, func() { run(x) }); n != 0 {
					t.Errorf("%s with %d threads: %v allocations", name, threads, n)
				}
			}
		})
	}
}

func TestUpdatesRefuseShortSlices(t *testing.T) {
	w := make([]float32, 3)
	kerneltest.MustPanic(t, "kernels: AdamUpdate: v has 2 elements, needs 3", func() {
		AdamUpdate(w, w, w, w[:2], 0.9, 0.99, 0.1, 2, 1e-8, 0.01, 0.99)
	})
	kerneltest.MustPanic(t, "kernels: ZeroUnkept: keep has 1 elements, needs 3", func() { ZeroUnkept(w, make([]bool, 1)) })
}

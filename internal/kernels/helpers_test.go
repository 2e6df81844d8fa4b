package kernels

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/workers"
)

// forEachISA runs f once for every implementation that this processor has.
func forEachISA(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := ISA()
	defer func() { _ = SetISA(was) }()
	for _, name := range ISAs() {
		if err := SetISA(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, f)
	}
}

// withThreads runs f with n threads, whatever the number of processors.
func withThreads(n int, f func()) {
	procs := runtime.GOMAXPROCS(0)
	if n > procs {
		runtime.GOMAXPROCS(n)
		defer runtime.GOMAXPROCS(procs)
	}
	defer workers.Set(workers.Set(n))
	f()
}

func testRand(t testing.TB) *rand.Rand { return random.New(1, t.Name()) }

// randoms returns n numbers in [-scale, scale), in a slice that starts off any alignment.
func randoms[T Float](r *rand.Rand, n int, scale float64) []T {
	off := r.IntN(4)
	s := make([]T, off+n)[off:]
	for i := range s {
		s[i] = T(scale * (2*r.Float64() - 1))
	}
	return s
}

func clone[T Float](s []T) []T { return append([]T(nil), s...) }

func eps[T Float]() float64 {
	if isF32[T]() {
		return 0x1p-23
	}
	return 0x1p-52
}

// sameBits reports the first index at which a and b differ, or -1.
func sameBits[T Float](a, b []T) int {
	for i := range a {
		if math.Float64bits(float64(a[i])) != math.Float64bits(float64(b[i])) {
			return i
		}
	}
	return -1
}

// near fails the test unless |got − want| ≤ tol·(1 + |want|) everywhere; NaN matches NaN.
func near[T Float](t failer, what string, got []T, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range want {
		g, w := float64(got[i]), want[i]
		if g == w || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		if !(math.Abs(g-w) <= tol*(1+math.Abs(w))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, g, w)
		}
	}
}

// allocations is the smallest number of allocations of a call: testing.AllocsPerRun measures on one processor alone,
// where no worker takes part, and with several the runtime itself allocates now and then.
func allocations(calls int, f func()) uint64 {
	f()
	f()
	fewest := uint64(math.MaxUint64)
	for range calls {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		fewest = min(fewest, after.Mallocs-before.Mallocs)
	}
	return fewest
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}

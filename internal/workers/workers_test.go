package workers

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// withThreads runs f with n threads, whatever the number of processors.
func withThreads(n int, f func()) {
	if procs := runtime.GOMAXPROCS(0); n > procs {
		runtime.GOMAXPROCS(n)
		defer runtime.GOMAXPROCS(procs)
	}
	defer Set(Set(n))
	f()
}

func TestParallelVisitsEachChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		withThreads(threads, func() {
			for _, n := range []int{0, 1, 7, 64, 1000} {
				for _, grain := range []int{0, 1, 3, 64, 5000} {
					seen := make([]int32, n)
					Parallel(n, grain, func(lo, hi int) {
						g := max(grain, 1)
						if lo%g != 0 || hi != min(lo+g, n) {
							t.Errorf("chunk [%d,%d) of n=%d grain=%d", lo, hi, n, grain)
						}
						for i := lo; i < hi; i++ {
							atomic.AddInt32(&seen[i], 1)
						}
					})
					for i, c := range seen {
						if c != 1 {
							t.Fatalf("n=%d grain=%d: index %d visited %d times", n, grain, i, c)
						}
					}
				}
			}
		})
	}
}

func TestParallelFromSeveralGoroutinesAndNested(t *testing.T) {
	withThreads(4, func() {
		var wg sync.WaitGroup
		var total atomic.Int64
		for range 8 {
			wg.Go(func() {
				for range 200 {
					Parallel(40, 3, func(lo, hi int) {
						Parallel(hi-lo, 1, func(lo, hi int) { total.Add(int64(hi - lo)) })
					})
				}
			})
		}
		wg.Wait()
		if got := total.Load(); got != 8*200*40 {
			t.Errorf("visited %d indices, want %d", got, 8*200*40)
		}
	})
}

func TestParallelUsesSeveralWorkersAtOnce(t *testing.T) {
	withThreads(2, func() {
		var barrier sync.WaitGroup
		barrier.Add(2)
		Parallel(2, 1, func(int, int) { // returns only if both chunks run at the same time
			barrier.Done()
			barrier.Wait()
		})
	})
}

func TestParallelPassesPanicsOn(t *testing.T) {
	withThreads(3, func() {
		for bad := range 10 {
			func() {
				defer func() {
					if r := recover(); r != "boom" {
						t.Errorf("recovered %v, want boom", r)
					}
				}()
				Parallel(10, 1, func(lo, _ int) {
					if lo == bad {
						panic("boom")
					}
				})
			}()
			var n atomic.Int32
			Parallel(10, 1, func(int, int) { n.Add(1) })
			if n.Load() != 10 {
				t.Fatalf("after a panic %d of 10 chunks ran", n.Load())
			}
		}
	})
}

func TestParallelWakesParkedWorkers(t *testing.T) {
	withThreads(3, func() {
		for range 20 {
			Parallel(3, 1, func(int, int) {})
			for _, h := range (*pool.helpers.Load())[:2] {
				for !h.parked.Load() {
					runtime.Gosched()
				}
			}
			var barrier sync.WaitGroup
			barrier.Add(3)
			Parallel(3, 1, func(int, int) {
				barrier.Done()
				barrier.Wait()
			})
		}
	})
}

func TestThreads(t *testing.T) {
	defer Set(Set(0))
	procs := runtime.GOMAXPROCS(0)
	for set, want := range map[int]int{0: procs, 1: 1, procs: procs, procs + 5: procs, -3: procs} {
		if Set(set); Threads() != want {
			t.Errorf("Set(%d): Threads() = %d, want %d", set, Threads(), want)
		}
	}
}

// testing.AllocsPerRun measures on one processor, where no worker takes part. The runtime itself allocates now and then.
func TestWorkersAllocateNothing(t *testing.T) {
	withThreads(2, func() {
		const calls = 2000
		x := make([]float32, 1<<16) // enough that both threads get to work
		f := func(lo, hi int) { clear(x[lo:hi]) }
		call := func() { Parallel(len(x), len(x)/2, f) }
		call()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			call()
		}
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > calls/10 {
			t.Errorf("%d allocations in %d calls", n, calls)
		}
	})
}

func BenchmarkParallel(b *testing.B) {
	f := func(int, int) {}
	for b.Loop() {
		Parallel(2, 1, f)
	}
}

package workers

import (
	"sync/atomic"
	"testing"
)

// All chunks are done once, by whomever, while other work goes through the pool.
func TestSpareDoesEachChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		withThreads(threads, func() {
			var s Spare
			for _, n := range []int{0, 1, 7, 64, 1000} {
				for _, grain := range []int{0, 1, 3, 5000} {
					seen := make([]int32, n)
					s.Begin(n, grain, func(lo, hi int) {
						g := max(grain, 1)
						if lo%g != 0 || hi != min(lo+g, n) {
							t.Errorf("chunk [%d,%d) of n=%d grain=%d", lo, hi, n, grain)
						}
						for i := lo; i < hi; i++ {
							atomic.AddInt32(&seen[i], 1)
						}
					})
					var other atomic.Int32
					for range 5 {
						Parallel(20, 1, func(int, int) { other.Add(1) })
					}
					s.Finish()
					for i, c := range seen {
						if c != 1 {
							t.Fatalf("n=%d grain=%d: index %d visited %d times", n, grain, i, c)
						}
					}
					if other.Load() != 100 {
						t.Fatalf("the pool did %d of 100 chunks", other.Load())
					}
				}
			}
		})
	}
}

// Idle workers do it without being asked to finish.
func TestSpareIsDoneByIdleWorkers(t *testing.T) {
	withThreads(2, func() {
		for range 20 {
			var s Spare
			var done atomic.Int32
			s.Begin(10, 1, func(int, int) { done.Add(1) })
			for done.Load() < 10 { // wakes the worker again where it parked meanwhile
				Parallel(2, 1, func(int, int) {})
			}
			s.Finish()
			if done.Load() != 10 {
				t.Fatalf("%d of 10 chunks", done.Load())
			}
		}
	})
}

// A second one, begun while the first is in progress, is done too.
func TestSparesAtTheSameTime(t *testing.T) {
	withThreads(3, func() {
		for range 200 {
			var a, b Spare
			var x, y atomic.Int32
			a.Begin(30, 2, func(lo, hi int) { x.Add(int32(hi - lo)) })
			b.Begin(40, 3, func(lo, hi int) { y.Add(int32(hi - lo)) })
			Parallel(3, 1, func(int, int) {})
			b.Finish()
			a.Finish()
			if x.Load() != 30 || y.Load() != 40 {
				t.Fatalf("%d of 30 and %d of 40", x.Load(), y.Load())
			}
		}
	})
}

func TestSparePassesPanicsOn(t *testing.T) {
	for _, threads := range []int{1, 3} {
		withThreads(threads, func() {
			var s Spare
			for bad := range 10 {
				func() {
					defer func() {
						if r := recover(); r != "boom" {
							t.Errorf("recovered %v, want boom", r)
						}
					}()
					s.Begin(10, 1, func(lo, _ int) {
						if lo == bad {
							panic("boom")
						}
					})
					Parallel(3, 1, func(int, int) {})
					s.Finish()
				}()
				var n atomic.Int32
				s.Begin(10, 1, func(int, int) { n.Add(1) })
				s.Finish()
				if n.Load() != 10 {
					t.Fatalf("after a panic %d of 10 chunks ran", n.Load())
				}
			}
		})
	}
}

func TestSpareAllocatesNothing(t *testing.T) {
	var s Spare
	f := func(int, int) {}
	s.Begin(10, 1, f)
	s.Finish()
	if n := testing.AllocsPerRun(100, func() { s.Begin(10, 1, f); s.Finish() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

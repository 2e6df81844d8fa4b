package workers

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAsideKeepsToTheThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	defer Set(0)
	for threads := 1; threads <= 5; threads++ {
		Set(threads)
		hold := make(chan struct{})
		var waits []func()
		for {
			wait, ok := Aside(func() { <-hold })
			if !ok {
				break
			}
			waits = append(waits, wait)
		}
		if len(waits) != threads-1 {
			t.Errorf("%d goroutines beside the caller with %d threads", len(waits), threads)
		}
		ran := false
		AsideOrNow(func() { ran = true })()
		if !ran {
			t.Error("work that could not go aside was not done")
		}
		close(hold)
		for _, wait := range waits {
			wait()
		}
	}
}

func TestAsideIsBoundedAcrossCallers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	Set(3)
	defer Set(0)
	var now, most atomic.Int32
	var callers sync.WaitGroup
	for range 6 {
		callers.Go(func() {
			for range 200 {
				wait, ok := Aside(func() {
					n := now.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					runtime.Gosched()
					now.Add(-1)
				})
				if ok {
					wait()
				}
			}
		})
	}
	callers.Wait()
	if m := most.Load(); m < 1 || m > 2 {
		t.Errorf("%d at one time, want 1 or 2", m)
	}
	if n := aside.Load(); n != 0 {
		t.Errorf("%d are still counted", n)
	}
}

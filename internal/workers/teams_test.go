package workers

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Two callers get a worker each: the barrier opens only if four chunks run at the same time.
func TestCallersShareTheWorkers(t *testing.T) {
	withThreads(4, func() {
		for range 50 {
			var barrier, callers, entered sync.WaitGroup
			barrier.Add(4)
			entered.Add(2)
			for range 2 {
				callers.Go(func() {
					Enter()
					defer Leave()
					entered.Done()
					entered.Wait()
					Parallel(2, 1, func(int, int) {
						barrier.Done()
						barrier.Wait()
					})
				})
			}
			callers.Wait()
		}
	})
}

// Callers that have not entered share too: the second one gets what the first one leaves.
func TestSecondCallerGetsIdleWorkers(t *testing.T) {
	withThreads(4, func() {
		var barrier, second sync.WaitGroup
		barrier.Add(4)
		meet := func(int, int) {
			barrier.Done()
			barrier.Wait()
		}
		begun := make(chan struct{}, 2)
		second.Go(func() {
			<-begun
			<-begun
			Parallel(2, 1, meet)
		})
		Parallel(2, 1, func(lo, hi int) { // on two of the four threads
			begun <- struct{}{}
			meet(lo, hi)
		})
		second.Wait()
	})
}

// However many share work, no more chunks run at a time than there are threads, or callers if these are more.
func TestBudgetHoldsForAllCallersTogether(t *testing.T) {
	for _, c := range []struct{ threads, callers int }{{1, 3}, {2, 1}, {2, 2}, {3, 2}, {4, 2}, {4, 3}, {5, 2}, {8, 3}, {3, 5}} {
		withThreads(c.threads, func() {
			var now, most, done atomic.Int32
			var callers, entered sync.WaitGroup
			entered.Add(c.callers)
			left := make(chan struct{})
			var once sync.Once
			for range c.callers {
				callers.Go(func() {
					Enter()
					entered.Done()
					entered.Wait()
					for range 40 {
						Parallel(24, 1, func(int, int) {
							n := now.Add(1)
							for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
							}
							for range 20 {
								pause(20)
							}
							now.Add(-1)
							done.Add(1)
						})
					}
					if int(done.Load()) == c.callers*40*24 {
						once.Do(func() { close(left) })
					}
					<-left // who leaves earlier would leave its threads to the others
					Leave()
				})
			}
			callers.Wait()
			if m := int(most.Load()); m > max(c.threads, c.callers) {
				t.Errorf("%d threads, %d callers: %d chunks at one time", c.threads, c.callers, m)
			}
		})
	}
}

// A worker that is one too many leaves after the chunk in hand.
func TestWorkersLeaveWhenAnotherCallerComes(t *testing.T) {
	withThreads(2, func() {
		Enter()
		defer Leave()
		var inside atomic.Int32
		var second atomic.Bool
		caller := make(chan struct{})
		var after atomic.Int32
		Parallel(64, 1, func(lo, _ int) {
			n := inside.Add(1)
			defer inside.Add(-1)
			if lo == 0 { // the caller's first: it waits until the worker has begun, enters as another caller, and stays
				for inside.Load() < 2 {
					runtime.Gosched()
				}
				Enter()
				second.Store(true)
				close(caller)
				for inside.Load() > 1 {
					runtime.Gosched()
				}
				return
			}
			if lo >= 32 && !second.Load() { // the worker's
				<-caller
				return
			}
			if n > 1 {
				after.Add(1)
			}
		})
		Leave()
		if n := after.Load(); n > 0 {
			t.Errorf("%d chunks ran beside another one", n)
		}
	})
}

// Teams come and go while the budget changes; every chunk is done once. Run with -race.
func TestTeamsUnderStress(t *testing.T) {
	withThreads(6, func() {
		var callers sync.WaitGroup
		var wrong atomic.Int32
		for g := range 6 {
			callers.Go(func() {
				sums := make([]int64, 50)
				var spare Spare
				f := func(lo, hi int) {
					Parallel(hi-lo, 1, func(int, int) { sums[lo]++ })
				}
				for i := range 300 {
					if g == 0 {
						Set(1 + i%6)
					}
					if (g+i)%3 == 0 {
						Enter()
					}
					clear(sums)
					spare.Begin(5, 1, func(int, int) {})
					Parallel(len(sums), 1, f)
					spare.Finish()
					for _, s := range sums {
						if s != 1 {
							wrong.Add(1)
						}
					}
					if (g+i)%3 == 0 {
						Leave()
					}
				}
			})
		}
		callers.Wait()
		if n := wrong.Load(); n > 0 {
			t.Errorf("%d chunks were not done once", n)
		}
		for i := 0; busy() > 0 && i < 1e6; i++ { // late workers look and go
			runtime.Gosched()
		}
		if pool.owned.Load() != 0 || pool.others.Load() != 0 || pool.callers.Load() != 0 || busy() != 0 {
			t.Error("something is left over: a team, a caller or a worker")
		}
	})
}

func TestCallersAllocateNothing(t *testing.T) {
	withThreads(4, func() {
		f := func(int, int) {}
		var callers [2]Caller
		call := func() {
			callers[0].Begin()
			callers[1].Begin()
			Parallel(100, 1, f)
			callers[1].End()
			callers[0].End()
		}
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%v allocations", n)
		}
		call()
		call()
		if !callers[0].shares {
			t.Error("a caller that shares work is not counted")
		}
	})
	var c Caller
	c.Begin()
	c.End()
	if c.shares {
		t.Error("a caller that shares nothing is counted")
	}
}

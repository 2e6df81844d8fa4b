package workers

import (
	"math/bits"
	"runtime"
	"sync/atomic"
)

// A helper is the goroutine of a worker.
type helper struct {
	parked atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// grow returns at least n helpers.
func grow(n int) []*helper {
	if p := pool.helpers.Load(); p != nil && len(*p) >= n {
		return *p
	}
	pool.mu.Lock()
	defer pool.mu.Unlock()
	var all []*helper
	if p := pool.helpers.Load(); p != nil {
		all = append(all, *p...)
	}
	known := len(all)
	for len(all) < n {
		all = append(all, &helper{wake: make(chan struct{}, 1)})
	}
	pool.helpers.Store(&all) // before they start, for they ask how many there are
	for i, h := range all[known:] {
		go h.help(known + i + 1)
	}
	return all
}

// A worker looks for the next piece of work for some tens of microseconds before it parks: the kernels of one training
// step follow each other more closely than that, and waking a parked thread costs more than a small matrix product.
const (
	spins      = 200
	spinPauses = 24
)

// seen is the last piece of work of each team that a worker has looked at.
type seen [Teams]uint64

// fresh returns the index of a team with work that the worker has not looked at, or -1.
func (s *seen) fresh() int {
	if g := pool.teams[0].gen.Load(); g&1 == 1 && g != s[0] {
		return 0
	}
	for m := pool.others.Load(); m != 0; m &= m - 1 {
		i := bits.TrailingZeros32(m)
		if g := pool.teams[i].gen.Load(); g&1 == 1 && g != s[i] {
			return i
		}
	}
	return -1
}

func (h *helper) help(worker int) {
	var s seen
	for {
		k := s.fresh()
		for i := 0; i < spins && k < 0; i++ {
			if i%16 == 15 {
				runtime.Gosched()
			}
			if isWelcome(worker) && spareOne() {
				i = 0
			} else {
				pause(spinPauses)
			}
			k = s.fresh()
		}
		if k < 0 {
			h.parked.Store(true)
			if s.fresh() < 0 || !h.parked.CompareAndSwap(true, false) {
				<-h.wake
			}
			continue
		}
		t := &pool.teams[k]
		t.active.Add(1)
		if g := t.gen.Load(); g&1 == 1 && g != s[k] {
			s[k] = g
			if p := t.place(worker); p > 0 {
				t.guardedWork(worker, p)
			}
		}
		t.active.Add(-1)
	}
}

// isWelcome reports whether a worker may do spare work: with it, there are no more threads than the budget has.
func isWelcome(worker int) bool {
	n := int(pool.threads.Load())
	if n == 0 {
		n = len(*pool.helpers.Load()) + 1
	}
	return worker <= n-int(max(1, pool.callers.Load()))
}

func (t *Team) guardedWork(worker, place int) {
	defer func() {
		if r := recover(); r != nil {
			fault := r // r itself would be on the heap, whether there was a panic or not
			t.fault.CompareAndSwap(nil, &fault)
		}
	}()
	t.work(worker, place)
}

// wait is the i-th turn of a loop that waits for another worker.
func wait(i int) {
	if i < 4096 {
		pause(4)
	} else {
		runtime.Gosched()
	}
}

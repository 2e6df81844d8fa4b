package models

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/workers"
)

// lanes are runners of one frozen network, for calls at the same time: each has programs of its own, all have the weights
// in common. There is one at first; another is made when a call finds all of them in use, until there are as many as
// threads. Calls beyond that wait.
type lanes struct {
	all   []*lane // of which the first made exist
	made  atomic.Int32
	hints [laneHints]struct {
		lane atomic.Int32
		_    [60]byte // a cache line each
	}
	mu      sync.Mutex // of those who make lanes or wait for one
	free    sync.Cond
	waiting atomic.Int32
}

// lane is a runner, which one call at a time uses.
type lane struct {
	used   atomic.Bool
	index  int32
	runner *network.Runner
	_      [112]byte // so that no two share a cache line
}

const laneHints = 16

func newLanes(first *network.Runner) *lanes {
	l := &lanes{all: make([]*lane, runtime.GOMAXPROCS(0))}
	l.free.L = &l.mu
	l.all[0] = &lane{runner: first}
	l.made.Store(1)
	return l
}

// hint is where a goroutine looks first: the number of the lane that it had last, so that what it computes on is in its own
// core's cache and callers keep out of each other's way. Goroutines have stacks of their own, so the address of a variable
// tells them apart, mostly.
func (l *lanes) hint() *atomic.Int32 {
	var x byte
	return &l.hints[uint64(uintptr(unsafe.Pointer(&x))>>13)*0x9E3779B97F4A7C15>>60].lane
}

// take returns a lane that nobody else has; give must follow.
func (l *lanes) take() *lane {
	hint := l.hint()
	first := hint.Load()
	v := l.tryFrom(int(first), int(l.made.Load()))
	if v == nil {
		v = l.makeOrWait()
	}
	if v.index != first {
		hint.Store(v.index)
	}
	return v
}

// tryFrom takes one of the first made lanes that is free, looking from number i on, or returns nil.
func (l *lanes) tryFrom(i, made int) *lane {
	for range made {
		if v := l.all[i]; (i == 0 || workers.Allows(i+1)) && !v.used.Load() && v.used.CompareAndSwap(false, true) {
			return v
		}
		if i++; i == made {
			i = 0
		}
	}
	return nil
}

func (l *lanes) makeOrWait() *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting.Add(1) // before it looks again, so that whoever gives one back meanwhile is seen, or sees this
	defer l.waiting.Add(-1)
	for {
		made := int(l.made.Load())
		if v := l.tryFrom(0, made); v != nil {
			return v
		}
		if made < len(l.all) && made < workers.Threads() {
			v := &lane{index: int32(made), runner: l.all[0].runner.Fork()}
			v.used.Store(true)
			l.all[made] = v
			l.made.Store(int32(made + 1))
			return v
		}
		l.free.Wait()
	}
}

func (l *lanes) give(v *lane) {
	v.used.Store(false)
	if l.waiting.Load() > 0 {
		l.mu.Lock()
		l.free.Signal()
		l.mu.Unlock()
	}
}

// predict runs rows through a lane.
func (l *lanes) predict(x []float32) ([]float32, error) {
	v := l.take()
	defer l.give(v)
	return v.runner.Predict(x)
}

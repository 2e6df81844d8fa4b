package workers

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Teams is how many callers can share work at the same time. A further one works alone.
const Teams = 8

// pool is the one set of workers. What it begins with is what a single caller and its workers look at for every piece of
// work: it fills one cache line together with the head of the first team.
var pool struct {
	threads atomic.Int32  // as set; 0: GOMAXPROCS
	owned   atomic.Uint32 // a bit for each team
	others  atomic.Uint32 // teams that have work to share, but for the first
	callers atomic.Int32  // that have entered
	spare   atomic.Pointer[Spare]
	teams   [Teams]Team

	helpers atomic.Pointer[[]*helper] // helper i is worker i+1
	mu      sync.Mutex                // of those who make more
}

// A Task is work on chunks of a range. worker is below Team.Workers, and unique among those at work on it.
type Task interface {
	Run(worker, lo, hi int)
}

type taskFunc func(lo, hi int)

func (f taskFunc) Run(_, lo, hi int) { f(lo, hi) }

// A Team is a caller with the workers that may help it, from Acquire to Release. The caller is worker 0 and takes chunks
// like the others, so it never waits for a worker that has not started: a late worker only finds less to do.
//
// Work is published by making gen odd and withdrawn by making it even again. A worker counts itself in active before
// it looks at gen, and the caller reuses the fields below only after it has seen active at zero with gen even; so no
// worker ever sees them half written.
type Team struct {
	gen    atomic.Uint64
	active atomic.Int32
	fault  atomic.Pointer[any] // the first panic of a worker

	// of the caller
	index   int
	workers int // worker numbers are below it: the budget when the team was acquired
	threads int // that may work on it, the caller included
	first   int // of the workers that may help
	among   int // so many workers, counted around from the last to worker 1

	// the work; written by the caller while gen is even and active zero
	task   Task
	n      int
	grain  int
	parts  int
	shares []share
	_      [64]byte
}

// A share is the part of the chunks that one worker takes first; when it has none left it helps with the others'. The
// same worker thus gets the same part of the same work each time, and finds it in its own cache.
type share struct {
	next  atomic.Int64
	limit int64
	_     [48]byte // one cache line each
}

// Parallel cuts [0, n) into chunks of grain elements, the last one shorter, and calls f once for each chunk. Chunks
// run at the same time on the workers and on the calling goroutine, in no particular order. They depend on n
// and grain alone, so that a function which reduces each chunk by itself gives the same bits for any number of threads.
//
// If no worker is idle the caller runs all chunks by itself. A panic in f is passed on to the caller. Parallel itself
// allocates nothing: bind f once to keep a loop free of allocations.
func Parallel(n, grain int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	if n > grain {
		if t := Acquire(); t != nil {
			defer t.Release()
			t.Run(n, grain, taskFunc(f))
			return
		}
	}
	for lo := 0; lo < n; lo += grain {
		f(lo, min(lo+grain, n))
	}
}

// Acquire returns a team with at least one worker in it, or nil where the caller should work alone. Release must follow.
func Acquire() *Team {
	threads := Threads()
	if threads < 2 {
		return nil
	}
	callers := int(pool.callers.Load())
	if callers <= 1 && pool.owned.Load() == 0 && pool.owned.CompareAndSwap(0, 1) {
		t := &pool.teams[0]
		t.index, t.workers, t.threads, t.first, t.among = 0, threads, threads, 1, threads-1
		return t
	}
	return acquireBeside(threads, callers)
}

// acquireBeside is Acquire where others compute too: idle workers are divided between them.
func acquireBeside(threads, callers int) *Team {
	for {
		owned := pool.owned.Load()
		i := bits.TrailingZeros32(^owned)
		if i >= Teams {
			return nil
		}
		// Callers of work within shared work hold a team too, and are counted twice then: they get less help, not more.
		with := max(callers, bits.OnesCount32(owned)+1)
		helpers := threads - with
		if helpers < 1 || helpers <= busy() {
			return nil
		}
		if pool.owned.CompareAndSwap(owned, owned|1<<i) {
			t := &pool.teams[i]
			most := (helpers + with - 1) / with
			t.index, t.workers, t.threads, t.first, t.among = i, threads, most+1, 1+i*most%helpers, helpers
			return t
		}
	}
}

// busy is the number of workers at work.
func busy() (n int) {
	for i := range pool.teams {
		n += int(pool.teams[i].active.Load())
	}
	return n
}

// Release gives the team back.
func (t *Team) Release() { pool.owned.And(^(uint32(1) << t.index)) }

// Index tells the teams at work apart: it is below Teams. What is kept for each index belongs to the caller that holds
// the team.
func (t *Team) Index() int { return t.index }

// Threads is how many threads may work for the team at most, the caller included: what work is cut for.
func (t *Team) Threads() int { return t.threads }

// Workers is the limit of worker numbers: what per-worker memory is needed for.
func (t *Team) Workers() int { return t.workers }

// Run runs task over the chunks of [0, n), as Parallel does.
func (t *Team) Run(n, grain int, task Task) {
	chunks := (n + grain - 1) / grain
	parts := min(t.threads, chunks)
	if parts <= 1 {
		for lo := 0; lo < n; lo += grain {
			task.Run(0, lo, min(lo+grain, n))
		}
		return
	}
	helpers := grow(t.among)
	if len(t.shares) < parts {
		t.shares = make([]share, parts)
	}
	t.task, t.n, t.grain, t.parts = task, n, grain, parts
	for i := range parts {
		t.shares[i].limit = int64((i + 1) * chunks / parts)
		t.shares[i].next.Store(int64(i * chunks / parts))
	}
	t.gen.Add(1)
	if t.index > 0 {
		pool.others.Or(1 << t.index)
	}
	for i, w := 1, t.first; i < parts; i++ {
		if h := helpers[w-1]; h.parked.Load() && h.parked.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
		if w++; w > t.among {
			w = 1
		}
	}
	defer t.finish()
	t.work(0, 0)
}

// finish withdraws the work, waits for the workers that are still busy with it, and passes a worker's panic on.
func (t *Team) finish() {
	if t.index > 0 {
		pool.others.And(^(uint32(1) << t.index))
	}
	t.gen.Add(1)
	for i := 0; t.active.Load() != 0; i++ {
		if !spareOne() {
			wait(i)
		}
	}
	t.task = nil
	if f := t.fault.Swap(nil); f != nil {
		panic(*f)
	}
}

// place is which share of the work a worker takes first, from 1 on, or 0 where it is not to help.
func (t *Team) place(worker int) int {
	i := worker - t.first
	if i < 0 {
		i += t.among
	}
	if worker > t.among || i >= t.parts-1 {
		return 0
	}
	return i + 1
}

// work takes chunks until none is left, or until a worker is one too many.
func (t *Team) work(worker, place int) {
	for i := range t.parts {
		if place+i == t.parts {
			place = -i
		}
		s := &t.shares[place+i]
		for s.next.Load() < s.limit {
			if worker > 0 && worker > t.workers-int(max(1, pool.callers.Load())) {
				return
			}
			c := s.next.Add(1) - 1
			if c >= s.limit {
				break
			}
			lo := int(c) * t.grain
			t.task.Run(worker, lo, min(lo+t.grain, t.n))
		}
	}
}

package kernels

import (
	"runtime"
	"sync/atomic"
)

// workers is the pool that all kernels share.
var workers pool

// SetThreads sets how many threads the kernels may use, the calling one included; 0 stands for GOMAXPROCS, which is
// also the upper limit. Results do not depend on it.
func SetThreads(n int) {
	if n < 0 {
		n = 0
	}
	workers.threads.Store(int32(n))
}

// Threads returns the number of threads that the kernels may use now.
func Threads() int {
	n := runtime.GOMAXPROCS(0)
	if t := int(workers.threads.Load()); t > 0 && t < n {
		return t
	}
	return n
}

// Parallel cuts [0, n) into chunks of grain elements, the last one shorter, and calls f once for each chunk. Chunks
// run at the same time on the pool's workers and on the calling goroutine, in no particular order. They depend on n
// and grain alone, so that a function which reduces each chunk by itself gives the same bits for any number of threads.
//
// If the workers are taken by another caller, or f itself is running under Parallel, the caller runs all chunks by
// itself. A panic in f is passed on to the caller. Parallel itself allocates nothing: bind f once to keep a loop free
// of allocations.
func Parallel(n, grain int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	if n > grain && workers.acquire() {
		defer workers.release()
		workers.run(n, grain, taskFunc(f))
		return
	}
	for lo := 0; lo < n; lo += grain {
		f(lo, min(lo+grain, n))
	}
}

// A task is work on chunks of a range. worker is below the number of threads and unique among the calls in progress.
type task interface {
	run(worker, lo, hi int)
}

type taskFunc func(lo, hi int)

func (f taskFunc) run(_, lo, hi int) { f(lo, hi) }

// pool is a fixed set of goroutines that help whoever has acquired it. The calling goroutine is worker 0 and takes
// chunks like the others, so it never waits for a worker that has not started: a late worker only finds less to do.
//
// A job is published by making gen odd and withdrawn by making it even again. A worker counts itself in active before
// it looks at gen, and the caller reuses the job only after it has seen active at zero with gen even; so no worker
// ever sees a job half written.
type pool struct {
	threads atomic.Int32 // as set; 0: GOMAXPROCS
	owned   atomic.Bool
	gen     atomic.Uint64
	active  atomic.Int32
	fault   atomic.Pointer[any] // the first panic of a worker
	spare   atomic.Pointer[Spare]

	// the job; written by the owner while gen is even and active zero
	task   task
	n      int
	grain  int
	parts  int
	shares []share

	helpers []*helper // helpers[i] is worker i+1; grown by the owner
}

// A share is the part of the chunks that one worker takes first; when it has none left it helps with the others'. The
// same worker thus gets the same part of the same job each time, and finds it in its own cache.
type share struct {
	next  atomic.Int64
	limit int64
	_     [48]byte // one cache line each
}

type helper struct {
	parked atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// acquire makes the caller the owner of the pool if it is free and more than one thread may be used.
func (p *pool) acquire() bool {
	return Threads() > 1 && !p.owned.Load() && p.owned.CompareAndSwap(false, true)
}

func (p *pool) release() { p.owned.Store(false) }

// run executes t over the chunks of [0, n); the caller owns the pool.
func (p *pool) run(n, grain int, t task) {
	chunks := (n + grain - 1) / grain
	parts := min(Threads(), chunks)
	if parts <= 1 {
		for lo := 0; lo < n; lo += grain {
			t.run(0, lo, min(lo+grain, n))
		}
		return
	}
	p.grow(parts)
	p.task, p.n, p.grain, p.parts = t, n, grain, parts
	for i := range parts {
		p.shares[i].limit = int64((i + 1) * chunks / parts)
		p.shares[i].next.Store(int64(i * chunks / parts))
	}
	p.gen.Add(1)
	for _, h := range p.helpers[:parts-1] {
		if h.parked.Load() && h.parked.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
	defer p.finish()
	p.work(0)
}

// finish withdraws the job, waits for the workers that are still busy with it, and passes a worker's panic on.
func (p *pool) finish() {
	p.gen.Add(1)
	for i := 0; p.active.Load() != 0; i++ {
		if !p.spareOne() {
			wait(i)
		}
	}
	p.task = nil
	if f := p.fault.Swap(nil); f != nil {
		panic(*f)
	}
}

// work takes chunks until none is left.
func (p *pool) work(worker int) {
	for i := range p.parts {
		s := &p.shares[(worker+i)%p.parts]
		for s.next.Load() < s.limit {
			c := s.next.Add(1) - 1
			if c >= s.limit {
				break
			}
			lo := int(c) * p.grain
			p.task.run(worker, lo, min(lo+p.grain, p.n))
		}
	}
}

func (p *pool) grow(parts int) {
	if len(p.shares) < parts {
		p.shares = make([]share, parts)
	}
	for len(p.helpers) < parts-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		p.helpers = append(p.helpers, h)
		go p.help(h, len(p.helpers))
	}
}

// A worker looks for the next job for some tens of microseconds before it parks: the kernels of one training step
// follow each other more closely than that, and waking a parked thread costs more than a small matrix product.
const (
	spins      = 200
	spinPauses = 24
)

func (p *pool) help(h *helper, worker int) {
	var last uint64 // the last job seen
	fresh := func() bool {
		g := p.gen.Load()
		return g&1 == 1 && g != last
	}
	for {
		for i := 0; i < spins && !fresh(); i++ {
			if i%16 == 15 {
				runtime.Gosched()
			}
			if t := int(p.threads.Load()); (t == 0 || worker < t) && p.spareOne() {
				i = 0
			} else {
				pause(spinPauses)
			}
		}
		if !fresh() {
			h.parked.Store(true)
			if !fresh() || !h.parked.CompareAndSwap(true, false) {
				<-h.wake
			}
		}
		p.active.Add(1)
		if g := p.gen.Load(); g&1 == 1 && g != last {
			last = g
			if worker < p.parts {
				p.guardedWork(worker)
			}
		}
		p.active.Add(-1)
	}
}

func (p *pool) guardedWork(worker int) {
	defer func() {
		if r := recover(); r != nil {
			fault := r // r itself would be on the heap, whether there was a panic or not
			p.fault.CompareAndSwap(nil, &fault)
		}
	}()
	p.work(worker)
}

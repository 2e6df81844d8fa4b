package workers

import "sync/atomic"

// Spare is work that can wait: workers do it, a chunk at a time, while they would otherwise wait for the next kernel or
// for each other. It is the preparation of what follows, for it must not touch what running kernels read or write. The
// zero value is ready; a Spare is not safe for concurrent use.
type Spare struct {
	grain, n int
	f        func(lo, hi int)
	next     atomic.Int64 // chunk
	users    atomic.Int32 // workers that look at the fields above
	fault    atomic.Pointer[any]
	help     func(lo, hi int) // bound once, so that Finish allocates nothing
}

// Begin offers [0, n) to the workers in chunks of grain elements, of about a microsecond's work each: a kernel has to wait
// for as long as one chunk takes. f is called as by [Parallel]. Finish must follow before anything reads the results.
//
// The pool has one Spare at a time; what comes second is all done by Finish.
func (s *Spare) Begin(n, grain int, f func(lo, hi int)) {
	s.n, s.grain, s.f = max(n, 0), max(grain, 1), f
	s.next.Store(0)
	pool.spare.CompareAndSwap(nil, s)
}

// Finish does what is left, on all workers, and returns when all is done. A panic in f is passed on.
func (s *Spare) Finish() {
	if s.help == nil {
		s.help = func(lo, hi int) {
			for range hi - lo {
				s.one()
			}
		}
	}
	Parallel(s.chunks()-min(s.chunks(), int(s.next.Load())), 1, s.help)
	pool.spare.CompareAndSwap(s, nil)
	for i := 0; s.users.Load() != 0; i++ {
		wait(i)
	}
	s.f = nil
	if f := s.fault.Swap(nil); f != nil {
		panic(*f)
	}
}

func (s *Spare) chunks() int { return (s.n + s.grain - 1) / s.grain }

// one does the next chunk, if there is one.
func (s *Spare) one() bool {
	if int(s.next.Load()) >= s.chunks() {
		return false
	}
	lo := int(s.next.Add(1)-1) * s.grain
	if lo >= s.n {
		return false
	}
	defer func() {
		if r := recover(); r != nil {
			fault := r
			s.fault.CompareAndSwap(nil, &fault)
		}
	}()
	s.f(lo, min(lo+s.grain, s.n))
	return true
}

// spareOne does one chunk of the pool's spare work, if there is any. As with jobs, whoever looks at it is counted first,
// and it is reused only when nobody does.
func spareOne() bool {
	s := pool.spare.Load()
	if s == nil {
		return false
	}
	s.users.Add(1)
	defer s.users.Add(-1)
	return pool.spare.Load() == s && s.one()
}

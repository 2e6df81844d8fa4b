// Package shards evaluates rows in parts, side by side on the kernels' workers.
package shards

import (
	"sync/atomic"

	"github.com/gtrain/gtrain/internal/workers"
)

// Most is the largest number of rows of a part: few enough to share 128 rows between two workers, and enough to keep the
// matrix kernels at their best.
const Most = 64

// Pool cuts rows into parts of equal size and runs each through a program P for that many rows. It builds programs for
// the sizes that it meets and keeps them. Parts go through a whole network side by side, which takes one hand-over where
// sharing every product takes one a layer. The cut depends on the number of rows alone, so results do not depend on the
// number of threads. A Pool is not safe for concurrent use.
type Pool[P any] struct {
	build func(rows int) (P, error)
	run   func(p P, part, lo, hi int) error
	sizes map[int]*programs[P]

	// the call in progress
	lo, hi, size int
	errs         []error
	work         func(lo, hi int) // bound once, so that Run allocates nothing
	caller       workers.Caller
}

// programs are those of one size: as many as ran at one time.
type programs[P any] struct {
	all  []P
	used []atomic.Bool
}

// take returns the number of a program that nobody uses, of which there is always one: number i if that is free, so that
// a worker finds what the program computes on in its own cache.
func (ps *programs[P]) take(i int) int {
	for ; ; i = (i + 1) % len(ps.all) {
		if ps.used[i].CompareAndSwap(false, true) {
			return i
		}
	}
}

// New makes a Pool. build makes a program for a number of rows; run puts rows lo to hi, which are part number part,
// through a program that no other call uses meanwhile.
func New[P any](build func(rows int) (P, error), run func(p P, part, lo, hi int) error) *Pool[P] {
	s := &Pool[P]{build: build, run: run, sizes: map[int]*programs[P]{}}
	s.work = func(lo, hi int) {
		for k := lo; k < hi; k++ {
			s.part(k)
		}
	}
	return s
}

// Parts is the number of parts that Run cuts n rows into.
func Parts(n int) int { return (n + Most - 1) / Most }

// Run runs rows lo to hi and returns the error of the first part that has one. Once the programs exist it allocates
// nothing.
func (s *Pool[P]) Run(lo, hi int) error {
	parts := Parts(hi - lo)
	if parts == 0 {
		return nil
	}
	s.lo, s.hi, s.size = lo, hi, (hi-lo+parts-1)/parts
	parts = (hi - lo + s.size - 1) / s.size
	// Programs are built here, not on the workers.
	atOnce := 1
	if parts > 1 {
		atOnce = min(parts, workers.Threads())
	}
	for _, n := range []int{s.size, (hi-lo-1)%s.size + 1} {
		if err := s.have(n, atOnce); err != nil {
			return err
		}
	}
	s.errs = s.errs[:0]
	for range parts {
		s.errs = append(s.errs, nil)
	}
	s.caller.Begin()
	defer s.caller.End()
	if parts == 1 { // the products themselves are shared among the workers
		s.part(0)
	} else {
		workers.Parallel(parts, 1, s.work)
	}
	for _, err := range s.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Pool[P]) part(k int) {
	lo := s.lo + k*s.size
	hi := min(lo+s.size, s.hi)
	ps := s.sizes[hi-lo]
	i := ps.take(k * len(ps.all) / len(s.errs)) // workers get neighbouring parts
	defer ps.used[i].Store(false)
	s.errs[k] = s.run(ps.all[i], k, lo, hi)
}

// have sees to it that there are so many programs for a number of rows.
func (s *Pool[P]) have(n, count int) error {
	ps := s.sizes[n]
	if ps == nil {
		ps = &programs[P]{}
		s.sizes[n] = ps
	}
	if len(ps.all) >= count {
		return nil
	}
	for len(ps.all) < count {
		p, err := s.build(n)
		if err != nil {
			return err
		}
		ps.all = append(ps.all, p)
	}
	ps.used = make([]atomic.Bool, count)
	return nil
}

// Sizes lists the numbers of rows that programs exist for, in no order.
func (s *Pool[P]) Sizes() (sizes []int) {
	for n := range s.sizes {
		sizes = append(sizes, n)
	}
	return sizes
}

package kernels

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/workers"
)

// elementJob is an elementwise function shared over the workers. Exactly one of the functions is set.
type elementJob[T Float] struct {
	unary  func(dst, x []T)
	binary func(dst, a, b []T)
	scalar func(dst, a []T, s T)
	axpy   func(alpha T, x, y []T)
	grad   func(dst, dy, v []T, s T)

	dst, a, b []T
	s         T
	team      *workers.Team
}

// Each team has a job of each type, so that a call allocates nothing.
var (
	elementJobs32 [workers.Teams]elementJob[float32]
	elementJobs64 [workers.Teams]elementJob[float64]
)

// borrowElements acquires a team and its job for n elements, or returns nil if the caller should work alone.
func borrowElements[T Float](n int) *elementJob[T] {
	if n < shareFrom {
		return nil
	}
	team := workers.Acquire()
	if team == nil {
		return nil
	}
	j := (*elementJob[T])(unsafe.Pointer(&elementJobs64[team.Index()]))
	if IsF32[T]() {
		j = (*elementJob[T])(unsafe.Pointer(&elementJobs32[team.Index()]))
	}
	j.team = team
	return j
}

func (j *elementJob[T]) runAndReturn(n int) {
	team := j.team
	defer func() {
		*j = elementJob[T]{}
		team.Release()
	}()
	team.Run(n, shareChunk, j)
}

func (j *elementJob[T]) Run(_, lo, hi int) {
	switch {
	case j.unary != nil:
		j.unary(j.dst[lo:hi], j.a[lo:hi])
	case j.binary != nil:
		j.binary(j.dst[lo:hi], j.a[lo:hi], j.b[lo:hi])
	case j.scalar != nil:
		j.scalar(j.dst[lo:hi], j.a[lo:hi], j.s)
	case j.axpy != nil:
		j.axpy(j.s, j.a[lo:hi], j.dst[lo:hi])
	case j.grad != nil:
		j.grad(j.dst[lo:hi], j.a[lo:hi], j.b[lo:hi], j.s)
	}
}

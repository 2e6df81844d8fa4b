package kernels

import "unsafe"

// elementJob is an elementwise function on its way through the pool. Exactly one of the functions is set.
type elementJob[T Float] struct {
	unary  func(dst, x []T)
	binary func(dst, a, b []T)
	scalar func(dst, a []T, s T)
	axpy   func(alpha T, x, y []T)
	grad   func(dst, dy, v []T, s T)

	dst, a, b []T
	s         T
}

// The one job of each type belongs to whoever has acquired the pool, so that a call allocates nothing.
var (
	elementJob32 elementJob[float32]
	elementJob64 elementJob[float64]
)

// borrowElements acquires the pool and its job for n elements, or returns nil if the caller should work alone.
func borrowElements[T Float](n int) *elementJob[T] {
	if n < shareFrom || !workers.acquire() {
		return nil
	}
	if isF32[T]() {
		return (*elementJob[T])(unsafe.Pointer(&elementJob32))
	}
	return (*elementJob[T])(unsafe.Pointer(&elementJob64))
}

func (j *elementJob[T]) runAndReturn(n int) {
	defer func() {
		*j = elementJob[T]{}
		workers.release()
	}()
	workers.run(n, shareChunk, j)
}

func (j *elementJob[T]) run(_, lo, hi int) {
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

package kernels

import (
	"sync"
	"unsafe"
)

// scratch keeps buffers between calls, so that calls in steady state allocate nothing. There are as many buffers as
// calls were ever in progress at once.
type scratch[T Float] struct {
	mu   sync.Mutex
	free [][]T
}

var (
	scratch32 scratch[float32]
	scratch64 scratch[float64]
)

func scratchOf[T Float]() *scratch[T] {
	if isF32[T]() {
		return (*scratch[T])(unsafe.Pointer(&scratch32))
	}
	return (*scratch[T])(unsafe.Pointer(&scratch64))
}

// alignment of buffers in bytes: a page, so that two buffers never share a cache line.
const alignment = 4096

// get returns a page-aligned buffer of at least n elements with arbitrary content.
func (s *scratch[T]) get(n int) []T {
	var b []T
	s.mu.Lock()
	if l := len(s.free); l > 0 {
		b = s.free[l-1]
		s.free = s.free[:l-1]
	}
	s.mu.Unlock()
	if len(b) >= n {
		return b
	}
	return aligned[T](max(n, 2*len(b)))
}

// aligned returns a new page-aligned slice.
func aligned[T Float](n int) []T {
	size := int(unsafe.Sizeof(*new(T)))
	b := make([]T, n+alignment/size)
	if over := int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) % alignment); over != 0 {
		b = b[(alignment-over)/size:]
	}
	return b[:n]
}

func (s *scratch[T]) put(b []T) {
	s.mu.Lock()
	s.free = append(s.free, b)
	s.mu.Unlock()
}

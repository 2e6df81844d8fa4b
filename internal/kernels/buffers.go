package kernels

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// shelf keeps what calls need between calls, descriptions of jobs with their buffers, so that they allocate nothing in
// steady state. A goroutine finds what it
// put there last, which is in its own core's cache, without disturbing others.
type shelf[V any] struct {
	places [shelfPlaces]struct {
		v atomic.Pointer[V]
		_ [56]byte // a cache line each
	}
	mu   sync.Mutex
	rest []*V // what found no place, of calls that ran at the same time
}

const shelfPlaces = 16

// place is where a goroutine looks first. Goroutines have stacks of their own, so the address of a variable tells them
// apart, mostly.
func (s *shelf[V]) place() int {
	var x byte
	return int(uint64(uintptr(unsafe.Pointer(&x))>>13) * 0x9E3779B97F4A7C15 >> 60)
}

// get returns one of those kept, or a new one.
func (s *shelf[V]) get() *V {
	i := s.place()
	for range 2 {
		if p := &s.places[i].v; p.Load() != nil {
			if v := p.Swap(nil); v != nil {
				return v
			}
		}
		i = (i + 1) % shelfPlaces
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := len(s.rest); l > 0 {
		v := s.rest[l-1]
		s.rest = s.rest[:l-1]
		return v
	}
	return new(V)
}

func (s *shelf[V]) put(v *V) {
	i := s.place()
	for range 2 {
		if s.places[i].v.CompareAndSwap(nil, v) {
			return
		}
		i = (i + 1) % shelfPlaces
	}
	s.mu.Lock()
	s.rest = append(s.rest, v)
	s.mu.Unlock()
}

// buffer is scratch memory of a call.
type buffer[T Float] struct{ x []T }

var (
	buffers32 shelf[buffer[float32]]
	buffers64 shelf[buffer[float64]]
)

func buffersOf[T Float]() *shelf[buffer[T]] {
	if isF32[T]() {
		return (*shelf[buffer[T]])(unsafe.Pointer(&buffers32))
	}
	return (*shelf[buffer[T]])(unsafe.Pointer(&buffers64))
}

// borrow returns a buffer whose x has at least n elements, page-aligned and of arbitrary content. giveBack must follow.
func borrow[T Float](n int) *buffer[T] {
	b := buffersOf[T]().get()
	if len(b.x) < n {
		b.x = aligned[T](max(n, 2*len(b.x)))
	}
	return b
}

func (b *buffer[T]) giveBack() { buffersOf[T]().put(b) }

// alignment of buffers in bytes: a page, so that two buffers never share a cache line.
const alignment = 4096

// aligned returns a new page-aligned slice.
func aligned[T Float](n int) []T {
	size := int(unsafe.Sizeof(*new(T)))
	b := make([]T, n+alignment/size)
	if over := int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) % alignment); over != 0 {
		b = b[(alignment-over)/size:]
	}
	return b[:n]
}

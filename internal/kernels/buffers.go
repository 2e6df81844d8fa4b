package kernels

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Shelf keeps what calls need between calls, descriptions of jobs with their buffers, so that they allocate nothing in
// steady state. A goroutine finds what it put there last, which is in its own core's cache, without disturbing others.
type Shelf[V any] struct {
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
func (s *Shelf[V]) place() int {
	var x byte
	return int(uint64(uintptr(unsafe.Pointer(&x))>>13) * 0x9E3779B97F4A7C15 >> 60)
}

// Get returns one of those kept, or a new one.
func (s *Shelf[V]) Get() *V {
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

// Put keeps v for another call.
func (s *Shelf[V]) Put(v *V) {
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

// Buffer is scratch memory of a call.
type Buffer[T Float] struct{ X []T }

var (
	buffers32 Shelf[Buffer[float32]]
	buffers64 Shelf[Buffer[float64]]
)

func buffersOf[T Float]() *Shelf[Buffer[T]] {
	if IsF32[T]() {
		return (*Shelf[Buffer[T]])(unsafe.Pointer(&buffers32))
	}
	return (*Shelf[Buffer[T]])(unsafe.Pointer(&buffers64))
}

// Borrow returns a buffer whose X has at least n elements, page-aligned and of arbitrary content. GiveBack must follow.
func Borrow[T Float](n int) *Buffer[T] {
	b := buffersOf[T]().Get()
	if len(b.X) < n {
		b.X = Aligned[T](max(n, 2*len(b.X)))
	}
	return b
}

// GiveBack ends the use of the buffer.
func (b *Buffer[T]) GiveBack() { buffersOf[T]().Put(b) }

// alignment of buffers in bytes: a page, so that two buffers never share a cache line.
const alignment = 4096

// Aligned returns a new page-aligned slice.
func Aligned[T Float](n int) []T {
	size := int(unsafe.Sizeof(*new(T)))
	b := make([]T, n+alignment/size)
	if over := int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) % alignment); over != 0 {
		b = b[(alignment-over)/size:]
	}
	return b[:n]
}

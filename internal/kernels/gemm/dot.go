package gemm

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Where both operands lie along p (NT), and few rows would share the transposed copy of B that tiles need, each element
// of c is computed as a dot product, four columns and a few rows at a time.

// dotBytes is how much of B, in bytes, all rows of A pass over before the next part of it is read.
const dotBytes = 24 << 10

// Dot products are faster for up to dotRows rows, which share a copy of B, and from dotDepth products for each of them on:
// adding up the lanes at the end costs as much as some products.
const (
	dotRows  = 24
	dotDepth = 12
)

// isDot reports whether a product is computed by dot products. This must not depend on the number of threads.
func (g *gemmArgs[T]) isDot(s *tileSet) bool {
	return s.dots != nil && g.acs == 1 && g.brs == 1 && (g.bcs != 1 || g.n == 1) &&
		g.m <= dotRows && g.k >= dotDepth*g.m
}

// dot computes columns j0 to j1 of c.
func (w *tileWork[T]) dot(g *gemmArgs[T], s *tileSet, j0, j1 int) {
	size := int(unsafe.Sizeof(*new(T)))
	t := &w.args
	w.constants(g)
	t.k = g.k
	t.aStep, t.bStep = uintptr(g.ars*size), uintptr(g.bcs*size)
	t.beta = kernels.Bits(g.beta)
	t.flags = g.flags(true, true)
	args := (*[15]uint64)(unsafe.Pointer(t))
	cols := max(4, dotBytes/size/g.k&^3)
	for j := j0; j < j1; j += cols {
		je := min(j+cols, j1)
		for i := 0; i < g.m; {
			rows := min(g.m-i, len(s.dots)-1)
			t.a, t.b, t.c = kernels.Addr(g.a, i*g.ars), kernels.Addr(g.b, j*g.bcs), kernels.Addr(g.c, i*g.ldc+j)
			t.tiles, t.bias = je-j, 0
			if g.bias != nil {
				t.bias = kernels.Addr(g.bias, j)
			}
			s.dots[rows](args)
			g.activate(i, i+rows, j, je)
			i += rows
		}
	}
}

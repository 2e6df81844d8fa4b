package conv

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Convolutions whose groups have but one or two filters, depthwise ones above all: a kernel computes several rows of one
// filter's results.

// convStackArgs is what its kernel reads; its layout is known to the assembly (asm/convstack.go).
type convStackArgs struct {
	a        uintptr
	x, xStep uintptr
	offsets  uintptr
	k        int
	c, cStep uintptr
	bytes    int
	bias     uintptr
	slope    uint64
	flags    uint64
}

type convStackFunc func(t *[11]uint64)

// stackFilters is the number of filters of a group up to which their rows are computed one filter at a time.
const stackFilters = 2

// stacked computes the results of filter f, of all groups together, from the image of its group at x.
func (j *convJob[T]) stacked(w *convWork[T], s *convSum, f int, x uintptr, dst []T) {
	size := kernels.SizeOf[T]()
	g := s.grid
	a := &w.stack
	a.a, a.offsets, a.k = kernels.Addr(j.weights, s.weights+f*s.k), uintptr(unsafe.Pointer(&s.offsets[0])), s.k
	a.xStep, a.cStep, a.bytes = uintptr(g.inStep*size), uintptr(g.outStep*size), s.w*size
	a.bias, a.flags, a.slope = 0, 0, kernels.Bits(j.slope)
	if j.bias != nil {
		a.bias = kernels.Addr(j.bias, f)
	}
	switch j.act {
	case kernels.ReLU:
		a.flags = kernels.TileReLU
	case kernels.LeakyReLU:
		a.flags = kernels.TileLeaky
	}
	plane := dst[f*s.plane:]
	rows := kernels.CeilDiv(s.h, kernels.CeilDiv(s.h, len(j.set.stack)-1))
	kernel := j.set.stack[rows]
	for y := 0; y < s.h; y += rows {
		y = min(y, s.h-rows) // the last rows overlap those before
		a.x, a.c = x+uintptr((g.in+y*g.inStep)*size), kernels.Addr(plane, g.out+y*g.outStep)
		kernel((*[11]uint64)(unsafe.Pointer(a)))
	}
	if j.act > kernels.LeakyReLU { // of the forward pass alone, whose rows lie together
		act := kernels.OpsOf[T]().Act[j.act]
		act(plane[:s.plane], plane[:s.plane], j.slope)
	}
}

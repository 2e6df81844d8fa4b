package conv

import (
	"math"
	"sync"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// A poolPlan is what the windows of a shape have in common, computed once.
type poolPlan[T kernels.Float] struct {
	rows, cols []poolSpan
	// of maxima: how a plane is copied, and where each tap of a window finds its element there, in bytes
	image   convCopy
	offsets []uint32
	// of averages: a convolution of each plane with ones gives the sums
	sums   *Conv[T]
	ones   []T
	counts [2][]T // what a sum is divided by, without and with padding
}

// A poolSpan is a window's extent in one dimension: where its first tap lies, and the taps that fall on the plane.
type poolSpan struct{ at, lo, hi int }

// poolPlans keeps the plans. Their number is that of the shapes that a program uses.
type poolPlans[T kernels.Float] struct {
	mu   sync.RWMutex
	plan map[PoolShape]*poolPlan[T]
}

var (
	poolPlans32 poolPlans[float32]
	poolPlans64 poolPlans[float64]
)

func poolPlanOf[T kernels.Float](s PoolShape) *poolPlan[T] {
	c := (*poolPlans[T])(unsafe.Pointer(&poolPlans64))
	if kernels.IsF32[T]() {
		c = (*poolPlans[T])(unsafe.Pointer(&poolPlans32))
	}
	c.mu.RLock()
	p := c.plan[s]
	c.mu.RUnlock()
	if p != nil {
		return p
	}
	p = newPoolPlan[T](s)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plan == nil {
		c.plan = map[PoolShape]*poolPlan[T]{}
	}
	c.plan[s] = p
	return p
}

func newPoolPlan[T kernels.Float](s PoolShape) *poolPlan[T] {
	p := &poolPlan[T]{}
	// of sums, nothing beyond what the windows of the output cover is looked at
	shape := ConvShape{Batch: s.Planes, Channels: 1, Height: s.Height, Width: s.Width, Filters: 1, KernelH: s.KernelH,
		KernelW: s.KernelW, StrideH: s.StrideH, StrideW: s.StrideW, PadTop: s.PadTop, PadLeft: s.PadLeft,
		PadBottom: max(0, (s.OutH-1)*s.StrideH+(s.KernelH-1)*s.DilationH+1-s.Height-s.PadTop),
		PadRight:  max(0, (s.OutW-1)*s.StrideW+(s.KernelW-1)*s.DilationW+1-s.Width-s.PadLeft),
		DilationH: s.DilationH, DilationW: s.DilationW, Groups: 1}
	conv, err := NewConv[T](shape)
	if err != nil {
		panic("kernels: " + err.Error())
	}
	p.sums, p.ones = conv, make([]T, s.KernelH*s.KernelW)
	kernels.Fill(p.ones, 1)
	p.image = forwardCopy(shape)
	p.image.border = math.Inf(-1)
	p.image.settle(0)
	p.offsets = p.image.offsets(shape, 1, kernels.SizeOf[T]())

	var paddedRows, paddedCols []int
	p.rows, paddedRows = spans(s.OutH, s.KernelH, s.StrideH, s.DilationH, s.Height, s.PadTop, s.PadBottom)
	p.cols, paddedCols = spans(s.OutW, s.KernelW, s.StrideW, s.DilationW, s.Width, s.PadLeft, s.PadRight)
	for y, r := range p.rows {
		for x, c := range p.cols {
			p.counts[0] = append(p.counts[0], T(max(1, (r.hi-r.lo)*(c.hi-c.lo))))
			p.counts[1] = append(p.counts[1], T(max(1, paddedRows[y]*paddedCols[x])))
		}
	}
	return p
}

// spans returns the extents of n windows, and how many taps of each fall on the plane or its padding.
func spans(n, kernel, stride, dilation, size, before, after int) (s []poolSpan, padded []int) {
	for i := range n {
		at := i*stride - before
		lo, hi := taps(kernel, dilation, at, 0, size)
		first, last := taps(kernel, dilation, at, -before, size+after)
		s, padded = append(s, poolSpan{at, lo, hi}), append(padded, last-first)
	}
	return s, padded
}

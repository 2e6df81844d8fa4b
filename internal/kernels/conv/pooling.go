package conv

import (
	"math"
	"runtime"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// MaxPool computes the maximum of each window. A NaN in a window is its maximum; a window that lies in the padding
// alone has −∞.
func MaxPool[T kernels.Float](s PoolShape, x, out []T) {
	s.need("MaxPool", len(x), len(out))
	runPool(poolJob[T]{PoolShape: s, kind: maxPoolKind, x: x, y: out})
}

// MaxPoolGrad computes dx, the gradient with respect to MaxPool's input x, from that of its output, dy. A window's
// gradient goes to its first maximum, row by row, or to its last NaN, as in PyTorch.
func MaxPoolGrad[T kernels.Float](s PoolShape, x, dy, dx []T) {
	s.need("MaxPoolGrad", min(len(x), len(dx)), len(dy))
	runPool(poolJob[T]{PoolShape: s, kind: maxPoolGradKind, x: x, y: dy, dx: dx})
}

// AvgPool computes the mean of each window: of its elements within the plane, or with countPad also of zeroes in the
// padding, but not beyond that, as in PyTorch. A window of no elements has 0.
func AvgPool[T kernels.Float](s PoolShape, countPad bool, x, out []T) {
	s.need("AvgPool", len(x), len(out))
	if s.Planes == 0 {
		return
	}
	if s.whole() {
		runPool(poolJob[T]{PoolShape: s, kind: planeMean, x: x, y: out})
		return
	}
	p := poolPlanOf[T](s)
	p.sums.Forward(x, p.ones, nil, kernels.Identity, 0, out)
	runPool(poolJob[T]{PoolShape: s, kind: divideByCount, counts: p.count(countPad), y: out, dx: out})
}

// AvgPoolGrad computes dx, the gradient with respect to AvgPool's input, from that of its output, dy.
func AvgPoolGrad[T kernels.Float](s PoolShape, countPad bool, dy, dx []T) {
	s.need("AvgPoolGrad", len(dx), len(dy))
	if s.Planes == 0 {
		return
	}
	if s.whole() {
		runPool(poolJob[T]{PoolShape: s, kind: planeMeanGrad, y: dy, dx: dx})
		return
	}
	p := poolPlanOf[T](s)
	buf := kernels.Borrow[T](s.Planes * s.OutH * s.OutW)
	defer buf.GiveBack()
	each := buf.X
	runPool(poolJob[T]{PoolShape: s, kind: divideByCount, counts: p.count(countPad), y: dy, dx: each})
	p.sums.GradInput(each, p.ones, dx)
}

func (p *poolPlan[T]) count(pad bool) []T {
	if pad {
		return p.counts[1]
	}
	return p.counts[0]
}

// whole reports whether one window is all of a plane.
func (s PoolShape) whole() bool {
	return s.OutH*s.OutW == 1 && s.KernelH == s.Height && s.KernelW == s.Width && s.DilationH == 1 && s.DilationW == 1 &&
		s.PadTop == 0 && s.PadLeft == 0
}

type poolKind int

const (
	maxPoolKind poolKind = iota
	maxPoolGradKind
	divideByCount // y, into dx
	planeMean
	planeMeanGrad
)

// poolJob is a pooling on its way through the pool of workers, a few planes at a time. y is the output or its gradient.
type poolJob[T kernels.Float] struct {
	PoolShape
	kind     poolKind
	plan     *poolPlan[T]
	counts   []T
	x, y, dx []T
	works    []*convWork[T] // one for each worker
}

var (
	poolJobs32 kernels.Shelf[poolJob[float32]]
	poolJobs64 kernels.Shelf[poolJob[float64]]
)

func poolJobsOf[T kernels.Float]() *kernels.Shelf[poolJob[T]] {
	if kernels.IsF32[T]() {
		return (*kernels.Shelf[poolJob[T]])(unsafe.Pointer(&poolJobs32))
	}
	return (*kernels.Shelf[poolJob[T]])(unsafe.Pointer(&poolJobs64))
}

func runPool[T kernels.Float](v poolJob[T]) {
	if v.Planes == 0 {
		return
	}
	j := poolJobsOf[T]().Get()
	works := j.works
	*j = v
	for j.works = works; len(j.works) < workers.Threads(); {
		j.works = append(j.works, new(convWork[T]))
	}
	if j.kind <= maxPoolGradKind {
		j.plan = poolPlanOf[T](j.PoolShape)
	}
	kernels.SpreadOver(len(j.works), j.Planes, max(1, kernels.ElementChunk/(j.Height*j.Width)), j.work(), j)
	works = j.works
	*j = poolJob[T]{works: works}
	poolJobsOf[T]().Put(j)
}

func (j *poolJob[T]) Run(worker, lo, hi int) {
	in, out := j.Height*j.Width, j.OutH*j.OutW
	if j.kind <= maxPoolGradKind && j.halving() {
		j.halve(lo, hi)
		return
	}
	for i := lo; i < hi; i++ {
		y := j.y[i*out:][:out]
		switch j.kind {
		case maxPoolKind:
			j.maxPool(j.works[worker], j.x[i*in:][:in], y)
		case maxPoolGradKind:
			j.maxPoolGrad(j.x[i*in:][:in], y, j.dx[i*in:][:in])
		case divideByCount:
			kernels.OpsOf[T]().Div(j.dx[i*out:][:out], y, j.counts)
		case planeMean:
			y[0] = kernels.Sum(j.x[i*in:][:in]) / T(in)
		case planeMeanGrad:
			kernels.Fill(j.dx[i*in:][:in], y[0]/T(in))
		}
	}
}

// halving reports whether windows of 2×2 lie side by side, wide enough for vectors.
func (j *poolJob[T]) halving() bool {
	return convOpsOf[T]().maxPool2 != nil && j.KernelH == 2 && j.KernelW == 2 && j.StrideH == 2 && j.StrideW == 2 &&
		j.DilationH == 1 && j.DilationW == 1 && j.PadTop == 0 && j.PadLeft == 0 && j.OutW*kernels.SizeOf[T]() >= 16 &&
		2*j.OutH <= j.Height && 2*j.OutW <= j.Width
}

// halve computes such maxima, or their gradient, for some planes.
func (j *poolJob[T]) halve(lo, hi int) {
	in, out, size := j.Height*j.Width, j.OutH*j.OutW, kernels.SizeOf[T]()
	x, y := kernels.Addr(j.x, lo*in), kernels.Addr(j.y, lo*out)
	row, plane := uintptr(j.Width*size), uintptr(in*size)
	if j.kind == maxPoolKind {
		convOpsOf[T]().maxPool2(x, y, x, hi-lo, j.OutH, j.OutW, row, plane)
	} else {
		if 2*j.OutH < j.Height || 2*j.OutW < j.Width {
			clear(j.dx[lo*in : hi*in])
		}
		convOpsOf[T]().maxPool2Grad(x, y, kernels.Addr(j.dx, lo*in), hi-lo, j.OutH, j.OutW, row, plane)
	}
	runtime.KeepAlive(j)
}

// argMax is the maximum of a window and its index, or −∞ and -1 if the window is empty.
func (j *poolJob[T]) argMax(x []T, r, c poolSpan) (best T, at int) {
	best, at = T(math.Inf(-1)), -1
	for ky := r.lo; ky < r.hi; ky++ {
		row := (r.at+ky*j.DilationH)*j.Width + c.at
		for kx := c.lo; kx < c.hi; kx++ {
			if i := row + kx*j.DilationW; at < 0 || x[i] > best || x[i] != x[i] {
				best, at = x[i], i
			}
		}
	}
	return best, at
}

func (j *poolJob[T]) maxPool(w *convWork[T], x, out []T) {
	p := j.plan
	if set := convOpsOf[T]().conv; set != nil && p.sums.offsets && j.OutW >= set.part && j.OutH > 1 {
		j.maxStack(w, set, x, out)
		return
	}
	for oy, r := range p.rows {
		for ox, c := range p.cols {
			out[oy*j.OutW+ox], _ = j.argMax(x, r, c)
		}
	}
}

// maxStack computes the maxima of several rows of windows at a time.
func (j *poolJob[T]) maxStack(w *convWork[T], set *convSet, x, out []T) {
	c, size := &j.plan.image, kernels.SizeOf[T]()
	if !c.direct {
		w.image = grown(w.image, c.channelStep)
		w.copyChannel(set, c, w.image[:c.channelStep], x)
		x = w.image
	}
	rows := kernels.CeilDiv(j.OutH, kernels.CeilDiv(j.OutH, len(set.max)-1))
	a := &w.stack
	*a = convStackArgs{xStep: uintptr(c.wp * size), offsets: uintptr(unsafe.Pointer(&j.plan.offsets[0])),
		k: len(j.plan.offsets), cStep: uintptr(j.OutW * size), bytes: j.OutW * size}
	for y := 0; y < j.OutH; y += rows {
		y = min(y, j.OutH-rows) // the last rows overlap those before
		a.x, a.c = kernels.Addr(x, y*c.wp), kernels.Addr(out, y*j.OutW)
		set.max[rows]((*[11]uint64)(unsafe.Pointer(a)))
	}
}

func (j *poolJob[T]) maxPoolGrad(x, dy, dx []T) {
	clear(dx)
	for oy, r := range j.plan.rows {
		for ox, c := range j.plan.cols {
			if _, at := j.argMax(x, r, c); at >= 0 {
				dx[at] += dy[oy*j.OutW+ox]
			}
		}
	}
}

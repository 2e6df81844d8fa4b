package kernels

import (
	"math"
	"runtime"
	"unsafe"
)

// MaxPool computes the maximum of each window. A NaN in a window is its maximum; a window that lies in the padding
// alone has −∞.
func MaxPool[T Float](s PoolShape, x, out []T) {
	s.need("MaxPool", len(x), len(out))
	runPool(poolJob[T]{PoolShape: s, kind: maxPoolKind, x: x, y: out})
}

// MaxPoolGrad computes dx, the gradient with respect to MaxPool's input x, from that of its output, dy. A window's
// gradient goes to its first maximum, row by row, or to its last NaN, as in PyTorch.
func MaxPoolGrad[T Float](s PoolShape, x, dy, dx []T) {
	s.need("MaxPoolGrad", min(len(x), len(dx)), len(dy))
	runPool(poolJob[T]{PoolShape: s, kind: maxPoolGradKind, x: x, y: dy, dx: dx})
}

// AvgPool computes the mean of each window: of its elements within the plane, or with countPad also of zeroes in the
// padding, but not beyond that, as in PyTorch. A window of no elements has 0.
func AvgPool[T Float](s PoolShape, countPad bool, x, out []T) {
	s.need("AvgPool", len(x), len(out))
	runPool(poolJob[T]{PoolShape: s, kind: avgPoolKind, countPad: countPad, x: x, y: out})
}

// AvgPoolGrad computes dx, the gradient with respect to AvgPool's input, from that of its output, dy.
func AvgPoolGrad[T Float](s PoolShape, countPad bool, dy, dx []T) {
	s.need("AvgPoolGrad", len(dx), len(dy))
	runPool(poolJob[T]{PoolShape: s, kind: avgPoolGradKind, countPad: countPad, y: dy, dx: dx})
}

type poolKind int

const (
	maxPoolKind poolKind = iota
	maxPoolGradKind
	avgPoolKind
	avgPoolGradKind
)

// poolJob is a pooling on its way through the pool of workers, a few planes at a time. y is the output or its gradient.
type poolJob[T Float] struct {
	PoolShape
	kind     poolKind
	countPad bool
	x, y, dx []T
}

var (
	poolJobs32 jobs[poolJob[float32]]
	poolJobs64 jobs[poolJob[float64]]
)

func poolJobsOf[T Float]() *jobs[poolJob[T]] {
	if isF32[T]() {
		return (*jobs[poolJob[T]])(unsafe.Pointer(&poolJobs32))
	}
	return (*jobs[poolJob[T]])(unsafe.Pointer(&poolJobs64))
}

func runPool[T Float](v poolJob[T]) {
	j := poolJobsOf[T]().get()
	*j = v
	spread(j.Planes, max(1, elementChunk/(j.Height*j.Width)), j.work(), j)
	*j = poolJob[T]{}
	poolJobsOf[T]().put(j)
}

func (j *poolJob[T]) run(_, lo, hi int) {
	in, out := j.Height*j.Width, j.OutH*j.OutW
	if j.kind <= maxPoolGradKind && j.halving() {
		j.halve(lo, hi)
		return
	}
	part := func(s []T, n, i int) []T {
		if s == nil {
			return nil
		}
		return s[i*n:][:n]
	}
	for i := lo; i < hi; i++ {
		x, y, dx := part(j.x, in, i), part(j.y, out, i), part(j.dx, in, i)
		switch j.kind {
		case maxPoolKind:
			j.maxPool(x, y)
		case maxPoolGradKind:
			j.maxPoolGrad(x, y, dx)
		case avgPoolKind:
			j.avgPool(x, y)
		case avgPoolGradKind:
			j.avgPoolGrad(y, dx)
		}
	}
}

// halving reports whether windows of 2×2 lie side by side, wide enough for vectors.
func (j *poolJob[T]) halving() bool {
	return opsOf[T]().maxPool2 != nil && j.KernelH == 2 && j.KernelW == 2 && j.StrideH == 2 && j.StrideW == 2 &&
		j.DilationH == 1 && j.DilationW == 1 && j.PadTop == 0 && j.PadLeft == 0 && j.OutW*sizeOf[T]() >= 16 &&
		2*j.OutH <= j.Height && 2*j.OutW <= j.Width
}

// halve computes such maxima, or their gradient, for some planes.
func (j *poolJob[T]) halve(lo, hi int) {
	in, out, size := j.Height*j.Width, j.OutH*j.OutW, sizeOf[T]()
	x, y := addr(j.x, lo*in), addr(j.y, lo*out)
	row, plane := uintptr(j.Width*size), uintptr(in*size)
	if j.kind == maxPoolKind {
		opsOf[T]().maxPool2(x, y, x, hi-lo, j.OutH, j.OutW, row, plane)
	} else {
		if 2*j.OutH < j.Height || 2*j.OutW < j.Width {
			clear(j.dx[lo*in : hi*in])
		}
		opsOf[T]().maxPool2Grad(x, y, addr(j.dx, lo*in), hi-lo, j.OutH, j.OutW, row, plane)
	}
	runtime.KeepAlive(j)
}

// argMax is the maximum of the window at oy, ox and its index, or −∞ and -1 if the window is empty.
func (j *poolJob[T]) argMax(x []T, oy, ox int) (best T, at int) {
	top, left := oy*j.StrideH-j.PadTop, ox*j.StrideW-j.PadLeft
	y0, y1 := taps(j.KernelH, j.DilationH, top, 0, j.Height)
	x0, x1 := taps(j.KernelW, j.DilationW, left, 0, j.Width)
	best, at = T(math.Inf(-1)), -1
	for ky := y0; ky < y1; ky++ {
		row := (top+ky*j.DilationH)*j.Width + left
		for kx := x0; kx < x1; kx++ {
			if i := row + kx*j.DilationW; at < 0 || x[i] > best || x[i] != x[i] {
				best, at = x[i], i
			}
		}
	}
	return best, at
}

func (j *poolJob[T]) maxPool(x, out []T) {
	for oy := range j.OutH {
		for ox := range j.OutW {
			out[oy*j.OutW+ox], _ = j.argMax(x, oy, ox)
		}
	}
}

func (j *poolJob[T]) maxPoolGrad(x, dy, dx []T) {
	clear(dx)
	for oy := range j.OutH {
		for ox := range j.OutW {
			if _, at := j.argMax(x, oy, ox); at >= 0 {
				dx[at] += dy[oy*j.OutW+ox]
			}
		}
	}
}

// average is the taps of the window at oy, ox and the number by which its sum is divided, at least 1.
func (j *poolJob[T]) average(oy, ox int) (top, y0, y1, left, x0, x1 int, count T) {
	top, left = oy*j.StrideH-j.PadTop, ox*j.StrideW-j.PadLeft
	y0, y1 = taps(j.KernelH, j.DilationH, top, 0, j.Height)
	x0, x1 = taps(j.KernelW, j.DilationW, left, 0, j.Width)
	n := (y1 - y0) * (x1 - x0)
	if j.countPad {
		a0, a1 := taps(j.KernelH, j.DilationH, top, -j.PadTop, j.Height+j.PadBottom)
		b0, b1 := taps(j.KernelW, j.DilationW, left, -j.PadLeft, j.Width+j.PadRight)
		n = (a1 - a0) * (b1 - b0)
	}
	return top, y0, y1, left, x0, x1, T(max(n, 1))
}

// whole reports whether one window is all of a plane.
func (j *poolJob[T]) whole() bool {
	return j.OutH*j.OutW == 1 && j.KernelH == j.Height && j.KernelW == j.Width && j.DilationH == 1 && j.DilationW == 1 &&
		j.PadTop == 0 && j.PadLeft == 0
}

func (j *poolJob[T]) avgPool(x, out []T) {
	if j.whole() {
		out[0] = Sum(x) / T(len(x))
		return
	}
	for oy := range j.OutH {
		for ox := range j.OutW {
			top, y0, y1, left, x0, x1, count := j.average(oy, ox)
			var s T
			for ky := y0; ky < y1; ky++ {
				row := (top+ky*j.DilationH)*j.Width + left
				for kx := x0; kx < x1; kx++ {
					s += x[row+kx*j.DilationW]
				}
			}
			out[oy*j.OutW+ox] = s / count
		}
	}
}

func (j *poolJob[T]) avgPoolGrad(dy, dx []T) {
	if j.whole() {
		Fill(dx, dy[0]/T(len(dx)))
		return
	}
	clear(dx)
	for oy := range j.OutH {
		for ox := range j.OutW {
			top, y0, y1, left, x0, x1, count := j.average(oy, ox)
			g := dy[oy*j.OutW+ox] / count
			for ky := y0; ky < y1; ky++ {
				row := (top+ky*j.DilationH)*j.Width + left
				for kx := x0; kx < x1; kx++ {
					dx[row+kx*j.DilationW] += g
				}
			}
		}
	}
}

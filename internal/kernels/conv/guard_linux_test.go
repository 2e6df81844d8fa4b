package conv

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
)

// guarded returns n elements behind which memory ends, so that reading or writing beyond them is a fault.
func guarded[T kernels.Float](t *testing.T, n int) []T {
	const page = 1 << 16 // no smaller than any processor's
	size := n * kernels.SizeOf[T]()
	end := kernels.RoundUp(size, page)
	m, err := syscall.Mmap(-1, 0, end+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	if err := syscall.Mprotect(m[end:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&m[end-size])), n)
}

func TestConvolutionAndPoolingStayWithinTheirSlices(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		for _, s := range convShapes() {
			if s.Batch > 0 {
				withinSlices[float32](t, s)
				withinSlices[float64](t, s)
			}
		}
	})
}

func withinSlices[T kernels.Float](t *testing.T, s ConvShape) {
	c, err := NewConv[T](s)
	if err != nil {
		t.Fatal(err)
	}
	_, _, k := s.group()
	x, w := guarded[T](t, s.Batch*s.Channels*s.Height*s.Width), guarded[T](t, s.Filters*k)
	dy, bias := guarded[T](t, s.Batch*s.Filters*c.outH*c.outW), guarded[T](t, s.Filters)
	c.Forward(x, w, bias, kernels.ReLU, 0, dy)
	c.GradInput(dy, w, x)
	c.GradWeights(x, dy, w)

	p := PoolShape{Planes: s.Batch * s.Channels, Height: s.Height, Width: s.Width, KernelH: s.KernelH, KernelW: s.KernelW,
		StrideH: s.StrideH, StrideW: s.StrideW, PadTop: s.PadTop, PadLeft: s.PadLeft, PadBottom: s.PadBottom,
		PadRight: s.PadRight, DilationH: s.DilationH, DilationW: s.DilationW}
	if p.OutH, p.OutW = p.Out(false); p.Check() != nil {
		return
	}
	y, dx := guarded[T](t, p.Planes*p.OutH*p.OutW), guarded[T](t, len(x))
	MaxPool(p, x, y)
	MaxPoolGrad(p, x, y, dx)
	AvgPool(p, true, x, y)
	AvgPoolGrad(p, true, y, x)
	mean, variance := guarded[T](t, s.Channels), guarded[T](t, s.Channels)
	hw := s.Height * s.Width
	norm.ChannelMoments(s.Batch, s.Channels, hw, mean, variance, x)
	norm.ChannelAffine(s.Batch, s.Channels, hw, mean, variance, kernels.ReLU, 0, x, x)
	norm.BatchNormSums(s.Batch, s.Channels, hw, mean, variance, x, x, mean, variance)
	norm.BatchNormGradInput(s.Batch, s.Channels, hw, mean, variance, nil, mean, variance, x, x, x)
}

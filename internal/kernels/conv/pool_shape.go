package conv

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
)

// PoolShape describes 2-D pooling of planes, of which a batch has one for each image and channel. Its padding belongs
// to no window's maximum, and to an average if that counts it.
type PoolShape struct {
	Planes, Height, Width                int
	KernelH, KernelW                     int
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int
	DilationH, DilationW                 int
	OutH, OutW                           int // as Out returns them
}

// Out is the height and width of the output. With ceil, a last window that only partly lies within the padded plane
// counts too, unless it starts in the padding at the bottom or on the right, as in PyTorch.
func (s PoolShape) Out(ceil bool) (h, w int) {
	h = slide(s.Height, s.PadTop+s.PadBottom, s.KernelH, s.StrideH, s.DilationH, ceil)
	w = slide(s.Width, s.PadLeft+s.PadRight, s.KernelW, s.StrideW, s.DilationW, ceil)
	if ceil && (h-1)*s.StrideH >= s.Height+s.PadTop {
		h--
	}
	if ceil && (w-1)*s.StrideW >= s.Width+s.PadLeft {
		w--
	}
	return h, w
}

// Check returns an error in one line if the shape makes no sense.
func (s PoolShape) Check() error {
	for _, d := range []struct {
		name string
		v    int
	}{
		{"height", s.Height}, {"width", s.Width}, {"kernel height", s.KernelH}, {"kernel width", s.KernelW},
		{"vertical stride", s.StrideH}, {"horizontal stride", s.StrideW}, {"vertical dilation", s.DilationH},
		{"horizontal dilation", s.DilationW},
	} {
		if d.v < 1 {
			return errors.Errorf("pooling: %s is %d, must be at least 1", d.name, d.v)
		}
	}
	if s.Planes < 0 {
		return errors.Errorf("pooling: there are %d planes, must not be negative", s.Planes)
	}
	if err := checkPads("pooling", s.PadTop, s.PadLeft, s.PadBottom, s.PadRight); err != nil {
		return err
	}
	if !fitsInt(s.Planes, s.Height+s.PadTop+s.PadBottom, s.Width+s.PadLeft+s.PadRight) ||
		!fitsInt(s.KernelH, s.DilationH) || !fitsInt(s.KernelW, s.DilationW) {
		return errors.Errorf("pooling: more than 2^40 elements in %+v", s)
	}
	if s.PadTop >= s.KernelH*s.DilationH || s.PadBottom >= s.KernelH*s.DilationH ||
		s.PadLeft >= s.KernelW*s.DilationW || s.PadRight >= s.KernelW*s.DilationW {
		return errors.Errorf("pooling: padding %d, %d, %d, %d is not smaller than the window of %d×%d",
			s.PadTop, s.PadLeft, s.PadBottom, s.PadRight, s.KernelH*s.DilationH, s.KernelW*s.DilationW)
	}
	floorH, floorW := s.Out(false)
	ceilH, ceilW := s.Out(true)
	if ceilH < 1 || ceilW < 1 {
		return errors.Errorf("pooling: a window of %d×%d does not fit a padded plane of %d×%d",
			s.DilationH*(s.KernelH-1)+1, s.DilationW*(s.KernelW-1)+1,
			s.Height+s.PadTop+s.PadBottom, s.Width+s.PadLeft+s.PadRight)
	}
	if (s.OutH != floorH || s.OutW != floorW) && (s.OutH != ceilH || s.OutW != ceilW) {
		return errors.Errorf("pooling: the output is declared as %d×%d, must be %d×%d, or rounded up %d×%d",
			s.OutH, s.OutW, floorH, floorW, ceilH, ceilW)
	}
	return nil
}

func (s PoolShape) need(fn string, in, out int) {
	kernels.Need(fn, "the plane", in, s.Planes*s.Height*s.Width)
	kernels.Need(fn, "the result", out, s.Planes*s.OutH*s.OutW)
}

// work is the number of elements that pooling looks at.
func (s PoolShape) work() int {
	return s.Planes * max(s.Height*s.Width, s.OutH*s.OutW*s.KernelH*s.KernelW)
}

// taps is the part of a window's n taps, dilation apart, the first one at offset at, that fall on [lo, hi).
func taps(n, dilation, at, lo, hi int) (first, last int) {
	if at < lo {
		first = kernels.CeilDiv(lo-at, dilation)
	}
	if at < hi {
		last = min(n, kernels.CeilDiv(hi-at, dilation))
	}
	return first, max(first, last)
}

package conv

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
)

// ConvShape describes a 2-D convolution of images Batch×Channels×Height×Width (NCHW) with weights
// Filters×(Channels/Groups)×KernelH×KernelW (OIHW). Like all of deep learning it does not turn the kernel round:
//
//	out[n,f,oy,ox] = Σ_{c,ky,kx} w[f,c,ky,kx] · x[n, c, oy·StrideH + ky·DilationH − PadTop, ox·StrideW + kx·DilationW − PadLeft]
//
// with zeroes beyond the image, and c in the group of f.
type ConvShape struct {
	Batch, Channels, Height, Width       int
	Filters, KernelH, KernelW            int
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int
	DilationH, DilationW                 int
	Groups                               int
}

// maxConvElements bounds every tensor of a convolution, so that offsets in bytes fit 32 bits within an image and
// products of dimensions do not overflow.
const maxConvElements = 1 << 40

// Check returns an error in one line if the shape makes no sense.
func (s ConvShape) Check() error {
	for _, d := range []struct {
		name string
		v    int
	}{
		{"channels", s.Channels}, {"height", s.Height}, {"width", s.Width}, {"filters", s.Filters},
		{"kernel height", s.KernelH}, {"kernel width", s.KernelW}, {"vertical stride", s.StrideH},
		{"horizontal stride", s.StrideW}, {"vertical dilation", s.DilationH}, {"horizontal dilation", s.DilationW},
		{"groups", s.Groups},
	} {
		if d.v < 1 {
			return errors.Errorf("convolution: %s is %d, must be at least 1", d.name, d.v)
		}
	}
	if s.Batch < 0 {
		return errors.Errorf("convolution: batch is %d, must not be negative", s.Batch)
	}
	if err := checkPads("convolution", s.PadTop, s.PadLeft, s.PadBottom, s.PadRight); err != nil {
		return err
	}
	if s.Channels%s.Groups != 0 || s.Filters%s.Groups != 0 {
		return errors.Errorf("convolution: %d channels and %d filters must both be multiples of the %d groups",
			s.Channels, s.Filters, s.Groups)
	}
	if !fitsInt(s.Batch, s.Channels, s.Height+s.PadTop+s.PadBottom, s.Width+s.PadLeft+s.PadRight) ||
		!fitsInt(s.Filters, s.Channels/s.Groups, s.KernelH, s.KernelW) ||
		!fitsInt(s.KernelH, s.DilationH) || !fitsInt(s.KernelW, s.DilationW) {
		return errors.Errorf("convolution: more than 2^40 elements in %+v", s)
	}
	if h, w := s.Out(); h < 1 || w < 1 {
		return errors.Errorf("convolution: a kernel that covers %d×%d does not fit a padded image of %d×%d",
			s.DilationH*(s.KernelH-1)+1, s.DilationW*(s.KernelW-1)+1,
			s.Height+s.PadTop+s.PadBottom, s.Width+s.PadLeft+s.PadRight)
	} else if !fitsInt(s.Batch, s.Filters, h, w) {
		return errors.Errorf("convolution: more than 2^40 elements in the output of %+v", s)
	}
	return nil
}

// Out is the height and width of the output.
func (s ConvShape) Out() (h, w int) {
	return slide(s.Height, s.PadTop+s.PadBottom, s.KernelH, s.StrideH, s.DilationH, false),
		slide(s.Width, s.PadLeft+s.PadRight, s.KernelW, s.StrideW, s.DilationW, false)
}

// group is the channels and filters of one group, and the number of weights that each of those filters has.
func (s ConvShape) group() (channels, filters, weights int) {
	channels = s.Channels / s.Groups
	return channels, s.Filters / s.Groups, channels * s.KernelH * s.KernelW
}

// macs is the number of multiply-adds of the convolution of one image.
func (s ConvShape) macs() int {
	h, w := s.Out()
	_, _, k := s.group()
	return h * w * s.Filters * k
}

// slide is the number of places for a window on a line of size elements with pad elements of padding on both ends
// together; 0 if there is none.
func slide(size, pad, kernel, stride, dilation int, ceil bool) int {
	room := size + pad - dilation*(kernel-1) - 1
	if room < 0 {
		return 0
	}
	if ceil {
		room += stride - 1
	}
	return room/stride + 1
}

func checkPads(what string, pads ...int) error {
	for i, p := range pads {
		if p < 0 {
			return errors.Errorf("%s: padding at the %s is %d, must not be negative", what,
				[]string{"top", "left", "bottom", "right"}[i], p)
		}
	}
	return nil
}

// fitsInt reports whether the product of dims, none of which is negative, is within maxConvElements.
func fitsInt(dims ...int) bool {
	n := 1
	for _, d := range dims {
		if d > maxConvElements || d > 0 && n > maxConvElements/d {
			return false
		}
		n *= d
	}
	return true
}

// reach is the part [lo, hi) of n places of a window, stride apart, at which its tap at offset at falls on a line of
// size elements.
func reach(n, size, stride, at int) (lo, hi int) {
	if at < 0 {
		lo = kernels.CeilDiv(-at, stride)
	}
	if at < size {
		hi = min(n, kernels.CeilDiv(size-at, stride))
	}
	return lo, max(lo, hi)
}

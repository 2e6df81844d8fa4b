package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels/conv"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// PoolConfig is the geometry of a pooling over windows of images (batch, channels, height, width).
type PoolConfig struct {
	Kernel   [2]int // height and width of the window
	Stride   [2]int // 0 means that of the kernel: windows side by side
	Dilation [2]int // distance between the elements of a window; 0 means 1
	Pads     [4]int // top, left, bottom, right: ONNX's order; smaller than the window
	// CeilMode rounds the output's size up: a last window may reach over the padded image's end, but not start in the
	// padding behind it (PyTorch's rule).
	CeilMode bool
	// CountIncludePad divides an average by the elements of the window that lie in the padding, too, but not by what
	// CeilMode adds behind it. False is ONNX's default, true PyTorch's.
	CountIncludePad bool
}

// full replaces zeroes by what they mean.
func (c PoolConfig) full() PoolConfig {
	for i := range 2 {
		if c.Stride[i] == 0 {
			c.Stride[i] = c.Kernel[i]
		}
		if c.Dilation[i] == 0 {
			c.Dilation[i] = 1
		}
	}
	return c
}

func (c PoolConfig) String() string {
	c = c.full()
	return fmt.Sprintf("kernel=%d, stride=%d, dilation=%d, pads=%d, ceil=%v, count_pad=%v",
		c.Kernel, c.Stride, c.Dilation, c.Pads, c.CeilMode, c.CountIncludePad)
}

// geometry is the pooling of images x, checked.
func (c PoolConfig) geometry(x tensor.Shape) (s conv.PoolShape, err error) {
	if len(x) != 4 {
		return s, errors.Errorf("pooling wants images (batch, channels, height, width), not %v", x)
	}
	c = c.full()
	s = conv.PoolShape{
		Planes: x[0] * x[1], Height: x[2], Width: x[3],
		KernelH: c.Kernel[0], KernelW: c.Kernel[1],
		StrideH: c.Stride[0], StrideW: c.Stride[1],
		PadTop: c.Pads[0], PadLeft: c.Pads[1], PadBottom: c.Pads[2], PadRight: c.Pads[3],
		DilationH: c.Dilation[0], DilationW: c.Dilation[1],
	}
	if min(s.KernelH, s.KernelW, s.StrideH, s.StrideW, s.DilationH, s.DilationW) > 0 { // Check says it better
		s.OutH, s.OutW = s.Out(c.CeilMode)
	}
	return s, s.Check()
}

func (c PoolConfig) shape(x tensor.Shape) (tensor.Shape, error) {
	s, err := c.geometry(x)
	if err != nil {
		return nil, err
	}
	return tensor.Shape{x[0], x[1], s.OutH, s.OutW}, nil
}

// couplePooling ties images and channels, which pass through, and keeps the space.
func couplePooling(t Ties) {
	t.Tie(In(0, 0), Out(0))
	t.Tie(In(0, 1), Out(1))
	for a := 2; a < len(t.Dims(0)); a++ {
		t.Freeze(In(0, a), "the geometry of a pooling")
	}
	for a := 2; a < len(t.Dims(Output)); a++ {
		t.Freeze(Out(a), "the geometry of a pooling")
	}
}

// attributes are the pooling's in ONNX. Readers of ONNX round up in different ways, so what CeilMode adds is written as
// padding, which no window counts.
func (c PoolConfig) attributes(over [2]int) []Attr {
	c = c.full()
	c.Pads[2], c.Pads[3] = c.Pads[2]+over[0], c.Pads[3]+over[1]
	return []Attr{
		{"ceil_mode", int64(0)},
		{"kernel_shape", int64s(c.Kernel[:])},
		{"pads", int64s(c.Pads[:])},
		{"strides", int64s(c.Stride[:])},
	}
}

// overhang is how far the last windows reach over the padded image, down and right.
func overhang(s conv.PoolShape) [2]int {
	return [2]int{
		max(0, (s.OutH-1)*s.StrideH+s.DilationH*(s.KernelH-1)+1-s.Height-s.PadTop-s.PadBottom),
		max(0, (s.OutW-1)*s.StrideW+s.DilationW*(s.KernelW-1)+1-s.Width-s.PadLeft-s.PadRight),
	}
}

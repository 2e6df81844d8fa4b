package op

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Conv1D is Conv2D along one axis, for signals and text:
//
//	x (batch, channels, length)   w (filters, channels/groups, kernel)   b (filters) or nil   →   (batch, filters, length')
//
// It reads Stride[1], Dilation[1], Pads[1] (before) and Pads[3] (after); the vertical ones must be left at their defaults.
func Conv1D(x, w, b *gorgonia.Node, c ConvConfig, act Activation, slope float64) (*gorgonia.Node, error) {
	if v := c.full(); v.Stride[0] != 1 || v.Dilation[0] != 1 || v.Pads[0] != 0 || v.Pads[2] != 0 {
		return nil, errors.Errorf("Conv1D: %v: stride, dilation and padding go into the places of the width; "+
			"those of the height must be 1, 1, 0 and 0", c)
	}
	return convolve(x, w, b, ConvLayer{ConvConfig: c, Act: act, Slope: slope, Line: true})
}

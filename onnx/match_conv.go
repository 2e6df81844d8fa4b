package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// convolution is a Conv with constant weights, in two dimensions or one.
type convolution struct {
	x, w, bias string // bias is empty if there is none
	config     op.ConvConfig
	window     window
	line       bool // one dimension
}

func matchConv(im *importer, n *node) (*plan, error) {
	c, err := im.convOf(n)
	if err != nil {
		return nil, err
	}
	return c.plan(im, op.Identity, 0), nil
}

func (im *importer) convOf(n *node) (*convolution, error) {
	c := &convolution{x: n.in(0), w: n.in(1), bias: n.in(2)}
	weight := im.consts[c.w]
	if weight == nil || im.consts[c.x] != nil {
		return nil, unsupportedf("a convolution is supported of a computed value with constant weights, not of %q with %q",
			c.x, c.w)
	}
	space := len(weight.dims) - 2
	if space != 1 && space != 2 {
		return nil, unsupportedf("the weight %q has dimensions %v; convolutions of one and two dimensions are supported",
			c.w, weight.dims)
	}
	c.line = space == 1
	kernel := weight.dims[2:]
	if given := n.attrs.integers("kernel_shape"); len(given) > 0 && !slices.EqualFunc(given, kernel,
		func(a int64, b int) bool { return a == int64(b) }) {
		return nil, invalidf("kernel_shape is %v, but the weight %q has dimensions %v", given, c.w, weight.dims)
	}
	groups, err := n.attrs.size("group", 1)
	if err != nil {
		return nil, err
	}
	if c.window, err = windowOf(n.attrs, kernel); err != nil {
		return nil, err
	}
	c.config = op.ConvConfig{Stride: c.window.stride, Dilation: c.window.dilation, Groups: groups}
	return c, nil
}

func (c *convolution) plan(im *importer, act op.Activation, slope float64) *plan {
	return &plan{in: []string{c.x}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		w, err := im.param(c.w, form{scale: 1}, trained)
		if err != nil {
			return nil, err
		}
		if len(s) != w.Dims() {
			return nil, invalidf("a value of shape %s and a weight of %v do not fit", im.shapeOf(c.x), w.Shape())
		}
		if err := im.fitsChannels(c.x, w.Shape()[1]*c.config.Groups, c.w); err != nil {
			return nil, err
		}
		var b *gorgonia.Node
		if c.bias != "" {
			if b, err = im.param(c.bias, form{scale: 1, row: w.Shape()[0]}, trained); err != nil {
				return nil, err
			}
		}
		config := c.config
		config.Pads = c.window.padsFor(s)
		if c.line {
			return op.Conv1D(in[0], w, b, config, act, slope)
		}
		return op.Conv2D(in[0], w, b, config, act, slope)
	}}
}

// window is the geometry that convolutions and poolings share, of images; in one dimension the height is 1.
type window struct {
	kernel, stride, dilation [2]int
	pads                     [4]int // top, left, bottom, right
	auto                     string // SAME_UPPER or SAME_LOWER, where the pads follow from the input
}

// windowOf reads strides, dilations and padding.
func windowOf(a *attributes, kernel []int) (w window, err error) {
	w = window{kernel: [2]int{1, 1}, stride: [2]int{1, 1}, dilation: [2]int{1, 1}}
	space := len(kernel)
	copy(w.kernel[2-space:], kernel)
	for _, v := range []struct {
		name string
		to   []int
		low  int64
	}{{"strides", w.stride[2-space:], 1}, {"dilations", w.dilation[2-space:], 1}} {
		if err := a.fill(v.name, v.to, v.low); err != nil {
			return w, err
		}
	}
	pads := make([]int, 2*space)
	if err := a.fill("pads", pads, 0); err != nil {
		return w, err
	}
	copy(w.pads[2-space:2], pads[:space])
	copy(w.pads[4-space:], pads[space:])
	switch auto := a.text("auto_pad", "NOTSET"); auto {
	case "NOTSET":
	case "VALID":
		w.pads = [4]int{}
	case "SAME_UPPER", "SAME_LOWER":
		w.auto = auto
	default:
		return w, unsupportedf("auto_pad %q is not known", auto)
	}
	return w, nil
}

// padsFor gives the padding for an input (batch, channels, space…). SAME asks for ⌈size/stride⌉ results; what is odd
// goes to the end, or to the beginning for SAME_LOWER.
func (w window) padsFor(s tensor.Shape) [4]int {
	if w.auto == "" {
		return w.pads
	}
	var pads [4]int
	for i, size := range s[2:] {
		a := i + 4 - len(s)
		results := (size + w.stride[a] - 1) / w.stride[a]
		all := max(0, (results-1)*w.stride[a]+w.dilation[a]*(w.kernel[a]-1)+1-size)
		pads[a], pads[2+a] = all/2, all-all/2
		if w.auto == "SAME_LOWER" {
			pads[a], pads[2+a] = pads[2+a], pads[a]
		}
	}
	return pads
}

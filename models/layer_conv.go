package models

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// The convolutions. N is the batch, C channels.
const (
	KindConv2D      Kind = "conv2d"           // (N, C, H, W) → (N, filters, H′, W′)
	KindDepthwise2D Kind = "depthwise_conv2d" // (N, C, H, W) → (N, multiplier·C, H′, W′)
	KindConv1D      Kind = "conv1d"           // (N, C, L) → (N, filters, L′)
)

// Conv2D is a convolution with a square kernel, y = act(x ∗ w + b): (N, C, H, W) → (N, filters, H′, W′) with
// H′ = ⌊(H + padding − dilation·(kernel−1) − 1)/stride⌋ + 1. Parameters: weight (filters, C/groups, kernel, kernel),
// bias (filters). Options: an activation, WithSlope, WithInit, WithoutBias, Kernel, Stride, Dilation, Groups, and Same,
// Valid (the default) or Pad.
func Conv2D(filters, kernel int, opts ...LayerOption) Layer {
	return Layer{Kind: KindConv2D, Filters: filters, Kernel: []int{kernel}}.with(opts)
}

// DepthwiseConv2D convolves every channel by itself, with one filter unless Multiplier says more: (N, C, H, W) →
// (N, multiplier·C, H′, W′). Parameters: weight (multiplier·C, 1, kernel, kernel), bias (multiplier·C). Options as of
// Conv2D, without Groups.
func DepthwiseConv2D(kernel int, opts ...LayerOption) Layer {
	return Layer{Kind: KindDepthwise2D, Kernel: []int{kernel}}.with(opts)
}

// Conv1D is a convolution along one axis: (N, C, L) → (N, filters, L′). Parameters: weight (filters, C/groups, kernel),
// bias (filters). Options as of Conv2D.
func Conv1D(filters, kernel int, opts ...LayerOption) Layer {
	return Layer{Kind: KindConv1D, Filters: filters, Kernel: []int{kernel}}.with(opts)
}

// Multiplier sets how many filters a depthwise convolution has for each channel.
func Multiplier(n int) LayerOption { return optionFunc(func(l *Layer) { l.Multiplier = n }) }

const convFields = "kernel stride padding dilation activation slope bias init"

var convKinds = []LayerType{
	{Kind: KindConv2D, Summary: "convolution of images", Keys: "filters groups " + convFields, Wants: OfImages,
		Check: func(l Layer) error { return checkConv(l, 2) }, Build: buildConv},
	{Kind: KindDepthwise2D, Summary: "convolution of every channel of an image by itself",
		Keys: "multiplier " + convFields, Wants: OfImages,
		Check: func(l Layer) error {
			if l.Multiplier < 0 || l.Multiplier > maxUnits {
				return errors.Errorf("multiplier %d: must be from 1 to %d", l.Multiplier, maxUnits)
			}
			return checkWindow(l, 2)
		},
		Build: func(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			if err := wantRank(in[0], "images (N, channels, height, width)", 4); err != nil {
				return nil, err
			}
			l.Groups = in[0].Shape()[1]
			l.Filters = l.Groups * max(l.Multiplier, 1)
			return buildConv(b, l, in)
		}},
	{Kind: KindConv1D, Summary: "convolution along one axis", Keys: "filters groups " + convFields,
		Wants: OfSignals, Check: func(l Layer) error { return checkConv(l, 1) }, Build: buildConv},
}

func checkConv(l Layer, axes int) error {
	if err := inRange("filters", l.Filters); err != nil {
		return err
	}
	if g := l.Groups; g < 0 || g > 0 && l.Filters%g != 0 {
		return errors.Errorf("groups %d: must divide the %d filters", g, l.Filters)
	}
	return checkWindow(l, axes)
}

// buildConv serves both numbers of axes.
func buildConv(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	x, flat := in[0], l.Kind == KindConv1D
	rank, what := 4, "images (N, channels, height, width)"
	if flat {
		rank, what = 3, "channels of values (N, channels, length)"
	}
	if err := wantRank(x, what, rank); err != nil {
		return nil, err
	}
	shape := x.Shape()
	w, err := l.window(shape[2:])
	if err != nil {
		return nil, err
	}
	groups, channels := max(l.Groups, 1), shape[1]
	if channels%groups != 0 {
		return nil, errors.Errorf("groups %d: must divide the %d channels that it gets", groups, channels)
	}
	weight, err := b.Weight(l, ".weight", initializers.Conv(l.Filters, channels/groups, w.kernel...),
		slices.Concat([]int{l.Filters, channels / groups}, w.kernel)...)
	if err != nil {
		return nil, err
	}
	bias, err := b.Bias(l, l.Filters)
	if err != nil {
		return nil, err
	}
	if flat {
		return one(op.Conv1D(x, weight, bias, op.ConvConfig{Stride: [2]int{1, w.stride[0]}, Dilation: [2]int{1, w.dilation[0]},
			Pads: [4]int{1: w.pads[0], 3: w.pads[1]}, Groups: groups}, l.Activation, l.slope()))
	}
	return one(op.Conv2D(x, weight, bias, op.ConvConfig{Stride: [2]int(w.stride), Dilation: [2]int(w.dilation),
		Pads: [4]int(w.pads), Groups: groups}, l.Activation, l.slope()))
}

package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// The pools. N is the batch, C channels.
const (
	KindMaxPool       Kind = "max_pool"        // (N, C, H, W) → (N, C, H′, W′): the largest of each window
	KindAvgPool       Kind = "avg_pool"        // the mean of each window
	KindGlobalAvgPool Kind = "global_avg_pool" // (N, C, H, W) → (N, C): the mean of each channel
)

// MaxPool gives the largest value of each square window: (N, C, H, W) → (N, C, H′, W′) with
// H′ = ⌊(H + padding − kernel)/stride⌋ + 1. The stride is the kernel's size unless Stride says otherwise. Options:
// Kernel, Stride, Dilation, Ceil, and Same, Valid (the default) or Pad; padding never wins.
func MaxPool(kernel int, opts ...LayerOption) Layer {
	return Layer{Kind: KindMaxPool, Kernel: []int{kernel}}.with(opts)
}

// AvgPool gives the mean of each square window, padding left out unless CountPadding is given. Otherwise it is as
// MaxPool, without Dilation.
func AvgPool(kernel int, opts ...LayerOption) Layer {
	return Layer{Kind: KindAvgPool, Kernel: []int{kernel}}.with(opts)
}

// GlobalAvgPool gives the mean of each channel over all of space: (N, C, H, W) → (N, C).
func GlobalAvgPool(opts ...LayerOption) Layer { return Layer{Kind: KindGlobalAvgPool}.with(opts) }

// Ceil makes a pool round the number of its windows up, so that the last one may hang over the edge.
func Ceil() LayerOption { return optionFunc(func(l *Layer) { l.Ceil = true }) }

// CountPadding makes an average count padding as zeros.
func CountPadding() LayerOption { return optionFunc(func(l *Layer) { l.CountPad = true }) }

var poolKinds = []LayerType{
	{Kind: KindMaxPool, Summary: "the largest value of each window", Keys: "kernel stride padding dilation ceil",
		Wants: OfImages, Check: checkPool, Build: buildPool},
	{Kind: KindAvgPool, Summary: "the mean of each window", Keys: "kernel stride padding ceil count_padding",
		Wants: OfImages, Check: checkPool, Build: buildPool},
	{Kind: KindGlobalAvgPool, Summary: "the mean of each channel", Wants: OfImages,
		Build: func(_ *Builder, _ Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			if err := wantRank(in[0], "images (N, channels, height, width)", 4); err != nil {
				return nil, err
			}
			return one(op.GlobalAvgPool(in[0]))
		}},
}

func checkPool(l Layer) error {
	if l.Padding.same && l.Ceil {
		return errors.New("ceil: with padding same there is nothing to round")
	}
	return checkWindow(l, 2)
}

func buildPool(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	x := in[0]
	if err := wantRank(x, "images (N, channels, height, width)", 4); err != nil {
		return nil, err
	}
	if l.Stride == nil {
		l.Stride = l.Kernel
	}
	w, err := l.window(x.Shape()[2:])
	if err != nil {
		return nil, err
	}
	c := op.PoolConfig{Kernel: [2]int(w.kernel), Stride: [2]int(w.stride), Dilation: [2]int(w.dilation),
		Pads: [4]int(w.pads), CeilMode: l.Ceil, CountIncludePad: l.CountPad}
	if l.Kind == KindMaxPool {
		return one(op.MaxPool2D(x, c))
	}
	return one(op.AvgPool2D(x, c))
}

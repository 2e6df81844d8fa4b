package models

import "fmt"

var resnetMini = Info{"resnet-mini", "a residual network in CIFAR's form: a 3×3 convolution, eight blocks of two in " +
	"stages of 16, 32 and 64 filters (3, 3, 2), batch norm, global average",
	"He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385, section 4.2",
	func() []Layer { return residual(3, 3, 2) }}

// residual has so many blocks a stage. The first stage has 16 filters; each one behind it twice as many, on a quarter of
// the pixels.
func residual(blocks ...int) []Layer {
	layers := []Layer{
		Conv2D(16, 3, Pad(1), WithoutBias(), Named("conv1")),
		BatchNorm(Named("bn1")),
		Activate(ReLU, Named("relu1")),
	}
	last, filters := "relu1", 16
	for stage, n := range blocks {
		for b := range n {
			stride, name := 1, fmt.Sprintf("stage%d.block%d", stage+1, b+1)
			if b == 0 && stage > 0 {
				stride, filters = 2, 2*filters
			}
			layers = append(layers, block(name, last, filters, stride)...)
			last = name
		}
	}
	return append(layers, GlobalAvgPool())
}

// block is relu(F(x) + x) with F = conv, norm, relu, conv, norm. Where the shape changes x goes through a 1×1
// convolution of that stride and a norm (the paper's option B).
func block(name, from string, filters, stride int) []Layer {
	in := func(part string) string { return name + "." + part }
	layers := []Layer{
		Conv2D(filters, 3, Stride(stride), Pad(1), WithoutBias(), Named(in("conv1")), From(from)),
		BatchNorm(Named(in("bn1"))),
		Activate(ReLU, Named(in("relu1"))),
		Conv2D(filters, 3, Pad(1), WithoutBias(), Named(in("conv2"))),
		BatchNorm(Named(in("bn2"))),
	}
	shortcut := from
	if stride > 1 {
		shortcut = in("shortcut.bn")
		layers = append(layers,
			Conv2D(filters, 1, Stride(stride), WithoutBias(), Named(in("shortcut.conv")), From(from)),
			BatchNorm(Named(shortcut)))
	}
	return append(layers, Add([]string{in("bn2"), shortcut}, ReLU, Named(name)))
}

package graphtest

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgoniaNetworks are written with Gorgonia's own operations alone, as its users write them: batch sizes are numbers.
func gorgoniaNetworks() []Pattern {
	conv := func(m *Maker, x *gorgonia.Node, name string, filters, kernel, pad, stride int) *gorgonia.Node {
		w := m.Param(name+".weight", filters, x.Shape()[1], kernel, kernel)
		return Must(gorgonia.Conv2d(x, w, tensor.Shape{kernel, kernel}, []int{pad, pad}, []int{stride, stride}, []int{1, 1}))
	}
	relu := func(x *gorgonia.Node) *gorgonia.Node { return Must(gorgonia.Rectify(x)) }
	flat := func(x *gorgonia.Node) *gorgonia.Node {
		s := x.Shape()
		return Must(gorgonia.Reshape(x, tensor.Shape{s[0], s[1:].TotalSize()}))
	}
	product := func(m *Maker, x *gorgonia.Node, name string, units int) *gorgonia.Node {
		return Must(gorgonia.Mul(x, m.Param(name+".weight", x.Shape()[1], units)))
	}
	pool := func(x *gorgonia.Node) *gorgonia.Node {
		return Must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	}
	return []Pattern{
		{"gorgonia's convolutions", func(m *Maker) *Net {
			h := pool(relu(conv(m, m.Input("x", 5, 2, 6, 6), "one", 6, 3, 1, 1)))
			h = Must(gorgonia.Tanh(conv(m, h, "two", 4, 2, 0, 1)))
			return m.Done(product(m, relu(product(m, flat(h), "three", 6)), "head", 3))
		}},
		{"gorgonia's convolution with bias and stride", func(m *Maker) *Net {
			h := conv(m, m.Input("x", 5, 1, 7, 5), "one", 4, 3, 1, 2)
			h = relu(Must(gorgonia.BroadcastAdd(h, m.Param("one.bias", 1, 4, 1, 1), nil, []byte{0, 2, 3})))
			return m.Done(product(m, flat(h), "head", 2))
		}},
		{"gorgonia's average over space", func(m *Maker) *Net {
			h := relu(conv(m, m.Input("x", 5, 2, 5, 5), "one", 4, 3, 0, 1))
			return m.Done(product(m, flat(Must(gorgonia.GlobalAveragePool2D(h))), "head", 2))
		}},
		{"gorgonia's concat and slices", func(m *Maker) *Net {
			x := m.Input("x", 5, 4)
			h := Must(gorgonia.Concat(1, Must(gorgonia.Tanh(product(m, x, "left", 3))), Must(gorgonia.Sigmoid(product(m, x, "right", 5)))))
			a, b := Must(gorgonia.Slice(h, nil, gorgonia.S(1, 5))), Must(gorgonia.Slice(h, nil, gorgonia.S(4, 8)))
			return m.Done(product(m, Must(gorgonia.HadamardProd(a, b)), "head", 2))
		}},
		{"gorgonia's batched product", func(m *Maker) *Net {
			x := m.Input("x", 5, 3, 4)
			y := Must(gorgonia.Transpose(x, 0, 2, 1))
			h := Must(gorgonia.BatchedMatMul(Must(gorgonia.Tanh(x)), Must(gorgonia.Tanh(y)))) // (5, 3, 3)
			return m.Done(product(m, relu(product(m, flat(h), "one", 6)), "head", 2))
		}},
		{"gorgonia's largest and sums", func(m *Maker) *Net {
			h := relu(conv(m, m.Input("x", 5, 2, 4, 4), "one", 4, 3, 0, 1))
			sum := Must(gorgonia.Sum(h, 2, 3))
			return m.Done(product(m, Must(gorgonia.Add(sum, Must(gorgonia.Max(h, 2, 3)))), "head", 2))
		}},
	}
}

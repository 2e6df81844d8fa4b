package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// imageNetworks are the patterns of images: what the rewrites promise of networks holds for them too.
func imageNetworks() []network {
	pool2 := op.PoolConfig{Kernel: [2]int{2, 2}}
	return []network{
		{"convolutions", func(m *maker) *Network {
			h := must(op.MaxPool2D(m.conv(m.input("x", 5, 2, 6, 6), "one", 6, 3, pad1, op.ReLU), pool2))
			h = must(op.GlobalAvgPool(m.conv(h, "two", 5, 2, op.ConvConfig{}, op.Tanh)))
			return m.done(m.dense(h, "head", 3, op.Identity))
		}},
		{"batch norm between", func(m *maker) *Network {
			h := m.batchNorm(m.conv(m.input("x", 5, 2, 6, 6), "one", 6, 3, pad1, op.Identity), "norm")
			h = must(op.AvgPool2D(m.act(h, op.ReLU), pool2))
			h = must(op.GlobalAvgPool(m.conv(h, "two", 5, 2, op.ConvConfig{}, op.Sigmoid)))
			return m.done(m.dense(m.batchNorm(h, "last"), "head", 3, op.Identity))
		}},
		{"residual convolutions", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 5, 5), "stem", 6, 3, pad1, op.ReLU)
			b := m.conv(m.conv(h, "inner", 4, 3, pad1, op.ReLU), "branch", 6, 3, pad1, op.Identity)
			h = m.act(must(gorgonia.Add(h, b)), op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"depthwise", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 5, 5), "expand", 6, 1, op.ConvConfig{}, op.ReLU)
			h = m.conv(h, "depthwise", 6, 3, op.ConvConfig{Groups: 6, Pads: [4]int{1, 1, 1, 1}}, op.ReLU)
			h = m.conv(h, "project", 4, 1, op.ConvConfig{}, op.Identity)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"depthwise, two filters a channel", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 5, 5), "expand", 4, 1, op.ConvConfig{}, op.Tanh)
			h = m.conv(h, "depthwise", 8, 2, op.ConvConfig{Groups: 4}, op.Tanh)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"grouped", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 5, 5), "expand", 6, 1, op.ConvConfig{}, op.Tanh)
			h = m.conv(h, "grouped", 8, 2, op.ConvConfig{Groups: 2}, op.ReLU)
			h = m.conv(h, "after", 4, 2, op.ConvConfig{}, op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"a convolution for two images", func(m *maker) *Network {
			w, b := m.param("twin.weight", 5, 2, 2, 2), m.param("twin.bias", 5)
			see := func(x *gorgonia.Node) *gorgonia.Node { return must(op.Conv2D(x, w, b, op.ConvConfig{}, op.ReLU, 0)) }
			h := must(gorgonia.Sub(see(m.input("a", 5, 2, 4, 4)), see(m.input("b", 5, 2, 4, 4))))
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 2, op.Identity))
		}},
		{"one channel", func(m *maker) *Network {
			h := m.conv(m.conv(m.input("x", 5, 1, 5, 5), "one", 4, 2, op.ConvConfig{}, op.ReLU), "neck", 1, 2, op.ConvConfig{},
				op.Tanh)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 1, op.Identity))
		}},
	}
}

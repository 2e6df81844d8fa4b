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
		{"flatten", func(m *maker) *Network {
			h := must(op.MaxPool2D(m.conv(m.input("x", 5, 1, 8, 8), "one", 4, 3, op.ConvConfig{}, op.ReLU), pool2))
			h = must(op.Flatten(m.conv(h, "two", 5, 2, op.ConvConfig{}, op.Tanh), 1))
			return m.done(m.dense(m.dense(h, "three", 6, op.ReLU), "head", 3, op.Identity))
		}},
		{"flatten of a residual sum", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 4, 4), "stem", 6, 3, pad1, op.Tanh)
			h = must(op.Add(h, m.conv(m.conv(h, "inner", 4, 3, pad1, op.Tanh), "branch", 6, 3, pad1, op.Tanh)))
			aside := m.dense(must(op.GlobalAvgPool(m.conv(h, "aside", 3, 2, op.ConvConfig{}, op.Tanh))), "second", 2, op.Identity)
			return m.done(m.dense(must(op.Flatten(must(op.MaxPool2D(h, pool2)), 1)), "head", 3, op.Identity), aside)
		}},
		{"concat", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 5, 5), "stem", 4, 1, op.ConvConfig{}, op.ReLU)
			h = must(op.Concat(1, m.conv(h, "left", 3, 3, pad1, op.ReLU), h, m.conv(h, "right", 5, 1, op.ConvConfig{}, op.Tanh)))
			h = m.conv(m.batchNorm(h, "norm"), "after", 4, 2, op.ConvConfig{}, op.ReLU)
			return m.done(m.dense(must(op.Flatten(h, 1)), "head", 3, op.Identity))
		}},
		{"concat along another axis", func(m *maker) *Network {
			x := m.input("x", 5, 2, 5, 5)
			h := must(op.Concat(2, m.conv(x, "left", 4, 3, pad1, op.ReLU), m.conv(x, "right", 4, 1, op.ConvConfig{}, op.Tanh)))
			h = m.conv(h, "after", 4, 3, op.ConvConfig{}, op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"concat of rows and positions", func(m *maker) *Network {
			x := m.input("x", 5, 2, 4, 4)
			h := must(op.Flatten(m.conv(x, "left", 3, 2, op.ConvConfig{}, op.ReLU), 1))
			h = must(op.Concat(1, h, m.dense(m.input("y", 5, 3), "right", 4, op.Tanh)))
			return m.done(m.dense(h, "head", 3, op.Identity))
		}},
		{"split", func(m *maker) *Network {
			h := m.dense(m.input("x", 5, 4), "stem", 8, op.Tanh)
			parts, err := op.Split(h, 1, 3, 3, 2)
			if err != nil {
				panic(err)
			}
			sum := must(op.Mul(parts[0], parts[1]))
			return m.done(m.dense(sum, "a", 2, op.Identity), m.dense(parts[2], "b", 2, op.Identity))
		}},
		{"every other channel", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 4, 4), "stem", 7, 2, op.ConvConfig{}, op.Tanh)
			even := must(op.Slice(h, 1, 0, op.End, 2))
			return m.done(m.dense(must(op.GlobalAvgPool(even)), "a", 2, op.Identity),
				m.dense(must(op.GlobalAvgPool(m.conv(h, "all", 3, 2, op.ConvConfig{}, op.ReLU))), "b", 2, op.Identity))
		}},
		{"an image in the middle", func(m *maker) *Network {
			h := m.dense(m.input("x", 5, 4), "decode", 3*4*4, op.ReLU)
			h = m.conv(must(op.Reshape(h, 5, 3, 4, 4)), "one", 4, 3, pad1, op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"8 channels seen as 32", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 1, 4, 4), "one", 8, 1, op.ConvConfig{}, op.ReLU)
			h = m.conv(must(op.Reshape(h, -1, 32, 2, 2)), "two", 3, 1, op.ConvConfig{}, op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 2, op.Identity))
		}},
		{"flattened and back", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 4, 4), "one", 3, 3, pad1, op.ReLU)
			h = must(op.Reshape(m.act(must(op.Flatten(h, 1)), op.Tanh), 0, 3, 4, 4))
			h = m.conv(h, "two", 4, 3, pad1, op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"channels last", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 4, 4), "one", 3, 3, pad1, op.ReLU)
			h = must(op.Flatten(must(op.Transpose(h, 0, 2, 3, 1)), 1))
			return m.done(m.dense(h, "head", 3, op.Identity))
		}},
		{"scaled by a gate", func(m *maker) *Network {
			h := m.conv(m.input("x", 5, 2, 4, 4), "one", 5, 3, pad1, op.ReLU)
			gate := m.dense(m.dense(must(op.GlobalAvgPool(h)), "squeeze", 3, op.ReLU), "excite", 5, op.Sigmoid)
			h = m.conv(must(op.Mul(h, must(op.Unsqueeze(gate, 2, 3)))), "two", 4, 2, op.ConvConfig{}, op.ReLU)
			return m.done(m.dense(must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
	}
}

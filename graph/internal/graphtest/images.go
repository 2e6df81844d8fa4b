package graphtest

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// imageNetworks are the patterns of images: what the rewrites promise of networks holds for them too.
func imageNetworks() []Pattern {
	pool2 := op.PoolConfig{Kernel: [2]int{2, 2}}
	return []Pattern{
		{"convolutions", func(m *Maker) *Net {
			h := Must(op.MaxPool2D(m.Conv(m.Input("x", 5, 2, 6, 6), "one", 6, 3, Pad1, op.ReLU), pool2))
			h = Must(op.GlobalAvgPool(m.Conv(h, "two", 5, 2, op.ConvConfig{}, op.Tanh)))
			return m.Done(m.Dense(h, "head", 3, op.Identity))
		}},
		{"batch norm between", func(m *Maker) *Net {
			h := m.BatchNorm(m.Conv(m.Input("x", 5, 2, 6, 6), "one", 6, 3, Pad1, op.Identity), "norm")
			h = Must(op.AvgPool2D(m.Act(h, op.ReLU), pool2))
			h = Must(op.GlobalAvgPool(m.Conv(h, "two", 5, 2, op.ConvConfig{}, op.Sigmoid)))
			return m.Done(m.Dense(m.BatchNorm(h, "last"), "head", 3, op.Identity))
		}},
		{"residual convolutions", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 5, 5), "stem", 6, 3, Pad1, op.ReLU)
			b := m.Conv(m.Conv(h, "inner", 4, 3, Pad1, op.ReLU), "branch", 6, 3, Pad1, op.Identity)
			h = m.Act(Must(gorgonia.Add(h, b)), op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"depthwise", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 5, 5), "expand", 6, 1, op.ConvConfig{}, op.ReLU)
			h = m.Conv(h, "depthwise", 6, 3, op.ConvConfig{Groups: 6, Pads: [4]int{1, 1, 1, 1}}, op.ReLU)
			h = m.Conv(h, "project", 4, 1, op.ConvConfig{}, op.Identity)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"depthwise, two filters a channel", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 5, 5), "expand", 4, 1, op.ConvConfig{}, op.Tanh)
			h = m.Conv(h, "depthwise", 8, 2, op.ConvConfig{Groups: 4}, op.Tanh)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"grouped", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 5, 5), "expand", 6, 1, op.ConvConfig{}, op.Tanh)
			h = m.Conv(h, "grouped", 8, 2, op.ConvConfig{Groups: 2}, op.ReLU)
			h = m.Conv(h, "after", 4, 2, op.ConvConfig{}, op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"a convolution for two images", func(m *Maker) *Net {
			w, b := m.Param("twin.weight", 5, 2, 2, 2), m.Param("twin.bias", 5)
			see := func(x *gorgonia.Node) *gorgonia.Node { return Must(op.Conv2D(x, w, b, op.ConvConfig{}, op.ReLU, 0)) }
			h := Must(gorgonia.Sub(see(m.Input("a", 5, 2, 4, 4)), see(m.Input("b", 5, 2, 4, 4))))
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 2, op.Identity))
		}},
		{"one channel", func(m *Maker) *Net {
			h := m.Conv(m.Conv(m.Input("x", 5, 1, 5, 5), "one", 4, 2, op.ConvConfig{}, op.ReLU), "neck", 1, 2, op.ConvConfig{},
				op.Tanh)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 1, op.Identity))
		}},
		{"flatten", func(m *Maker) *Net {
			h := Must(op.MaxPool2D(m.Conv(m.Input("x", 5, 1, 8, 8), "one", 4, 3, op.ConvConfig{}, op.ReLU), pool2))
			h = Must(op.Flatten(m.Conv(h, "two", 5, 2, op.ConvConfig{}, op.Tanh), 1))
			return m.Done(m.Dense(m.Dense(h, "three", 6, op.ReLU), "head", 3, op.Identity))
		}},
		{"flatten of a residual sum", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 4, 4), "stem", 6, 3, Pad1, op.Tanh)
			h = Must(op.Add(h, m.Conv(m.Conv(h, "inner", 4, 3, Pad1, op.Tanh), "branch", 6, 3, Pad1, op.Tanh)))
			aside := m.Dense(Must(op.GlobalAvgPool(m.Conv(h, "aside", 3, 2, op.ConvConfig{}, op.Tanh))), "second", 2, op.Identity)
			return m.Done(m.Dense(Must(op.Flatten(Must(op.MaxPool2D(h, pool2)), 1)), "head", 3, op.Identity), aside)
		}},
		{"concat", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 5, 5), "stem", 4, 1, op.ConvConfig{}, op.ReLU)
			h = Must(op.Concat(1, m.Conv(h, "left", 3, 3, Pad1, op.ReLU), h, m.Conv(h, "right", 5, 1, op.ConvConfig{}, op.Tanh)))
			h = m.Conv(m.BatchNorm(h, "norm"), "after", 4, 2, op.ConvConfig{}, op.ReLU)
			return m.Done(m.Dense(Must(op.Flatten(h, 1)), "head", 3, op.Identity))
		}},
		{"concat along another axis", func(m *Maker) *Net {
			x := m.Input("x", 5, 2, 5, 5)
			h := Must(op.Concat(2, m.Conv(x, "left", 4, 3, Pad1, op.ReLU), m.Conv(x, "right", 4, 1, op.ConvConfig{}, op.Tanh)))
			h = m.Conv(h, "after", 4, 3, op.ConvConfig{}, op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"concat of rows and positions", func(m *Maker) *Net {
			x := m.Input("x", 5, 2, 4, 4)
			h := Must(op.Flatten(m.Conv(x, "left", 3, 2, op.ConvConfig{}, op.ReLU), 1))
			h = Must(op.Concat(1, h, m.Dense(m.Input("y", 5, 3), "right", 4, op.Tanh)))
			return m.Done(m.Dense(h, "head", 3, op.Identity))
		}},
		{"split", func(m *Maker) *Net {
			h := m.Dense(m.Input("x", 5, 4), "stem", 8, op.Tanh)
			parts, err := op.Split(h, 1, 3, 3, 2)
			if err != nil {
				panic(err)
			}
			sum := Must(op.Mul(parts[0], parts[1]))
			return m.Done(m.Dense(sum, "a", 2, op.Identity), m.Dense(parts[2], "b", 2, op.Identity))
		}},
		{"every other channel", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 4, 4), "stem", 7, 2, op.ConvConfig{}, op.Tanh)
			even := Must(op.Slice(h, 1, 0, op.End, 2))
			return m.Done(m.Dense(Must(op.GlobalAvgPool(even)), "a", 2, op.Identity),
				m.Dense(Must(op.GlobalAvgPool(m.Conv(h, "all", 3, 2, op.ConvConfig{}, op.ReLU))), "b", 2, op.Identity))
		}},
		{"an image in the middle", func(m *Maker) *Net {
			h := m.Dense(m.Input("x", 5, 4), "decode", 3*4*4, op.ReLU)
			h = m.Conv(Must(op.Reshape(h, 5, 3, 4, 4)), "one", 4, 3, Pad1, op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"8 channels seen as 32", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 1, 4, 4), "one", 8, 1, op.ConvConfig{}, op.ReLU)
			h = m.Conv(Must(op.Reshape(h, -1, 32, 2, 2)), "two", 3, 1, op.ConvConfig{}, op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 2, op.Identity))
		}},
		{"flattened and back", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 4, 4), "one", 3, 3, Pad1, op.ReLU)
			h = Must(op.Reshape(m.Act(Must(op.Flatten(h, 1)), op.Tanh), 0, 3, 4, 4))
			h = m.Conv(h, "two", 4, 3, Pad1, op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
		{"channels last", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 4, 4), "one", 3, 3, Pad1, op.ReLU)
			h = Must(op.Flatten(Must(op.Transpose(h, 0, 2, 3, 1)), 1))
			return m.Done(m.Dense(h, "head", 3, op.Identity))
		}},
		{"scaled by a gate", func(m *Maker) *Net {
			h := m.Conv(m.Input("x", 5, 2, 4, 4), "one", 5, 3, Pad1, op.ReLU)
			gate := m.Dense(m.Dense(Must(op.GlobalAvgPool(h)), "squeeze", 3, op.ReLU), "excite", 5, op.Sigmoid)
			h = m.Conv(Must(op.Mul(h, Must(op.Unsqueeze(gate, 2, 3)))), "two", 4, 2, op.ConvConfig{}, op.ReLU)
			return m.Done(m.Dense(Must(op.GlobalAvgPool(h)), "head", 3, op.Identity))
		}},
	}
}

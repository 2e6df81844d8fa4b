package graphtest

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// SequenceNetworks are the patterns of text and other sequences: what the rewrites promise of networks holds for them too.
func SequenceNetworks() []Pattern {
	weights := func(m *Maker, name string, in, hidden, gates int) op.RecurrentWeights {
		return op.RecurrentWeights{Input: m.Param(name+".input", in, gates*hidden), Hidden: m.Param(name+".hidden", hidden, gates*hidden),
			InputBias: m.Param(name+".bias", gates*hidden), HiddenBias: m.Param(name+".hidden_bias", gates*hidden)}
	}
	attention := func(m *Maker, name string, width, heads, d int) op.AttentionWeights {
		p := func(part string, shape ...int) *gorgonia.Node { return m.Param(name+"."+part, shape...) }
		return op.AttentionWeights{Query: p("query", width, heads*d), Key: p("key", width, heads*d), Value: p("value", width, heads*d),
			Out: p("out", heads*d, width), QueryBias: p("query_bias", heads*d), KeyBias: p("key_bias", heads*d),
			ValueBias: p("value_bias", heads*d), OutBias: p("out_bias", width)}
	}
	over := func(m *Maker, x *gorgonia.Node, name string, units int, act op.Activation) *gorgonia.Node {
		in := x.Shape()[x.Dims()-1]
		return Must(op.Linear(x, m.Param(name+".weight", in, units), m.Param(name+".bias", units), act, 0))
	}
	mean := func(x *gorgonia.Node) *gorgonia.Node { return Must(op.Reduce(op.ReduceMean, x, false, 1)) }
	return []Pattern{
		{"LSTM", func(m *Maker) *Net {
			_, h, _, err := op.LSTM(m.Input("x", 5, 3, 2), nil, nil, weights(m, "lstm", 2, 4, 4))
			Must(nil, err)
			return m.Done(m.Dense(h, "head", 3, op.Identity))
		}},
		{"two LSTMs", func(m *Maker) *Net {
			hs, _, _, err := op.LSTM(m.Input("x", 5, 3, 2), nil, nil, weights(m, "one", 2, 3, 4))
			Must(nil, err)
			hs, _, _, err = op.LSTM(hs, nil, nil, weights(m, "two", 3, 4, 4))
			Must(nil, err)
			return m.Done(m.Dense(mean(hs), "head", 2, op.Identity))
		}},
		{"GRU", func(m *Maker) *Net {
			hs, _, err := op.GRU(over(m, m.Input("x", 5, 3, 2), "in", 3, op.Tanh), nil, weights(m, "gru", 3, 4, 3))
			Must(nil, err)
			return m.Done(m.Dense(Must(op.Flatten(hs, 1)), "head", 3, op.Identity))
		}},
		{"self-attention", func(m *Maker) *Net {
			h := over(m, m.Input("x", 5, 3, 2), "in", 4, op.Tanh)
			h = Must(op.Add(h, Must(op.MultiHeadAttention(h, h, h, attention(m, "attention", 4, 3, 2), 3, nil))))
			h = over(m, h, "up", 6, op.GELU)
			return m.Done(m.Dense(mean(over(m, h, "down", 4, op.Identity)), "head", 2, op.Identity))
		}},
		{"cross-attention of one head", func(m *Maker) *Net {
			q, k := over(m, m.Input("x", 5, 3, 2), "left", 4, op.Tanh), over(m, m.Input("y", 5, 2, 3), "right", 4, op.Tanh)
			h := Must(op.MultiHeadAttention(q, k, k, attention(m, "attention", 4, 1, 3), 1, nil))
			return m.Done(m.Dense(Must(op.Flatten(h, 1)), "head", 2, op.Identity))
		}},
		{"time merged into the batch", func(m *Maker) *Net {
			h := Must(op.Reshape(m.Input("x", 5, 3, 2), -1, 2))
			h = Must(op.Reshape(m.Dense(h, "in", 6, op.Tanh), -1, 3, 6))
			return m.Done(m.Dense(mean(h), "head", 2, op.Identity))
		}},
		{"padded and clipped", func(m *Maker) *Net {
			h := Must(op.Clip(Must(op.Pad(m.Dense(m.Input("x", 5, 3), "in", 4, op.Tanh), 0, 0, 1, 0, 2)), -0.5, 0.75))
			return m.Done(m.Dense(h, "head", 2, op.Identity))
		}},
		{"selected", func(m *Maker) *Net {
			h := Must(op.Select(m.Dense(m.Input("x", 5, 3), "in", 5, op.Tanh), 1, 4, 1, 2, 1))
			return m.Done(m.Dense(h, "head", 2, op.Identity))
		}},
		{"softmax over time", func(m *Maker) *Net {
			h := over(m, m.Input("x", 5, 3, 2), "in", 4, op.Tanh)
			return m.Done(m.Dense(Must(op.Reduce(op.ReduceSum, Must(op.Mul(h, Must(op.SoftmaxAxis(h, 1)))), false, 1)), "head", 2, op.Identity))
		}},
	}
}

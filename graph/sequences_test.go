package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// sequenceNetworks are the patterns of text and other sequences: what the rewrites promise of networks holds for them too.
func sequenceNetworks() []network {
	weights := func(m *maker, name string, in, hidden, gates int) op.RecurrentWeights {
		return op.RecurrentWeights{Input: m.param(name+".input", in, gates*hidden), Hidden: m.param(name+".hidden", hidden, gates*hidden),
			InputBias: m.param(name+".bias", gates*hidden), HiddenBias: m.param(name+".hidden_bias", gates*hidden)}
	}
	attention := func(m *maker, name string, width, heads, d int) op.AttentionWeights {
		p := func(part string, shape ...int) *gorgonia.Node { return m.param(name+"."+part, shape...) }
		return op.AttentionWeights{Query: p("query", width, heads*d), Key: p("key", width, heads*d), Value: p("value", width, heads*d),
			Out: p("out", heads*d, width), QueryBias: p("query_bias", heads*d), KeyBias: p("key_bias", heads*d),
			ValueBias: p("value_bias", heads*d), OutBias: p("out_bias", width)}
	}
	over := func(m *maker, x *gorgonia.Node, name string, units int, act op.Activation) *gorgonia.Node {
		in := x.Shape()[x.Dims()-1]
		return must(op.Linear(x, m.param(name+".weight", in, units), m.param(name+".bias", units), act, 0))
	}
	mean := func(x *gorgonia.Node) *gorgonia.Node { return must(op.Reduce(op.ReduceMean, x, false, 1)) }
	return []network{
		{"LSTM", func(m *maker) *Network {
			_, h, _, err := op.LSTM(m.input("x", 5, 3, 2), nil, nil, weights(m, "lstm", 2, 4, 4))
			must(nil, err)
			return m.done(m.dense(h, "head", 3, op.Identity))
		}},
		{"two LSTMs", func(m *maker) *Network {
			hs, _, _, err := op.LSTM(m.input("x", 5, 3, 2), nil, nil, weights(m, "one", 2, 3, 4))
			must(nil, err)
			hs, _, _, err = op.LSTM(hs, nil, nil, weights(m, "two", 3, 4, 4))
			must(nil, err)
			return m.done(m.dense(mean(hs), "head", 2, op.Identity))
		}},
		{"GRU", func(m *maker) *Network {
			hs, _, err := op.GRU(over(m, m.input("x", 5, 3, 2), "in", 3, op.Tanh), nil, weights(m, "gru", 3, 4, 3))
			must(nil, err)
			return m.done(m.dense(must(op.Flatten(hs, 1)), "head", 3, op.Identity))
		}},
		{"self-attention", func(m *maker) *Network {
			h := over(m, m.input("x", 5, 3, 2), "in", 4, op.Tanh)
			h = must(op.Add(h, must(op.MultiHeadAttention(h, h, h, attention(m, "attention", 4, 3, 2), 3, nil))))
			h = over(m, h, "up", 6, op.GELU)
			return m.done(m.dense(mean(over(m, h, "down", 4, op.Identity)), "head", 2, op.Identity))
		}},
		{"cross-attention of one head", func(m *maker) *Network {
			q, k := over(m, m.input("x", 5, 3, 2), "left", 4, op.Tanh), over(m, m.input("y", 5, 2, 3), "right", 4, op.Tanh)
			h := must(op.MultiHeadAttention(q, k, k, attention(m, "attention", 4, 1, 3), 1, nil))
			return m.done(m.dense(must(op.Flatten(h, 1)), "head", 2, op.Identity))
		}},
		{"time merged into the batch", func(m *maker) *Network {
			h := must(op.Reshape(m.input("x", 5, 3, 2), -1, 2))
			h = must(op.Reshape(m.dense(h, "in", 6, op.Tanh), -1, 3, 6))
			return m.done(m.dense(mean(h), "head", 2, op.Identity))
		}},
		{"padded and clipped", func(m *maker) *Network {
			h := must(op.Clip(must(op.Pad(m.dense(m.input("x", 5, 3), "in", 4, op.Tanh), 0, 0, 1, 0, 2)), -0.5, 0.75))
			return m.done(m.dense(h, "head", 2, op.Identity))
		}},
		{"selected", func(m *maker) *Network {
			h := must(op.Select(m.dense(m.input("x", 5, 3), "in", 5, op.Tanh), 1, 4, 1, 2, 1))
			return m.done(m.dense(h, "head", 2, op.Identity))
		}},
		{"softmax over time", func(m *maker) *Network {
			h := over(m, m.input("x", 5, 3, 2), "in", 4, op.Tanh)
			return m.done(m.dense(must(op.Reduce(op.ReduceSum, must(op.Mul(h, must(op.SoftmaxAxis(h, 1)))), false, 1)), "head", 2, op.Identity))
		}},
	}
}

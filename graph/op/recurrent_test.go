package op_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		weights := func(b *builder, gates int, bias bool) op.RecurrentWeights {
			w := op.RecurrentWeights{Input: b.x(2, gates*3), Hidden: b.x(3, gates*3)}
			if bias {
				w.InputBias, w.HiddenBias = b.x(gates*3), b.x(gates*3)
			}
			return w
		}
		for _, bias := range []bool{false, true} {
			name := fmt.Sprint("bias ", bias)
			add("LSTMCell", name, func(b *builder) *gorgonia.Node {
				h, c, err := op.LSTMCell(b.x(2, 2), b.x(2, 3), b.x(2, 3), weights(b, 4, bias))
				must(nil, err)
				return must(op.Mul(h, c))
			})
			add("LSTM", name, func(b *builder) *gorgonia.Node {
				hs, _, c, err := op.LSTM(b.x(2, 3, 2), nil, nil, weights(b, 4, bias))
				must(nil, err)
				return must(op.Add(hs, must(op.Unsqueeze(c, 1))))
			})
			add("GRUCell", name, func(b *builder) *gorgonia.Node {
				return must(op.GRUCell(b.x(2, 2), b.x(2, 3), weights(b, 3, bias)))
			})
			add("GRU", name, func(b *builder) *gorgonia.Node {
				hs, _, err := op.GRU(b.x(2, 3, 2), nil, weights(b, 3, bias))
				return must(hs, err)
			})
			add("MultiHeadAttention", name, func(b *builder) *gorgonia.Node {
				w := op.AttentionWeights{Query: b.x(3, 4), Key: b.x(2, 4), Value: b.x(2, 6), Out: b.x(6, 3)}
				if bias {
					w.QueryBias, w.KeyBias, w.ValueBias, w.OutBias = b.x(4), b.x(4), b.x(6), b.x(3)
				}
				k := b.x(2, 4, 2)
				return must(op.MultiHeadAttention(b.x(2, 3, 3), k, k, w, 2, nil))
			})
		}
	})
}

func TestSequenceLayersRefuse(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	x, one := b.counted(2, 3, 4), func(shape ...int) *gorgonia.Node { return b.counted(shape...) }
	for _, c := range []struct {
		want string
		f    func() error
	}{
		{"want (in, 4·hidden)", func() error {
			_, _, _, err := op.LSTM(x, nil, nil, op.RecurrentWeights{Input: one(4, 8), Hidden: one(3, 8)})
			return err
		}},
		{"want (batch, time, in)", func() error {
			_, _, err := op.GRU(one(2, 4), nil, op.RecurrentWeights{Input: one(4, 6), Hidden: one(2, 6)})
			return err
		}},
		{"is nil", func() error { _, err := op.GRUCell(one(2, 4), nil, op.RecurrentWeights{}); return err }},
		{"to 3 heads", func() error {
			_, err := op.MultiHeadAttention(x, x, x, op.AttentionWeights{Query: one(4, 4), Key: one(4, 4), Value: one(4, 4),
				Out: one(4, 4)}, 3, nil)
			return err
		}},
		{"do not fit", func() error {
			_, err := op.MultiHeadAttention(x, x, x, op.AttentionWeights{Query: one(4, 4), Key: one(4, 4), Value: one(4, 4),
				Out: one(3, 4), OutBias: one(4)}, 2, nil)
			return err
		}},
	} {
		if err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that contains %q", err, c.want)
		}
	}
}

// sequenceCase is what PyTorch computed: see testdata/sequences.py.
type sequenceCase struct {
	Name     string
	Settings struct {
		Heads  int
		Causal bool
	}
	Inputs, Gradients map[string]sequenceTensor
	Output, Weight    sequenceTensor
}

type sequenceTensor struct {
	Shape []int
	Data  []float64
}

// compositions builds each case from its inputs.
var compositions = map[string]func(c *sequenceCase, in map[string]*gorgonia.Node) *gorgonia.Node{
	"LSTM":              lstmCase,
	"LSTM from a state": lstmCase,
	"GRU":               gruCase,
	"GRU from a state":  gruCase,
	"self-attention":    attentionCase,
	"causal attention":  attentionCase,
	"cross-attention":   attentionCase,
	"encoder layer":     encoderCase,
}

func recurrentOf(in map[string]*gorgonia.Node) op.RecurrentWeights {
	return op.RecurrentWeights{Input: in["input"], Hidden: in["hidden"], InputBias: in["inputBias"], HiddenBias: in["hiddenBias"]}
}

func lstmCase(_ *sequenceCase, in map[string]*gorgonia.Node) *gorgonia.Node {
	hs, h, c, err := op.LSTM(in["x"], in["h"], in["c"], recurrentOf(in))
	must(nil, err)
	return must(op.Concat(1, hs, must(op.Unsqueeze(h, 1)), must(op.Unsqueeze(c, 1))))
}

func gruCase(_ *sequenceCase, in map[string]*gorgonia.Node) *gorgonia.Node {
	hs, h, err := op.GRU(in["x"], in["h"], recurrentOf(in))
	must(nil, err)
	return must(op.Concat(1, hs, must(op.Unsqueeze(h, 1))))
}

func attentionOf(in map[string]*gorgonia.Node) op.AttentionWeights {
	return op.AttentionWeights{Query: in["query"], Key: in["key"], Value: in["value"], Out: in["out"], QueryBias: in["queryBias"],
		KeyBias: in["keyBias"], ValueBias: in["valueBias"], OutBias: in["outBias"]}
}

func attentionCase(c *sequenceCase, in map[string]*gorgonia.Node) *gorgonia.Node {
	q, k, v := in["q"], in["k"], in["v"]
	if k == nil {
		k, v = q, q
	}
	var mask *gorgonia.Node
	if c.Settings.Causal {
		n := q.Shape()[1]
		m := make([]float64, n*n)
		for i := range n {
			for j := i + 1; j < n; j++ {
				m[i*n+j] = math.Inf(-1)
			}
		}
		mask = gorgonia.NewConstant(tensor.New(tensor.WithShape(n, n), tensor.WithBacking(m)), gorgonia.WithName("causal"))
	}
	return must(op.MultiHeadAttention(q, k, v, attentionOf(in), c.Settings.Heads, mask))
}

func encoderCase(c *sequenceCase, in map[string]*gorgonia.Node) *gorgonia.Node {
	x := must(op.Embedding(in["table"], in["ids"]))
	n := must(op.LayerNorm(x, in["norm1"], in["norm1Bias"], 2, 1e-5))
	x = must(op.Add(x, must(op.MultiHeadAttention(n, n, n, attentionOf(in), c.Settings.Heads, nil))))
	n = must(op.LayerNorm(x, in["norm2"], in["norm2Bias"], 2, 1e-5))
	n = must(op.Linear(must(op.Linear(n, in["up"], in["upBias"], op.GELU, 0)), in["down"], in["downBias"], op.Identity, 0))
	return must(op.LogSoftmax(must(op.Reduce(op.ReduceMean, must(op.Add(x, n)), false, 1)), -1))
}

// Recurrent layers, attention and a transformer's encoder layer give PyTorch's values and gradients.
func TestCompositionsAgreeWithPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/sequences.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []sequenceCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != len(compositions) {
		t.Errorf("%d cases, want %d", len(cases), len(compositions))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			g := gorgonia.NewGraph()
			in := map[string]*gorgonia.Node{}
			leaf := func(name string, v sequenceTensor) *gorgonia.Node {
				return gorgonia.NewTensor(g, tensor.Float64, len(v.Shape), gorgonia.WithName(name), gorgonia.WithShape(v.Shape...),
					gorgonia.WithValue(tensor.New(tensor.WithShape(v.Shape...), tensor.WithBacking(v.Data))))
			}
			for name, v := range c.Inputs {
				in[name] = leaf(name, v)
			}
			out := compositions[c.Name](&c, in)
			cost := must(op.Reduce(op.ReduceSum, must(op.Mul(out, leaf("weight", c.Weight))), false))
			var names []string
			var wrt gorgonia.Nodes
			for name := range c.Gradients {
				names, wrt = append(names, name), append(wrt, in[name])
			}
			grads, err := gorgonia.Grad(cost, wrt...)
			if err != nil {
				t.Fatal(err)
			}
			runAll(t, g)
			compare := func(what string, n *gorgonia.Node, want sequenceTensor) {
				got := data(t, n)
				if len(got) != len(want.Data) {
					t.Fatalf("%s has %d elements, want %d", what, len(got), len(want.Data))
				}
				for i, w := range want.Data {
					if !near(got[i], w, 1e-10) {
						t.Fatalf("%s: element %d is %v, PyTorch has %v", what, i, got[i], w)
					}
				}
			}
			compare("output", out, c.Output)
			for i, name := range names {
				compare("gradient of "+name, grads[i], c.Gradients[name])
			}
		})
	}
}

package models

import (
	"math"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// KindAttention is self-attention: (N, tokens, features) → the same.
const KindAttention Kind = "attention"

// Attention is multi-head self-attention: (N, tokens, features) → the same. Each head has features/heads = d columns of
// Q, K, V = x·W + b and gives softmax(Q·Kᵀ/√d)·V; the heads side by side go through a last linear layer. Parameters:
// query.weight, key.weight, value.weight, out.weight (features, features), and a bias (features) for each. Options:
// Causal, WithInit, WithoutBias. Source: Vaswani et al. 2017, arXiv:1706.03762.
func Attention(heads int, opts ...LayerOption) Layer {
	return Layer{Kind: KindAttention, Heads: heads}.with(opts)
}

// Causal lets a token see only itself and those before it.
func Causal() LayerOption { return optionFunc(func(l *Layer) { l.Causal = true }) }

var attentionKinds = []LayerType{
	{Kind: KindAttention, Summary: "multi-head self-attention", Keys: "heads causal bias init", Wants: OfSequences,
		Check: func(l Layer) error { return inRange("heads", l.Heads) }, Build: buildAttention},
}

func buildAttention(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], aSequence, 3); err != nil {
		return nil, err
	}
	tokens, width := in[0].Shape()[1], in[0].Shape()[2]
	if width%l.Heads != 0 {
		return nil, errors.Errorf("heads %d: must divide the %d features that it gets", l.Heads, width)
	}
	var w op.AttentionWeights
	for _, p := range []struct {
		name         string
		weight, bias **gorgonia.Node
	}{
		{"query", &w.Query, &w.QueryBias}, {"key", &w.Key, &w.KeyBias}, {"value", &w.Value, &w.ValueBias},
		{"out", &w.Out, &w.OutBias},
	} {
		part := l
		part.Name += "." + p.name
		var err error
		if *p.weight, err = b.Weight(part, ".weight", initializers.Dense(width, width), width, width); err != nil {
			return nil, err
		}
		if *p.bias, err = b.Bias(part, width); err != nil {
			return nil, err
		}
	}
	var mask *gorgonia.Node
	if l.Causal {
		later := make([]float64, tokens*tokens)
		for i := range tokens {
			for j := i + 1; j < tokens; j++ {
				later[i*tokens+j] = math.Inf(-1)
			}
		}
		var err error
		if mask, err = b.Constant(l.Name+".mask", later, tokens, tokens); err != nil {
			return nil, err
		}
	}
	return one(op.MultiHeadAttention(in[0], in[0], in[0], w, l.Heads, mask))
}

package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"gorgonia.org/gorgonia"
)

// Layers that work on sequences, (N, tokens, features). N is the batch.
const (
	KindPositional Kind = "positional_embedding" // adds a learned vector for each place
)

// PositionalEmbedding adds a learned vector for each place: (N, tokens, features) → the same. Parameter: weight (tokens,
// features), from a normal distribution of deviation 0.02 cut at twice that (BERT's) unless WithInit says otherwise.
func PositionalEmbedding(opts ...LayerOption) Layer { return Layer{Kind: KindPositional}.with(opts) }

var sequenceKinds = []layerKind{
	{name: KindPositional, summary: "adds a learned vector for each place of a sequence", ins: 1, fields: "init",
		wants: sequence, build: buildPositional},
}

const aSequence = "sequences (N, tokens, features)"

func buildPositional(b *builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], aSequence, 3); err != nil {
		return nil, err
	}
	if l.Init.Name == "" {
		l.Init = initializers.TruncatedNormal()
	}
	tokens, width := in[0].Shape()[1], in[0].Shape()[2]
	weight, err := b.weight(l, ".weight", initializers.Dense(tokens, width), tokens, width)
	if err != nil {
		return nil, err
	}
	return one(op.Add(in[0], weight))
}

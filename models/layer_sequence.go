package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"gorgonia.org/gorgonia"
)

// Layers that work on sequences, (N, tokens, features). N is the batch.
const (
	KindEmbedding  Kind = "embedding"            // (N, tokens) → (N, tokens, units): a row of a table for each id
	KindPositional Kind = "positional_embedding" // adds a learned vector for each place
)

// Embedding looks ids up: (N, tokens) whole numbers from 0 to vocabulary−1 → (N, tokens, units). Parameter: weight
// (vocabulary, units), from a normal distribution of deviation 1, as PyTorch's, unless WithInit says otherwise.
func Embedding(vocabulary, units int, opts ...LayerOption) Layer {
	return Layer{Kind: KindEmbedding, Vocabulary: vocabulary, Units: units}.with(opts)
}

// PositionalEmbedding adds a learned vector for each place: (N, tokens, features) → the same. Parameter: weight (tokens,
// features), from a normal distribution of deviation 0.02 cut at twice that (BERT's) unless WithInit says otherwise.
func PositionalEmbedding(opts ...LayerOption) Layer { return Layer{Kind: KindPositional}.with(opts) }

var sequenceKinds = []LayerType{
	{Kind: KindEmbedding, Summary: "a row of a table for each id", Keys: "vocabulary units init", Wants: OfIDs,
		Check: func(l Layer) error {
			if err := inRange("vocabulary", l.Vocabulary); err != nil {
				return err
			}
			return inRange("units", l.Units)
		},
		Build: buildEmbedding},
	{Kind: KindPositional, Summary: "adds a learned vector for each place of a sequence", Keys: "init",
		Wants: OfSequences, Build: buildPositional},
}

const aSequence = "sequences (N, tokens, features)"

func buildEmbedding(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], "ids (N, tokens)", 2); err != nil {
		return nil, err
	}
	if l.Init.Name == "" {
		l.Init = initializers.LeCunNormal()
	}
	fan := initializers.Fan{In: 1, Out: l.Units, Rows: l.Vocabulary, Cols: l.Units} // one row of the table is read
	weight, err := b.Weight(l, ".weight", fan, l.Vocabulary, l.Units)
	if err != nil {
		return nil, err
	}
	return one(op.Embedding(weight, in[0]))
}

func buildPositional(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], aSequence, 3); err != nil {
		return nil, err
	}
	if l.Init.Name == "" {
		l.Init = initializers.TruncatedNormal()
	}
	tokens, width := in[0].Shape()[1], in[0].Shape()[2]
	weight, err := b.Weight(l, ".weight", initializers.Dense(tokens, width), tokens, width)
	if err != nil {
		return nil, err
	}
	return one(op.Add(in[0], weight))
}

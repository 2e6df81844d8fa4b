package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"gorgonia.org/gorgonia"
)

// The recurrent layers. N is the batch.
const (
	KindLSTM Kind = "lstm" // (N, tokens, in) → (N, units), or (N, tokens, units)
	KindGRU  Kind = "gru"  // the same
)

// LSTM is a long short-term memory that reads a sequence from its first token to its last: (N, tokens, in) → its last
// state (N, units), or with Sequences every state (N, tokens, units). Parameters, the gates i, f, g, o side by side as in
// PyTorch: input.weight (in, 4·units), hidden.weight (units, 4·units), input.bias and hidden.bias (4·units), which begin
// at 0, and at 1 for the forget gate f in the first (Gers et al. 2000). Options: Sequences, WithInit, WithoutBias.
// Source: Hochreiter & Schmidhuber 1997.
func LSTM(units int, opts ...LayerOption) Layer {
	return Layer{Kind: KindLSTM, Units: units}.with(opts)
}

// GRU is a gated recurrent unit; as LSTM, with three gates r, z, n and all biases 0. Source: Cho et al. 2014,
// arXiv:1406.1078.
func GRU(units int, opts ...LayerOption) Layer { return Layer{Kind: KindGRU, Units: units}.with(opts) }

// Sequences makes a recurrent layer give its state after every token.
func Sequences() LayerOption { return optionFunc(func(l *Layer) { l.Sequences = true }) }

var recurrentKinds = []LayerType{
	{Kind: KindLSTM, Summary: "long short-term memory over a sequence", Keys: "units sequences bias init",
		Wants: OfSequences, Check: func(l Layer) error { return inRange("units", l.Units) }, Build: buildRecurrent},
	{Kind: KindGRU, Summary: "gated recurrent unit over a sequence", Keys: "units sequences bias init",
		Wants: OfSequences, Check: func(l Layer) error { return inRange("units", l.Units) }, Build: buildRecurrent},
}

func buildRecurrent(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], aSequence, 3); err != nil {
		return nil, err
	}
	gates := map[Kind]int{KindLSTM: 4, KindGRU: 3}[l.Kind]
	var w op.RecurrentWeights
	var err error
	width := in[0].Shape()[2]
	if w.Input, w.InputBias, err = b.gates(l, "input", width, gates); err != nil {
		return nil, err
	}
	if w.Hidden, w.HiddenBias, err = b.gates(l, "hidden", l.Units, gates); err != nil {
		return nil, err
	}
	var all, last *gorgonia.Node
	if l.Kind == KindLSTM {
		all, last, _, err = op.LSTM(in[0], nil, nil, w)
	} else {
		all, last, err = op.GRU(in[0], nil, w)
	}
	if l.Sequences {
		return one(all, err)
	}
	return one(last, err)
}

// gates adds the weight of so many gates, and their biases. A gate's fan is its own, not that of all.
func (b *Builder) gates(l Layer, what string, in, gates int) (weight, bias *gorgonia.Node, err error) {
	fan := initializers.Fan{In: in, Out: l.Units, Rows: in, Cols: gates * l.Units}
	if weight, err = b.Weight(l, "."+what+".weight", fan, in, gates*l.Units); err != nil || l.NoBias {
		return weight, nil, err
	}
	start := filled(gates*l.Units, 0)
	if l.Kind == KindLSTM && what == "input" {
		copy(start[l.Units:2*l.Units], filled(l.Units, 1))
	}
	bias, err = b.Param(l.Name+"."+what+".bias", start, len(start))
	return weight, bias, err
}

package models

import (
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// The kinds of layer that tables of features need. N is the batch.
const (
	KindInput       Kind = "input"       // where data enters: (N, units), or (N, shape…)
	KindStandardize Kind = "standardise" // (x − mean)/scale for each column
	KindUnscale     Kind = "unscale"     // x·scale + mean, at the end of a regression
	KindDense       Kind = "dense"       // act(x·W + b): (N, …, in) → (N, …, units)
	KindActivation  Kind = "activation"  // elementwise
	KindDropout     Kind = "dropout"     // zeroes elements with probability rate while training
	KindSoftmax     Kind = "softmax"     // the last axis: logits to probabilities
)

// Input is where data enters: one number is that of features, several are the shape of a row, (1, 28, 28) for an image
// of one channel. A model may have several inputs; they come before all other layers.
func Input(shape ...int) Layer {
	if len(shape) == 1 {
		return Layer{Kind: KindInput, Units: shape[0]}
	}
	return Layer{Kind: KindInput, Shape: shape}
}

// Standardize subtracts mean and divides by scale, one value for each feature: (N, features) → the same. The statistics
// become constants of the model and travel in its file.
func Standardize(mean, scale []float64, opts ...LayerOption) Layer {
	return Layer{Kind: KindStandardize, Mean: mean, Scale: scale}.with(opts)
}

// Unscale multiplies by scale and adds mean, two numbers: the last layer of a regression that learns standardised
// targets, which gives answers the target's own unit. Training, evaluation and pruning look at what goes into it; see
// Target. A mean that is so large beside scale that float32 is too coarse for the results makes the model's file answer
// in double.
func Unscale(mean, scale float64, opts ...LayerOption) Layer {
	return Layer{Kind: KindUnscale, Mean: []float64{mean}, Scale: []float64{scale}}.with(opts)
}

// Dense is a fully connected layer, y = act(x·W + b), of that many units, linear unless an activation is given. It
// works on the last axis: (N, in) → (N, units), or on every token of a sequence, (N, tokens, in) → (N, tokens, units).
// Parameters: weight (in, units), bias (units). Options: an activation, WithSlope, WithInit, WithoutBias.
func Dense(units int, opts ...LayerOption) Layer {
	return Layer{Kind: KindDense, Units: units}.with(opts)
}

// Activate applies an activation as a layer of its own, to data of any shape.
func Activate(a ActivationOption, opts ...LayerOption) Layer {
	return Layer{Kind: KindActivation, Activation: a.of}.with(opts)
}

// Dropout zeroes elements with probability rate while training and scales the others by 1/(1 − rate).
func Dropout(rate float64, opts ...LayerOption) Layer {
	return Layer{Kind: KindDropout, Rate: rate}.with(opts)
}

// Softmax turns logits into probabilities, over the last axis; a classifier's last layer.
func Softmax(opts ...LayerOption) Layer { return Layer{Kind: KindSoftmax}.with(opts) }

var basicKinds = []LayerType{
	{Kind: KindInput, Summary: "where data enters: units features, or rows of a shape", Inputs: noInput, Keys: "units shape",
		Check: func(l Layer) error {
			if len(l.Shape) > 0 {
				if l.Units != 0 {
					return errors.New("units and shape: give one of them")
				}
				return positive("shape", l.Shape)
			}
			return inRange("units", l.Units)
		},
		Build: func(b *Builder, l Layer, _ gorgonia.Nodes) (gorgonia.Nodes, error) { return b.input(l) }},
	{Kind: KindStandardize, Summary: "(x − mean)/scale for each feature", Keys: "mean scale",
		Check: checkStandardise, Build: buildStandardise},
	{Kind: KindUnscale, Summary: "x·scale + mean, which gives a regression's answer the target's unit",
		Keys: "mean scale", Check: checkUnscale, Build: func(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			t := data.NewTargetScaling(l.Mean[0], l.Scale[0])
			return one(op.Unscale(in[0], t.Mean, t.Scale, t.Wide))
		}},
	{Kind: KindDense, Summary: "fully connected", Keys: "units activation slope bias init",
		Check: func(l Layer) error { return inRange("units", l.Units) }, Build: buildDense},
	{Kind: KindActivation, Summary: "an activation by itself", Keys: "activation slope",
		Build: func(_ *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			return one(op.Activate(in[0], l.Activation, l.slope()))
		}},
	{Kind: KindDropout, Summary: "zeroes elements with probability rate while training", Keys: "rate",
		Check: func(l Layer) error {
			if !(l.Rate >= 0 && l.Rate < 1) {
				return errors.Errorf("rate %v: must lie in [0, 1)", l.Rate)
			}
			return nil
		},
		Build: func(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			return one(op.Dropout(in[0], l.Rate, &op.DropoutState{Seed: b.Seed("dropout", l.Name)}))
		}},
	{Kind: KindSoftmax, Summary: "logits to probabilities, over the last axis",
		Build: func(_ *Builder, _ Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			if last := len(in[0].Shape()) - 1; last > 1 {
				return one(op.SoftmaxAxis(in[0], last))
			}
			return one(op.Softmax(in[0]))
		}},
}

func checkStandardise(l Layer) error {
	for i, v := range l.Scale {
		if v == 0 {
			return errors.Errorf("scale of feature %d is 0", i)
		}
	}
	return nil
}

func checkUnscale(l Layer) error {
	if len(l.Mean) != 1 || len(l.Scale) != 1 {
		return errors.Errorf("%d means and %d scales: it needs one of each", len(l.Mean), len(l.Scale))
	}
	if s := l.Scale[0]; !(s > 0) || math.IsInf(s, 0) || l.Mean[0]-l.Mean[0] != 0 {
		return errors.Errorf("mean %v must be finite and scale %v positive", l.Mean[0], s)
	}
	return nil
}

func buildStandardise(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], "rows of features", 2); err != nil {
		return nil, err
	}
	if width := in[0].Shape()[1]; len(l.Mean) != width || len(l.Scale) != width {
		return nil, errors.Errorf("%d means and %d scales for %d features", len(l.Mean), len(l.Scale), width)
	}
	mean, err := b.Constant(l.Name+".mean", l.Mean, len(l.Mean))
	if err != nil {
		return nil, err
	}
	scale, err := b.Constant(l.Name+".scale", l.Scale, len(l.Scale))
	if err != nil {
		return nil, err
	}
	return one(op.Standardize(in[0], mean, scale))
}

func buildDense(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], "rows of features or sequences of them (flatten makes an image one row)", 2, 3); err != nil {
		return nil, err
	}
	shape := in[0].Shape()
	width := shape[len(shape)-1]
	weight, err := b.Weight(l, ".weight", initializers.Dense(width, l.Units), width, l.Units)
	if err != nil {
		return nil, err
	}
	bias, err := b.Bias(l, l.Units)
	if err != nil {
		return nil, err
	}
	return one(op.Linear(in[0], weight, bias, l.Activation, l.slope()))
}

package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
)

// Kind is what a layer does.
type Kind string

// The kinds of layer. Shapes are those of one batch.
const (
	KindInput       Kind = "input"       // (batch, units): where data enters; the first layer
	KindStandardise Kind = "standardise" // (x − mean)/scale for each column
	KindDense       Kind = "dense"       // act(x·W + b): (batch, in) → (batch, units)
	KindActivation  Kind = "activation"  // elementwise
	KindDropout     Kind = "dropout"     // zeroes elements with probability rate while training
	KindSoftmax     Kind = "softmax"     // rows of logits to probabilities
)

// Layer is one layer of a Spec. Make one with the functions below; fields that its kind does not use must be zero.
type Layer struct {
	Kind       Kind
	Units      int                      // input, dense
	Activation op.Activation            // dense, activation
	Slope      float64                  // leaky ReLU's; 0.01 by default
	Rate       float64                  // dropout: probability of zeroing, in [0, 1)
	Init       initializers.Initializer // dense: of the weight; by default He's for ReLU's kind, Glorot's otherwise
	Mean       []float64                // standardise
	Scale      []float64                // standardise
}

// Activation names an elementwise non-linearity; it is also an option of Dense.
type Activation op.Activation

// The activations. See op for their formulas.
const (
	Linear    = Activation(op.Identity)
	ReLU      = Activation(op.ReLU)
	LeakyReLU = Activation(op.LeakyReLU)
	Sigmoid   = Activation(op.Sigmoid)
	Tanh      = Activation(op.Tanh)
	GELU      = Activation(op.GELU)
	Softplus  = Activation(op.Softplus)
)

// DenseOption changes a dense layer.
type DenseOption interface{ dense(*Layer) }

func (a Activation) dense(l *Layer) { l.Activation = op.Activation(a) }

type denseFunc func(*Layer)

func (f denseFunc) dense(l *Layer) { f(l) }

// WithInit chooses the weight's initializer.
func WithInit(i initializers.Initializer) DenseOption {
	return denseFunc(func(l *Layer) { l.Init = i })
}

// WithSlope sets leaky ReLU's slope.
func WithSlope(slope float64) DenseOption { return denseFunc(func(l *Layer) { l.Slope = slope }) }

// Input is where data of the given number of features enters.
func Input(features int) Layer { return Layer{Kind: KindInput, Units: features} }

// Standardise subtracts mean and divides by scale, one value for each feature. The statistics become constants of the
// model and travel in its file.
func Standardise(mean, scale []float64) Layer {
	return Layer{Kind: KindStandardise, Mean: mean, Scale: scale}
}

// Dense is a fully connected layer of that many units, linear unless an activation is given.
func Dense(units int, opts ...DenseOption) Layer {
	l := Layer{Kind: KindDense, Units: units}
	for _, o := range opts {
		o.dense(&l)
	}
	return l
}

// Activate applies an activation as a layer of its own.
func Activate(a Activation) Layer { return Layer{Kind: KindActivation, Activation: op.Activation(a)} }

// Dropout zeroes elements with probability rate while training.
func Dropout(rate float64) Layer { return Layer{Kind: KindDropout, Rate: rate} }

// Softmax turns logits into probabilities; a classifier's last layer.
func Softmax() Layer { return Layer{Kind: KindSoftmax} }

package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
)

// Kind is what a layer does; [Kinds] lists them.
type Kind string

// Layer is one layer of a Spec. Make one with the functions of this package; fields that its kind does not read must be
// zero, and zero means the default that its function names.
type Layer struct {
	Kind   Kind
	Name   string   // what Inputs of other layers and the layer's parameters say; kind and number by default, "dense2"
	Inputs []string // names of the layers it reads, all of them earlier in the list; the one before by default

	Units      int                      // width of the result
	Shape      []int                    // of one row
	Filters    int                      // channels of a convolution's result
	Kernel     []int                    // one number for each axis of space, or one for all
	Stride     []int                    // the same
	Dilation   []int                    // the same
	Padding    Padding                  // around space
	Groups     int                      // of channels that are convolved by themselves
	Multiplier int                      // filters for each channel of a depthwise convolution
	Ceil       bool                     // the last window of a pool may hang over the edge
	CountPad   bool                     // an average counts padding as zeros
	Activation op.Activation            // applied to the result
	Slope      float64                  // of an activation that has one; by default leaky ReLU's is 0.01, ELU's (its α) 1
	NoBias     bool                     // nothing is added to the weighted sum
	Init       initializers.Initializer // of the weight; by default He's for ReLU's kind, Glorot's otherwise
	Rate       float64                  // probability of zeroing, in [0, 1)
	Eps        float64                  // ε of a norm
	Momentum   float64                  // of a batch norm's running statistics
	Axis       int                      // counted with the batch, which is 0
	Sizes      []int                    // of the parts of a split
	Perm       []int                    // order of the axes, counted with the batch
	Vocabulary int                      // how many ids an embedding knows
	Heads      int                      // of attention
	Causal     bool                     // a token sees no later one
	Sequences  bool                     // a recurrent layer gives the state after every token, not only the last
	Mean       []float64                // of each feature
	Scale      []float64                // of each feature

	Own any // what LayerType.Settings keeps its options in; nil for the layers of this package

	of   *LayerType // of LayerType.Layer; nil where Kind names it
	line int        // of the file that it was read from; 0 for none
}

// LayerOption changes a layer. One that the layer's kind does not read is an error when the model is built.
type LayerOption interface{ apply(*Layer) }

type optionFunc func(*Layer)

func (f optionFunc) apply(l *Layer) { f(l) }

// with is the layer after its options.
func (l Layer) with(opts []LayerOption) Layer {
	for _, o := range opts {
		o.apply(&l)
	}
	return l
}

// Named gives a layer a name, by which others read it and its parameters are called: "NAME.weight".
func Named(name string) LayerOption { return optionFunc(func(l *Layer) { l.Name = name }) }

// From says by their names which layers a layer reads, in place of the one before it.
func From(names ...string) LayerOption { return optionFunc(func(l *Layer) { l.Inputs = names }) }

// WithInit chooses the weight's initializer.
func WithInit(i initializers.Initializer) LayerOption {
	return optionFunc(func(l *Layer) { l.Init = i })
}

// WithSlope sets the slope of leaky ReLU, or of another activation that has one.
func WithSlope(slope float64) LayerOption { return optionFunc(func(l *Layer) { l.Slope = slope }) }

// WithoutBias leaves the bias out, as in front of a norm, which would subtract it again.
func WithoutBias() LayerOption { return optionFunc(func(l *Layer) { l.NoBias = true }) }

// slope is the one of the activation, its default put in.
func (l Layer) slope() float64 {
	if byDefault, ok := l.Activation.HasSlope(); ok && l.Slope == 0 {
		return byDefault
	}
	return l.Slope
}

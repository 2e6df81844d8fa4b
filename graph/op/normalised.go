package op

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Normalized is a convolution or a dense layer with the evaluation form of a batch norm behind it, in one: each run
// scales the weights and shifts the bias,
//
//	s = γ/√(variance + eps)    w' = s·w by filter    b' = (b − mean)·s + β
//
// so that it follows training, and applies the layer with these. Inputs: those of the layer, then γ, β, mean, variance.
// The compiler makes it; rounding aside it is what the two give.
type Normalized struct {
	Of  filtered
	Eps float64
}

var _ interface {
	Activated
	Coster
	Separable
} = Normalized{}

// filtered is a layer whose output along one axis comes of filters: each index of it is a filter's own, and a number that
// multiplies or shifts it may as well multiply the filter's weights and shift its bias.
type filtered interface {
	Activated
	// FilterAxes are the axes of the weights, which are input 1, and of the output that filters lie on.
	FilterAxes() (weights, out int)
	// HasBias tells whether input 2 is a bias, one number a filter.
	HasBias() bool
	// Biased is the layer with a bias.
	Biased() Definition
}

// Normalizer is an operation whose evaluation form can go into the layer before it.
type Normalizer interface {
	// FoldInto is the layer with the operation in it. ok is false where that cannot be done.
	FoldInto(layer Definition) (n Normalized, ok bool)
}

// normalize puts the evaluation form of a batch norm into a layer before it that has no activation. ok is false where
// that cannot be done, above all where the layer's filters lie on another axis than the channels of the batch norm: a
// dense layer has them on the last axis, so that it takes a batch norm only if it works on matrices.
func normalize(layer Definition, b BatchNormLayer) (n Normalized, ok bool) {
	l, isFiltered := layer.(filtered)
	if !isFiltered || !b.Eval {
		return n, false
	}
	if act, _ := l.Activation(); act != Identity {
		return n, false
	}
	if _, out := l.FilterAxes(); out != channelAxis {
		return n, false
	}
	with, ok := l.WithActivation(b.Act, b.Slope).(filtered)
	return Normalized{with, b.Eps}, ok
}

// Filters is the axis of the weights that output channels lie on.
func (n Normalized) Filters() int {
	weights, _ := n.Of.FilterAxes()
	return weights
}

// Biased is the layer alone, with a bias.
func (n Normalized) Biased() Definition { return n.Of.Biased() }

func (n Normalized) String() string { return fmt.Sprintf("Normalised(%v, eps=%g)", n.Of, n.Eps) }

// Signature implements Definition.
func (n Normalized) Signature() Signature {
	s := n.Of.Signature()
	return Signature{In: append(append([]Rank{}, s.In...), Vector, Vector, Vector, Vector), Out: s.Out}
}

// Activation implements Activated.
func (n Normalized) Activation() (Activation, float64) { return n.Of.Activation() }

// WithActivation implements Activated.
func (n Normalized) WithActivation(act Activation, slope float64) Definition {
	if with, ok := n.Of.WithActivation(act, slope).(filtered); ok {
		n.Of = with
	}
	return n
}

// Shape implements Definition.
func (n Normalized) Shape(in []tensor.Shape) (tensor.Shape, error) {
	layer := len(in) - 4
	if layer < 2 {
		return nil, errors.Errorf("%v of %d inputs", n, len(in))
	}
	out, err := n.Of.Shape(in[:layer])
	if err != nil {
		return nil, err
	}
	return out, perChannel(out, in[layer:], "γ", "β", "mean", "variance")
}

// MACs implements Coster.
func (n Normalized) MACs(in []tensor.Shape, out tensor.Shape) int64 {
	if c, ok := n.Of.(Coster); ok {
		return c.MACs(in[:len(in)-4], out)
	}
	return 0
}

// Bind implements Definition.
func (n Normalized) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	w, err := NewValue(in[1].Dtype(), in[1].Shape())
	if err != nil {
		return nil, err
	}
	b, err := NewValue(in[1].Dtype(), tensor.Shape{in[len(in)-1].Shape().TotalSize()})
	if err != nil {
		return nil, err
	}
	parts, rest := n.Separate(len(in))
	weights, err := parts[0].Bind(w, inputsOf(in, parts[0].In))
	if err != nil {
		return nil, err
	}
	bias, err := parts[1].Bind(b, inputsOf(in, parts[1].In))
	if err != nil {
		return nil, err
	}
	layer, err := rest.Bind(out, []gorgonia.Value{in[0], w, b})
	if err != nil {
		return nil, err
	}
	return func() error {
		if err := weights(); err != nil {
			return err
		}
		if err := bias(); err != nil {
			return err
		}
		return layer()
	}, nil
}

package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// LogLikelihood is the scaled sum of targets times log-probabilities,
//
//	scale·Σ_ij t_ij ln p_ij,   p = softmax(logits),
//
// for logits and targets (N, classes). With one-hot targets and scale −1/N it is the mean cross-entropy. The compiler
// makes it of the loss that programs write with Gorgonia's SoftMax, Log, HadamardProd and Mean; SoftmaxCrossEntropy is
// the loss that models are trained with.
type LogLikelihood struct{ Scale float64 }

var _ interface {
	Definition
	Scaling
} = LogLikelihood{}

func (l LogLikelihood) String() string { return fmt.Sprintf("LogLikelihood(scale=%v)", l.Scale) }

// Signature implements Definition.
func (LogLikelihood) Signature() Signature { return Signature{In: []Rank{Matrix, Matrix}, Out: Scalar} }

// Shape implements Definition.
func (LogLikelihood) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.ScalarShape(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (l LogLikelihood) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(l, out, in, bindLogLikelihood[float32](l, s), bindLogLikelihood[float64](l, s))
}

func bindLogLikelihood[T kernels.Float](l LogLikelihood, s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		terms := make([]float64, s[0])
		return func() error {
			kernels.LogLikelihood(s[0], s[1], a.in[0], a.in[1], terms)
			a.out[0] = T(l.Scale * kernels.Sum(terms))
			return nil
		}
	}
}

// Scaling is an operation whose result is multiplied by a constant of its own.
type Scaling interface {
	Scaled() float64
	// WithScale is the same operation with another constant.
	WithScale(scale float64) Definition
}

// Scaled implements Scaling.
func (l LogLikelihood) Scaled() float64 { return l.Scale }

// WithScale implements Scaling.
func (LogLikelihood) WithScale(scale float64) Definition { return LogLikelihood{scale} }

// LogLikelihoodGrad is the gradient of LogLikelihood with respect to the logits, scale·(t − p·Σ_j t_ij). Inputs: logits
// and targets.
type LogLikelihoodGrad struct{ Scale float64 }

var _ Definition = LogLikelihoodGrad{}

func (l LogLikelihoodGrad) String() string {
	return fmt.Sprintf("LogLikelihoodGrad(scale=%v)", l.Scale)
}

// Signature implements Definition.
func (LogLikelihoodGrad) Signature() Signature {
	return Signature{In: []Rank{Matrix, Matrix}, Out: Matrix}
}

// Shape implements Definition.
func (LogLikelihoodGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (l LogLikelihoodGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(l, out, in, bindLogLikelihoodGrad[float32](l, s), bindLogLikelihoodGrad[float64](l, s))
}

func bindLogLikelihoodGrad[T kernels.Float](l LogLikelihoodGrad, s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error {
			kernels.LogLikelihoodGrad(s[0], s[1], a.in[0], a.in[1], T(l.Scale), a.out)
			return nil
		}
	}
}

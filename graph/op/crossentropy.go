package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SoftmaxCrossEntropy is the mean negative log-likelihood of integer class labels under softmax(logits):
//
//	loss = −1/N Σ_i Σ_j q_ij ln p_ij,   p = softmax(logits),   q_ij = (1−ε)·[j = y_i] + ε/classes
//
// logits (N, classes), labels (N) of int → scalar, in nats. ε is label smoothing in [0, 1) (Szegedy et al. 2016,
// arXiv:1512.00567), 0 for none. A label outside [0, classes) is an error when the program runs.
func SoftmaxCrossEntropy(logits, labels *gorgonia.Node, smoothing float64) (*gorgonia.Node, error) {
	if !(smoothing >= 0 && smoothing < 1) {
		return nil, errors.Errorf("cross-entropy: label smoothing %v is outside [0, 1)", smoothing)
	}
	return Apply(CrossEntropy{Smoothing: smoothing}, logits, labels)
}

// CrossEntropy is the Definition of SoftmaxCrossEntropy.
type CrossEntropy struct{ Smoothing float64 }

var _ Differentiable = CrossEntropy{}

func (c CrossEntropy) String() string {
	return fmt.Sprintf("SoftmaxCrossEntropy(smoothing=%g)", c.Smoothing)
}
func (CrossEntropy) Signature() Signature { return Signature{In: []Rank{Matrix, Labels}, Out: Scalar} }
func (CrossEntropy) Wrt() []bool          { return []bool{true, false} }
func (CrossEntropy) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.ScalarShape(), checkLogits(in[0], in[1])
}

func checkLogits(logits, labels tensor.Shape) error {
	if len(logits) != 2 || logits[1] < 1 || labels.TotalSize() != logits[0] {
		return errors.Errorf("logits %v and labels %v do not fit: want (N, classes) and (N)", logits, labels)
	}
	return nil
}

// Bind implements Definition.
func (c CrossEntropy) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(c, out, in, bindCrossEntropy[float32](c, s), bindCrossEntropy[float64](c, s))
}

func bindCrossEntropy[T kernels.Float](c CrossEntropy, s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		probs, loss := make([]T, s[0]*s[1]), make([]T, s[0])
		return func() error {
			if err := kernels.SoftmaxCrossEntropy(s[0], s[1], a.in[0], a.lab, T(c.Smoothing), probs, loss); err != nil {
				return err
			}
			a.out[0] = kernels.Sum(loss) / T(s[0])
			return nil
		}
	}
}

// Grad implements Differentiable: dlogits = dloss·(p − q)/N.
func (c CrossEntropy) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(crossEntropyGrad(c), in[0], in[1], grad)
	return gorgonia.Nodes{dx, nil}, err
}

// crossEntropyGrad is the gradient of SoftmaxCrossEntropy. Inputs: logits, labels and the loss's gradient (scalar).
type crossEntropyGrad struct{ Smoothing float64 }

var _ Definition = crossEntropyGrad{}

func (c crossEntropyGrad) String() string {
	return fmt.Sprintf("SoftmaxCrossEntropyGrad(smoothing=%g)", c.Smoothing)
}
func (crossEntropyGrad) Signature() Signature {
	return Signature{In: []Rank{Matrix, Labels, Scalar}, Out: Matrix}
}
func (crossEntropyGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), checkLogits(in[0], in[1])
}

// Bind implements Definition.
func (c crossEntropyGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(c, out, in, bindCrossEntropyGrad[float32](c, s), bindCrossEntropyGrad[float64](c, s))
}

func bindCrossEntropyGrad[T kernels.Float](c crossEntropyGrad, s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		loss := make([]T, s[0])
		return func() error {
			if err := kernels.SoftmaxCrossEntropy(s[0], s[1], a.in[0], a.lab, T(c.Smoothing), a.out, loss); err != nil {
				return err
			}
			kernels.SoftmaxCrossEntropyGrad(s[0], s[1], a.out, a.lab, T(c.Smoothing), a.in[2][0]/T(s[0]), a.out)
			return nil
		}
	}
}

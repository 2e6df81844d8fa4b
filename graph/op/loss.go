package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A loss that is a mean over elements is given by its value and its derivative for one prediction and one target.
// The arithmetic is in float64 whatever the tensors hold: outputs are few, and the sum must be right.
type pointwise struct {
	name  string
	value func(pred, target, param float64) float64
	deriv func(pred, target, param float64) float64
}

// PointwiseLoss is the Definition of the losses that are a mean over all elements: mse.go, huber.go and bce.go say which.
type PointwiseLoss struct {
	f     *pointwise
	Param float64 // Huber's delta; 0 for losses without a parameter
	Rank  Rank    // of prediction and target
}

var _ Differentiable = PointwiseLoss{}

func applyLoss(f *pointwise, param float64, pred, target *gorgonia.Node) (*gorgonia.Node, error) {
	if pred == nil || target == nil {
		return nil, errors.Errorf("%s: prediction or target is nil", f.name)
	}
	return Apply(PointwiseLoss{f: f, Param: param, Rank: Rank(pred.Dims())}, pred, target)
}

func (l PointwiseLoss) String() string {
	if l.Param != 0 {
		return fmt.Sprintf("%s(%g, rank=%d)", l.f.name, l.Param, l.Rank)
	}
	return fmt.Sprintf("%s(rank=%d)", l.f.name, l.Rank)
}
func (l PointwiseLoss) Signature() Signature {
	return Signature{In: []Rank{l.Rank, l.Rank}, Out: Scalar}
}
func (PointwiseLoss) Wrt() []bool { return []bool{true, false} }

// Shape implements Definition.
func (l PointwiseLoss) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.ScalarShape(), errors.Wrap(sameShape(in[0], in[1]), "prediction and target")
}

// Bind implements Definition.
func (l PointwiseLoss) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(l, out, in, bindLoss[float32](l), bindLoss[float64](l))
}

func bindLoss[T kernels.Float](l PointwiseLoss) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		pred, target := a.in[0], a.in[1]
		terms := make([]float64, len(pred))
		return func() error {
			for i := range pred {
				terms[i] = l.f.value(float64(pred[i]), float64(target[i]), l.Param)
			}
			a.out[0] = T(kernels.Sum(terms) / float64(len(pred)))
			return nil
		}
	}
}

// Grad implements Differentiable: dpred = dloss·l'(pred, target)/n. Targets have no gradient.
func (l PointwiseLoss) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(pointwiseLossGrad{l}, in[0], in[1], grad)
	return gorgonia.Nodes{dx, nil}, err
}

// pointwiseLossGrad is the gradient of a PointwiseLoss. Inputs: prediction, target and the loss's gradient (scalar).
type pointwiseLossGrad struct{ Loss PointwiseLoss }

var _ Definition = pointwiseLossGrad{}

func (g pointwiseLossGrad) String() string { return g.Loss.String() + "Grad" }
func (g pointwiseLossGrad) Signature() Signature {
	return Signature{In: []Rank{g.Loss.Rank, g.Loss.Rank, Scalar}, Out: g.Loss.Rank}
}
func (g pointwiseLossGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (g pointwiseLossGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(g, out, in, bindLossGrad[float32](g), bindLossGrad[float64](g))
}

func bindLossGrad[T kernels.Float](g pointwiseLossGrad) func(args[T]) Kernel {
	l := g.Loss
	return func(a args[T]) Kernel {
		pred, target := a.in[0], a.in[1]
		return func() error {
			scale := float64(a.in[2][0]) / float64(len(pred))
			for i := range pred {
				a.out[i] = T(scale * l.f.deriv(float64(pred[i]), float64(target[i]), l.Param))
			}
			return nil
		}
	}
}

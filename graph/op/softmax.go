package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Softmax turns each row of logits into probabilities: p_ij = e^{x_ij} / Σ_k e^{x_ik}, computed after subtracting the
// row's largest element. (batch, classes) → (batch, classes).
func Softmax(x *gorgonia.Node) (*gorgonia.Node, error) { return Apply(softmaxRows{}, x) }

// IsSoftmax tells whether an op turns rows of logits into probabilities: Softmax or gorgonia.SoftMax.
func IsSoftmax(o gorgonia.Op) bool {
	p, ok := known(o).(Probable)
	return ok && p.Probabilities()
}

// Probable is an operation that may turn rows of logits into probabilities.
type Probable interface{ Probabilities() bool }

// Probabilities implements Probable.
func (softmaxRows) Probabilities() bool { return true }

// softmaxRows is the Definition of Softmax.
type softmaxRows struct{}

var _ interface {
	Coupler
	Differentiable
	Exporter
	Probable
} = softmaxRows{}

func (softmaxRows) String() string       { return "Softmax" }
func (softmaxRows) Signature() Signature { return Signature{In: []Rank{Matrix}, Out: Matrix} }
func (softmaxRows) Wrt() []bool          { return []bool{true} }
func (softmaxRows) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 || in[0][1] < 1 {
		return nil, errors.Errorf("softmax needs a matrix of at least one column, not %v", in[0])
	}
	return in[0].Clone(), nil
}

// Couple implements Coupler: every probability depends on every logit, so the classes stay.
func (softmaxRows) Couple(t Ties) {
	t.Tie(In(0, 0), Out(0))
	const why = "softmax normalises over this axis"
	t.Freeze(In(0, 1), why)
	t.Freeze(Out(1), why)
}

// Bind implements Definition.
func (s softmaxRows) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh := in[0].Shape()
	return bind(s, out, in, bindSoftmax[float32](sh), bindSoftmax[float64](sh))
}

func bindSoftmax[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { kernels.Softmax(s[0], s[1], a.out, a.in[0]); return nil }
	}
}

// Grad implements Differentiable: dx_ij = p_ij·(dp_ij − Σ_k dp_ik·p_ik).
func (softmaxRows) Grad(_ gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(softmaxGrad{}, out, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (softmaxRows) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Softmax", in, out, Attr{"axis", int64(1)})
	return nil
}

// softmaxGrad is the gradient of Softmax. Inputs: the probabilities and their gradient.
type softmaxGrad struct{}

var _ Definition = softmaxGrad{}

func (softmaxGrad) String() string       { return "SoftmaxGrad" }
func (softmaxGrad) Signature() Signature { return Signature{In: []Rank{Matrix, Matrix}, Out: Matrix} }
func (softmaxGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (s softmaxGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh := in[0].Shape()
	return bind(s, out, in, bindSoftmaxGrad[float32](sh), bindSoftmaxGrad[float64](sh))
}

func bindSoftmaxGrad[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { kernels.SoftmaxGrad(s[0], s[1], a.out, a.in[0], a.in[1]); return nil }
	}
}

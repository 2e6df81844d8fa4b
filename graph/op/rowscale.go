package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// RowScale is x·row or x/row, the row broadcast over the batch: x (batch, n), row (n). Row is a constant.
type RowScale struct{ Divide bool }

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
	Masking
} = RowScale{}

func (r RowScale) String() string     { return fmt.Sprintf("RowScale(divide=%v)", r.Divide) }
func (RowScale) Signature() Signature { return Signature{In: []Rank{Matrix, Vector}, Out: Matrix} }
func (RowScale) Wrt() []bool          { return []bool{true, false} }
func (RowScale) InPlace() []int       { return []int{0} }
func (RowScale) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 || in[1].TotalSize() != in[0][1] {
		return nil, errors.Errorf("x %v and row %v do not fit: want (batch, n) and (n)", in[0], in[1])
	}
	return in[0].Clone(), nil
}

// Couple implements Coupler.
func (RowScale) Couple(t Ties) {
	rowwise(t)
	t.Tie(In(0, 1), In(1, 0))
}

// Bind implements Definition.
func (r RowScale) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(r, out, in, bindRowScale[float32](r, s), bindRowScale[float64](r, s))
}

func bindRowScale[T kernels.Float](r RowScale, s tensor.Shape) func(args[T]) Kernel {
	f := kernels.MulRow[T]
	if r.Divide {
		f = kernels.DivRow[T]
	}
	return func(a args[T]) Kernel {
		return func() error { f(s[0], s[1], a.out, a.in[0], a.in[1]); return nil }
	}
}

// Grad implements Differentiable: the same scaling of the gradient.
func (r RowScale) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(r, grad, in[1])
	return gorgonia.Nodes{dx, nil}, err
}

// Export implements Exporter.
func (r RowScale) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	if r.Divide {
		em.Node("Div", in, out)
	} else {
		em.Node("Mul", in, out)
	}
	return nil
}

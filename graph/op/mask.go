package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Mask multiplies x, along one of its axes, by the entries of mask, 0 for a unit that is pruned and 1 for one that is
// kept. The mask has that axis and, after it, an axis of size 1 for each further axis of x: (units) for the columns of a
// matrix, (channels, 1, 1) for images. It is a constant: it has no gradient, and no gradient passes a zero.
func Mask(x, mask *gorgonia.Node) (*gorgonia.Node, error) {
	if x != nil && mask != nil && (x.Dims() != 2 || mask.Dims() != 1) {
		return Apply(axisScale{RankX: x.Dims(), RankBy: mask.Dims()}, x, mask)
	}
	return Apply(RowScale{}, x, mask)
}

// IsMask tells whether an op multiplies its first input, along one axis, by its second, which may then be a mask.
func IsMask(o gorgonia.Op) (axis int, ok bool) {
	if m, is := known(o).(Masking); is {
		return m.Masks()
	}
	return 0, false
}

// Masking is an operation that may multiply its first input, along one axis, by its second.
type Masking interface {
	Masks() (axis int, ok bool)
}

// Masks implements Masking.
func (r RowScale) Masks() (axis int, ok bool) { return 1, !r.Divide }

// Masks implements Masking.
func (a axisScale) Masks() (axis int, ok bool) { return a.axis(), true }

// axisScale is x·by, by broadcast over all axes of x but one: x has RankX axes; by has RankBy, of which the first is
// that axis and the others are of size 1. By is a constant.
type axisScale struct{ RankX, RankBy int }

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
	Masking
} = axisScale{}

func (a axisScale) axis() int { return a.RankX - a.RankBy }
func (a axisScale) String() string {
	return fmt.Sprintf("AxisScale(axis=%d, rank=%d)", a.axis(), a.RankX)
}
func (a axisScale) Signature() Signature {
	return Signature{In: []Rank{Rank(a.RankX), Rank(a.RankBy)}, Out: Rank(a.RankX)}
}
func (axisScale) Wrt() []bool    { return []bool{true, false} }
func (axisScale) InPlace() []int { return []int{0} }

// Shape implements Definition.
func (a axisScale) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x, by := in[0], in[1]
	if len(x) != a.RankX || len(by) != a.RankBy || a.axis() < 0 || len(by) == 0 || by[0] != x[a.axis()] ||
		by.TotalSize() != by[0] {
		return nil, errors.Errorf("x %v and scale %v do not fit: want (…, n, …) and (n, 1, …, 1)", x, by)
	}
	return x.Clone(), nil
}

// Couple implements Coupler.
func (a axisScale) Couple(t Ties) {
	rowwise(t)
	t.Tie(In(0, a.axis()), In(1, 0))
}

// Bind implements Definition.
func (a axisScale) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	inner := 1
	for _, n := range in[0].Shape()[a.axis()+1:] {
		inner *= n
	}
	return bind(a, out, in, bindAxisScale[float32](inner), bindAxisScale[float64](inner))
}

func bindAxisScale[T kernels.Float](inner int) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, by, out := a.in[0], a.in[1], a.out
		rows := rowsOf(len(x), len(by)*inner)
		if inner == 1 {
			return func() error { kernels.MulRow(rows, len(by), out, x, by); return nil }
		}
		return func() error {
			for lo := 0; lo < len(x); lo += inner {
				kernels.Scale(out[lo:lo+inner], x[lo:lo+inner], by[lo/inner%len(by)])
			}
			return nil
		}
	}
}

// Grad implements Differentiable: the same scaling of the gradient.
func (a axisScale) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(a, grad, in[1])
	return gorgonia.Nodes{dx, nil}, err
}

// Export implements Exporter: ONNX broadcasts by itself.
func (axisScale) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Mul", in, out)
	return nil
}

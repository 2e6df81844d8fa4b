package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// RowShift is x + row or x − row, the row broadcast over the batch: x (batch, n), row (n). Models of other makers add
// biases and subtract means this way.
type RowShift struct{ Subtract bool }

var _ interface {
	Adder
	Coupler
	Described
	Differentiable
	Exporter
	InPlacer
} = RowShift{}

func (r RowShift) String() string     { return fmt.Sprintf("RowShift(subtract=%v)", r.Subtract) }
func (RowShift) Signature() Signature { return Signature{In: []Rank{Matrix, Vector}, Out: Matrix} }
func (RowShift) Wrt() []bool          { return []bool{true, true} }
func (RowShift) InPlace() []int       { return []int{0} }

// Shape implements Definition.
func (RowShift) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 || in[1].TotalSize() != in[0][1] {
		return nil, errors.Errorf("x %v and row %v do not fit: want (batch, n) and (n)", in[0], in[1])
	}
	return in[0].Clone(), nil
}

// Couple implements Coupler.
func (RowShift) Couple(t Ties) {
	rowwise(t)
	t.Tie(In(0, 1), In(1, 0))
}

// Bind implements Definition.
func (r RowShift) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(r, out, in, bindRowShift[float32](r, s), bindRowShift[float64](r, s))
}

func bindRowShift[T kernels.Float](r RowShift, s tensor.Shape) func(args[T]) Kernel {
	f := kernels.AddRow[T]
	if r.Subtract {
		f = kernels.SubRow[T]
	}
	return func(a args[T]) Kernel {
		return func() error { f(s[0], s[1], a.out, a.in[0], a.in[1]); return nil }
	}
}

// Grad implements Differentiable: dx = dy; drow = ±Σ_rows dy.
func (r RowShift) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	drow, err := Apply(columnSums{}, grad)
	if err == nil && r.Subtract {
		drow, err = gorgonia.Neg(drow)
	}
	return gorgonia.Nodes{grad, drow}, err
}

// Export implements Exporter.
func (r RowShift) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	if r.Subtract {
		em.Node("Sub", in, out)
	} else {
		em.Node("Add", in, out)
	}
	return nil
}

// Adder is an operation of two inputs that may be their sum, broadcast or not.
type Adder interface{ Adds() bool }

// IsAddition tells whether an op adds its two inputs.
func IsAddition(o gorgonia.Op) bool {
	a, ok := known(o).(Adder)
	return ok && a.Adds()
}

// Adds implements Adder.
func (r RowShift) Adds() bool { return !r.Subtract }

// Describe implements Described.
func (r RowShift) Describe() Desc {
	if r.Subtract {
		return Desc{Kind: KindSubRow}
	}
	return Desc{Kind: KindAddRow}
}

package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Standardize is y = (x − mean)/scale for each column: x (batch, features), mean and scale (features). It is the first
// operation of a model, with statistics of the training rows as constants.
func Standardize(x, mean, scale *gorgonia.Node) (*gorgonia.Node, error) {
	return Apply(Standardization{}, x, mean, scale)
}

// Standardization is the Definition of Standardize.
type Standardization struct{}

var _ interface {
	Coupler
	Described
	Differentiable
	Exporter
	InPlacer
} = Standardization{}

func (Standardization) String() string { return "Standardise" }

// Describe implements Described.
func (Standardization) Describe() Desc { return Desc{Kind: KindStandardize} }

func (Standardization) Signature() Signature {
	return Signature{In: []Rank{Matrix, Vector, Vector}, Out: Matrix}
}
func (Standardization) Wrt() []bool    { return []bool{true, false, false} }
func (Standardization) InPlace() []int { return []int{0} }
func (Standardization) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x, m, s := in[0], in[1], in[2]
	if len(x) != 2 || m.TotalSize() != x[1] || s.TotalSize() != x[1] {
		return nil, errors.Errorf("x %v, mean %v and scale %v do not fit: want (batch, features), (features), (features)", x, m, s)
	}
	return x.Clone(), nil
}

// Couple implements Coupler.
func (Standardization) Couple(t Ties) {
	rowwise(t)
	t.Tie(In(0, 1), In(1, 0))
	t.Tie(In(0, 1), In(2, 0))
}

// standardiseShare is the number of elements from which rows are shared among the workers: some 10 µs of work.
const standardiseShare = 1 << 15

// Bind implements Definition.
func (s Standardization) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh := in[0].Shape()
	return bind(s, out, in, bindStandardise[float32](sh), bindStandardise[float64](sh))
}

func bindStandardise[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		rows, cols := s[0], s[1]
		work := func(lo, hi int) {
			StandardizeRows(hi-lo, cols, a.out[lo*cols:hi*cols], a.in[0][lo*cols:hi*cols], a.in[1], a.in[2])
		}
		if rows*cols < standardiseShare {
			return func() error { work(0, rows); return nil }
		}
		return func() error { workers.Parallel(rows, max(1, rows/8), work); return nil }
	}
}

// StandardizeRows is Standardize of rows × cols numbers; dst may be x.
func StandardizeRows[T Float](rows, cols int, dst, x, mean, scale []T) {
	for r := range rows { // a row stays in the first cache
		d := dst[r*cols : (r+1)*cols]
		kernels.SubRow(1, cols, d, x[r*cols:(r+1)*cols], mean)
		kernels.DivRow(1, cols, d, d, scale)
	}
}

// Grad implements Differentiable: dx = dy/scale. The statistics are constants.
func (Standardization) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(RowScale{Divide: true}, grad, in[2])
	return gorgonia.Nodes{dx, nil, nil}, err
}

// Export implements Exporter.
func (Standardization) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	centred := em.Temp("centred")
	em.Node("Sub", []string{in[0], in[1]}, centred)
	em.Node("Div", []string{centred, in[2]}, out)
	return nil
}

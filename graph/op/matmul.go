package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MatMul is the matrix product op(A)·op(B), where op transposes if told so: the gradients of a dense layer.
type MatMul struct{ TransA, TransB bool }

var _ interface {
	Coster
	Coupler
	Described
	Differentiable
	Exporter
	Packer
} = MatMul{}

func (m MatMul) String() string {
	return fmt.Sprintf("MatMul(transA=%v, transB=%v)", m.TransA, m.TransB)
}
func (MatMul) Signature() Signature { return Signature{In: []Rank{Matrix, Matrix}, Out: Matrix} }
func (MatMul) Wrt() []bool          { return []bool{true, true} }

func (m MatMul) dims(a, b tensor.Shape) (rows, cols, inner, innerB int) {
	rows, inner = a[0], a[1]
	if m.TransA {
		rows, inner = inner, rows
	}
	innerB, cols = b[0], b[1]
	if m.TransB {
		innerB, cols = cols, innerB
	}
	return
}

// Shape implements Definition.
func (m MatMul) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 || len(in[1]) != 2 {
		return nil, errors.Errorf("%v needs two matrices, not %v and %v", m, in[0], in[1])
	}
	rows, cols, k, kb := m.dims(in[0], in[1])
	if k != kb {
		return nil, errors.Errorf("%v: inner dimensions of %v and %v differ", m, in[0], in[1])
	}
	return tensor.Shape{rows, cols}, nil
}

// Describe implements Described.
func (m MatMul) Describe() Desc { return Desc{Kind: KindMatMul, TransA: m.TransA, TransB: m.TransB} }

// MACs implements Coster.
func (m MatMul) MACs(in []tensor.Shape, _ tensor.Shape) int64 {
	rows, cols, k, _ := m.dims(in[0], in[1])
	return int64(rows) * int64(cols) * int64(k)
}

// Couple implements Coupler.
func (m MatMul) Couple(t Ties) {
	ar, ac, br, bc := 0, 1, 0, 1
	if m.TransA {
		ar, ac = ac, ar
	}
	if m.TransB {
		br, bc = bc, br
	}
	t.Tie(In(0, ar), Out(0))
	t.Contract(In(0, ac), In(1, br))
	t.Tie(In(1, bc), Out(1))
}

// Bind implements Definition.
func (m MatMul) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return m.BindPacked(out, in, nil)
}

// Packs implements Packer.
func (m MatMul) Packs(dt tensor.Dtype, in []tensor.Shape) (Factor, bool) {
	rows, cols, inner, _ := m.dims(in[0], in[1])
	return worthPacking(dt, m.TransA, rows, Factor{1, m.TransB, inner, cols})
}

// BindPacked implements Packer.
func (m MatMul) BindPacked(out gorgonia.Value, in []gorgonia.Value, p Panels) (Kernel, error) {
	if err := readable(p); err != nil {
		return nil, errors.Wrapf(err, "%v", m)
	}
	a, b := in[0].Shape(), in[1].Shape()
	return bind(m, out, in, bindMatMul[float32](m, a, b, p), bindMatMul[float64](m, a, b, p))
}

func bindMatMul[T kernels.Float](m MatMul, sa, sb tensor.Shape, p Panels) func(args[T]) Kernel {
	rows, cols, k, _ := m.dims(sa, sb)
	lda, ldb := sa[1], sb[1]
	return func(a args[T]) Kernel {
		if b := panelsOf[T](p); b != nil {
			return func() error {
				gemm.GemmPacked(m.TransA, rows, a.in[0], lda, b, nil, kernels.Identity, 0, a.out, cols)
				return nil
			}
		}
		return func() error {
			gemm.Gemm(m.TransA, m.TransB, rows, cols, k, 1, a.in[0], lda, a.in[1], ldb, 0, a.out, cols)
			return nil
		}
	}
}

// Grad implements Differentiable: for C = A·B, dA = dC·Bᵀ and dB = Aᵀ·dC, transposed again where an input was.
func (m MatMul) Grad(in gorgonia.Nodes, _, dc *gorgonia.Node) (gorgonia.Nodes, error) {
	a, b := in[0], in[1]
	product := func(transA, transB bool, x, y *gorgonia.Node) (*gorgonia.Node, error) {
		return Apply(MatMul{transA, transB}, x, y)
	}
	var da, db *gorgonia.Node
	var err error
	if m.TransA {
		da, err = product(m.TransB, true, b, dc)
	} else {
		da, err = product(false, !m.TransB, dc, b)
	}
	if err != nil {
		return nil, err
	}
	if m.TransB {
		db, err = product(true, m.TransA, dc, a)
	} else {
		db, err = product(!m.TransA, false, a, dc)
	}
	return gorgonia.Nodes{da, db}, err
}

// Export implements Exporter.
func (m MatMul) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	names := [2]string{in[0], in[1]}
	for i, trans := range [2]bool{m.TransA, m.TransB} {
		if trans {
			t := em.Temp("transposed")
			em.Node("Transpose", []string{names[i]}, t, Attr{"perm", []int64{1, 0}})
			names[i] = t
		}
	}
	em.Node("MatMul", names[:], out)
	return nil
}

// columnSums is the sum over the rows of a matrix, the gradient of a bias: (rows, cols) → (cols).
type columnSums struct{}

var _ Definition = columnSums{}

func (columnSums) String() string       { return "ColumnSums" }
func (columnSums) Signature() Signature { return Signature{In: []Rank{Matrix}, Out: Vector} }

// Shape implements Definition.
func (columnSums) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 {
		return nil, errors.Errorf("ColumnSums needs a matrix, not %v", in[0])
	}
	return tensor.Shape{in[0][1]}, nil
}

// Bind implements Definition.
func (c columnSums) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(c, out, in, bindColumnSums[float32](s), bindColumnSums[float64](s))
}

func bindColumnSums[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { kernels.ColSums(s[0], s[1], a.out, a.in[0]); return nil }
	}
}

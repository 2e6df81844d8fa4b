package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BatchMatMul multiplies the matrices that the last two axes of a and b hold, each transposed first if told so:
//
//	a (…, n, k)   b (…, k, m)   →   (…, n, m)
//
// The axes before them are broadcast as in Add. Two matrices are MatMul.
func BatchMatMul(a, b *gorgonia.Node, transA, transB bool) (*gorgonia.Node, error) {
	if err := dims("matrix product", a, b); err != nil {
		return nil, err
	}
	m := batchProduct{transA, transB, len(a.Shape()), len(b.Shape())}
	if m.RankA == 2 && m.RankB == 2 {
		return Apply(MatMul{transA, transB}, a, b)
	}
	return Apply(m, a, b)
}

// batchProduct is the Definition of BatchMatMul for more than two axes.
type batchProduct struct {
	TransA, TransB bool
	RankA, RankB   int
}

var _ interface {
	Coster
	Coupler
	Differentiable
	Exporter
	Packer
} = batchProduct{}

func (m batchProduct) String() string {
	return fmt.Sprintf("BatchMatMul(transA=%v, transB=%v, ranks %d and %d)", m.TransA, m.TransB, m.RankA, m.RankB)
}

// Signature implements Definition.
func (m batchProduct) Signature() Signature {
	return Signature{In: []Rank{Rank(m.RankA), Rank(m.RankB)}, Out: Rank(max(m.RankA, m.RankB))}
}
func (batchProduct) Wrt() []bool { return []bool{true, true} }

func (m batchProduct) matMul() MatMul { return MatMul{m.TransA, m.TransB} }

// Shape implements Definition.
func (m batchProduct) Shape(in []tensor.Shape) (tensor.Shape, error) {
	a, b := in[0], in[1]
	if len(a) != m.RankA || len(b) != m.RankB || len(a) < 2 || len(b) < 2 {
		return nil, errors.Errorf("%v: the inputs are %v and %v; matrices have two axes at least", m, a, b)
	}
	lead, err := broadcastShape(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, errors.Wrapf(err, "%v", m)
	}
	out, err := m.matMul().Shape([]tensor.Shape{a[len(a)-2:], b[len(b)-2:]})
	return append(lead, out...), err
}

// MACs implements Coster.
func (m batchProduct) MACs(in []tensor.Shape, out tensor.Shape) int64 {
	k := in[0][len(in[0])-1]
	if m.TransA {
		k = in[0][len(in[0])-2]
	}
	return int64(out.TotalSize()) * int64(k)
}

// Couple implements Coupler.
func (m batchProduct) Couple(t Ties) {
	a, b, out := t.Dims(0), t.Dims(1), t.Dims(Output)
	for arg, s := range []tensor.Shape{a, b} {
		for k := range len(s) - 2 {
			if at := k + len(out) - len(s); s[k] == out[at] {
				t.Tie(In(arg, k), Out(at))
			}
		}
	}
	ar, ac, br, bc := len(a)-2, len(a)-1, len(b)-2, len(b)-1
	if m.TransA {
		ar, ac = ac, ar
	}
	if m.TransB {
		br, bc = bc, br
	}
	t.Tie(In(0, ar), Out(len(out)-2))
	t.Contract(In(0, ac), In(1, br))
	t.Tie(In(1, bc), Out(len(out)-1))
}

// Bind implements Definition.
func (m batchProduct) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return m.BindPacked(out, in, nil)
}

// Packs implements Packer: for one matrix on the right, not for a stack of them.
func (m batchProduct) Packs(dt tensor.Dtype, in []tensor.Shape) (Factor, bool) {
	a, b := in[0], in[1]
	if b[:len(b)-2].TotalSize() != 1 {
		return Factor{}, false
	}
	rows, cols, inner, _ := m.matMul().dims(a[len(a)-2:], b[len(b)-2:])
	if !m.TransA {
		rows *= a[:len(a)-2].TotalSize()
	}
	return worthPacking(dt, m.TransA, rows, Factor{1, m.TransB, inner, cols})
}

// BindPacked implements Packer.
func (m batchProduct) BindPacked(out gorgonia.Value, in []gorgonia.Value, p Panels) (Kernel, error) {
	if err := readable(p); err != nil {
		return nil, errors.Wrapf(err, "%v", m)
	}
	if err := fits(m, out, in); err != nil {
		return nil, err
	}
	a, b, s := in[0].Shape(), in[1].Shape(), out.Shape()
	return bind(m, out, in, bindBatchProduct[float32](m, a, b, s, p), bindBatchProduct[float64](m, a, b, s, p))
}

// products below this many multiply–accumulates are shared one by one, larger ones within themselves.
const smallProduct = 1 << 21

func bindBatchProduct[T kernels.Float](m batchProduct, a, b, out tensor.Shape, p Panels) func(args[T]) Kernel {
	la, lb, lead := a[:len(a)-2], b[:len(b)-2], out[:len(out)-2]
	rows, cols, inner, _ := m.matMul().dims(a[len(a)-2:], b[len(b)-2:])
	count := lead.TotalSize()
	if lb.TotalSize() == 1 && !m.TransA && la.TotalSize() == count { // one matrix for all rows
		rows, count = rows*count, 1
	}
	atA, atB := offsets(la, lead, a), offsets(lb, lead, b)
	lda, ldb := a[len(a)-1], b[len(b)-1]
	return func(v args[T]) Kernel {
		packed := panelsOf[T](p)
		f := func(lo, hi int) {
			for i := lo; i < hi; i++ {
				if to := v.out[i*rows*cols:]; packed != nil {
					gemm.GemmPacked(m.TransA, rows, v.in[0][atA[i]:], lda, packed, nil, kernels.Identity, 0, to, cols)
				} else {
					gemm.Gemm(m.TransA, m.TransB, rows, cols, inner, 1, v.in[0][atA[i]:], lda, v.in[1][atB[i]:], ldb, 0, to,
						cols)
				}
			}
		}
		work := rows * cols * inner
		if count == 1 || work >= smallProduct {
			return whole(count, f)
		}
		return shared(count, max(1, (1<<17)/max(work, 1)), f)
	}
}

// offsets lists where the matrices of an operand begin, by matrix of the result.
func offsets(lead, out, s tensor.Shape) []int {
	size := s[len(s)-2:].TotalSize()
	steps := repeated(lead, out)
	at := make([]int, out.TotalSize())
	for i := range at {
		for k, rest := len(out)-1, i; k >= 0; k-- {
			at[i] += rest % out[k] * steps[k] * size
			rest /= out[k]
		}
	}
	return at
}

// Grad implements Differentiable: for C = A·B, dA = dC·Bᵀ and dB = Aᵀ·dC, transposed again where an input was, and summed
// over the axes along which an input was repeated.
func (m batchProduct) Grad(in gorgonia.Nodes, _, dc *gorgonia.Node) (gorgonia.Nodes, error) {
	a, b := in[0], in[1]
	var da, db *gorgonia.Node
	var err error
	if m.TransA {
		da, err = BatchMatMul(b, dc, m.TransB, true)
	} else {
		da, err = BatchMatMul(dc, b, false, !m.TransB)
	}
	if err == nil {
		da, err = sumTo(da, a.Shape())
	}
	if err != nil {
		return nil, err
	}
	switch {
	case m.RankB == 2 && !m.TransA:
		db, err = weightGrad(a, dc, m.TransB)
	case m.TransB:
		db, err = BatchMatMul(dc, a, true, m.TransA)
	default:
		db, err = BatchMatMul(a, dc, !m.TransA, false)
	}
	if err == nil {
		db, err = sumTo(db, b.Shape())
	}
	return gorgonia.Nodes{da, db}, err
}

// weightGrad is xᵀ·dy over the rows that the axes before the last hold, or its transpose.
func weightGrad(x, dy *gorgonia.Node, trans bool) (*gorgonia.Node, error) {
	x, err := asRows(x)
	if err != nil {
		return nil, err
	}
	if dy, err = asRows(dy); err != nil {
		return nil, err
	}
	if trans {
		x, dy = dy, x
	}
	return Apply(MatMul{TransA: true}, x, dy)
}

// asRows merges all axes but the last.
func asRows(x *gorgonia.Node) (*gorgonia.Node, error) {
	s := x.Shape()
	if len(s) == 2 {
		return x, nil
	}
	return Reshape(x, -1, s[len(s)-1])
}

// Export implements Exporter.
func (m batchProduct) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	names := [2]string{in[0], in[1]}
	for i, trans := range [2]bool{m.TransA, m.TransB} {
		if trans {
			perm := make([]int64, len(shapes[i]))
			for k := range perm {
				perm[k] = int64(k)
			}
			n := len(perm)
			perm[n-2], perm[n-1] = perm[n-1], perm[n-2]
			t := em.Temp("transposed")
			em.Node("Transpose", []string{names[i]}, t, Attr{"perm", perm})
			names[i] = t
		}
	}
	em.Node("MatMul", names[:], out)
	return nil
}

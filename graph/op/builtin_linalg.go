package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// linAlg is gorgonia.Mul and OuterProd: matrix × matrix, matrix × vector, dot product, outer product.
type linAlg struct {
	kind           int // order of Gorgonia's constants
	transA, transB bool
}

var _ interface {
	Binder
	Coster
	Coupler
	Described
	Exporter
	Packer
} = linAlg{}

const (
	matMat = iota
	matVec
	vecDot
	outer
	batchedMatMat
)

func parseLinAlg(_ gorgonia.Op, f private.Fields) any {
	l := linAlg{f.Uint("āBinaryOperator"), f.Bool("transA"), f.Bool("transB")}
	if l.kind == batchedMatMat {
		return batchedProduct{l.transA, l.transB}
	}
	return l
}

func (l linAlg) matMul() MatMul { return MatMul{l.transA, l.transB} }

// batchedProduct is gorgonia.BatchedMatMul: BatchMatMul under another name, of operands of the same rank.
type batchedProduct struct{ transA, transB bool }

var _ interface {
	Binder
	Coster
	Coupler
	Exporter
	Packer
	Rebuilder
} = batchedProduct{}

func (p batchedProduct) product(a, b tensor.Shape) batchProduct {
	return batchProduct{p.transA, p.transB, len(a), len(b)}
}

// MACs implements Coster.
func (p batchedProduct) MACs(in []tensor.Shape, out tensor.Shape) int64 {
	return p.product(in[0], in[1]).MACs(in, out)
}

// Couple implements Coupler.
func (p batchedProduct) Couple(t Ties) { p.product(t.Dims(0), t.Dims(1)).Couple(t) }

// Rebuild implements Rebuilder.
func (p batchedProduct) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	return BatchMatMul(in[0], in[1], p.transA, p.transB)
}

// Export implements Exporter.
func (p batchedProduct) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	return p.product(shapes[0], shapes[1]).Export(em, in, out, shapes)
}

// Bind implements Binder.
func (p batchedProduct) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return p.product(in[0].Shape(), in[1].Shape()).Bind(out, in)
}

// Packs implements Packer.
func (p batchedProduct) Packs(dt tensor.Dtype, in []tensor.Shape) (Factor, bool) {
	return p.product(in[0], in[1]).Packs(dt, in)
}

// BindPacked implements Packer.
func (p batchedProduct) BindPacked(out gorgonia.Value, in []gorgonia.Value, panels Panels) (Kernel, error) {
	return p.product(in[0].Shape(), in[1].Shape()).BindPacked(out, in, panels)
}

// Describe implements Described.
func (l linAlg) Describe() Desc {
	if l.kind != matMat {
		return Desc{}
	}
	return l.matMul().Describe()
}

// MACs implements Coster.
func (l linAlg) MACs(in []tensor.Shape, out tensor.Shape) int64 {
	switch l.kind {
	case matMat:
		return l.matMul().MACs(in, out)
	}
	return int64(max(in[0].TotalSize(), out.TotalSize()))
}

// Couple implements Coupler.
func (l linAlg) Couple(t Ties) {
	switch l.kind {
	case matMat:
		l.matMul().Couple(t)
	case matVec:
		r, c := 0, 1
		if l.transA {
			r, c = c, r
		}
		t.Contract(In(0, c), In(1, 0))
		t.Tie(In(0, r), Out(0))
	case vecDot:
		t.Contract(In(0, 0), In(1, 0))
	case outer:
		t.Tie(In(0, 0), Out(0))
		t.Tie(In(1, 0), Out(1))
	default:
		freezeAll(t, "this form of gorgonia.Mul is not known")
	}
}

// Export implements Exporter.
func (l linAlg) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	switch l.kind {
	case matMat:
		return l.matMul().Export(em, in, out, shapes)
	case matVec:
		if !l.transA {
			em.Node("MatMul", in, out)
			return nil
		}
	}
	return errNoONNX("this form of gorgonia.Mul")
}

// Bind implements Binder.
func (l linAlg) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	a, b := in[0].Shape(), in[1].Shape()
	switch {
	case l.kind == matMat && len(a) == 2 && len(b) == 2:
		return l.matMul().Bind(out, in)
	case l.kind == matVec && len(a) == 2:
		return bind(exec{"matrix × vector"}, out, in, bindMatVec[float32](l, a), bindMatVec[float64](l, a))
	case l.kind == vecDot && out.Shape().IsScalar():
		return bind(exec{"dot product"}, out, in, bindDot[float32], bindDot[float64])
	case l.kind == outer && len(out.Shape()) == 2:
		s := out.Shape()
		return bind(exec{"outer product"}, out, in, bindOuter[float32](s), bindOuter[float64](s))
	}
	return nil, ErrNoKernel
}

// Packs implements Packer.
func (l linAlg) Packs(dt tensor.Dtype, in []tensor.Shape) (Factor, bool) {
	if l.kind != matMat || len(in[0]) != 2 || len(in[1]) != 2 {
		return Factor{}, false
	}
	return l.matMul().Packs(dt, in)
}

// BindPacked implements Packer.
func (l linAlg) BindPacked(out gorgonia.Value, in []gorgonia.Value, p Panels) (Kernel, error) {
	return l.matMul().BindPacked(out, in, p)
}

func bindMatVec[T kernels.Float](l linAlg, s tensor.Shape) func(args[T]) Kernel {
	rows, inner := s[0], s[1]
	if l.transA {
		rows, inner = inner, rows
	}
	return func(a args[T]) Kernel {
		return func() error {
			gemm.Gemm(l.transA, false, rows, 1, inner, 1, a.in[0], s[1], a.in[1], 1, 0, a.out, 1)
			return nil
		}
	}
}

func bindDot[T kernels.Float](a args[T]) Kernel {
	return func() error { a.out[0] = kernels.Dot(a.in[0], a.in[1]); return nil }
}

func bindOuter[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error {
			gemm.Gemm(false, false, s[0], s[1], 1, 1, a.in[0], 1, a.in[1], s[1], 0, a.out, s[1])
			return nil
		}
	}
}

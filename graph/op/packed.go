package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Packer is a Definition that multiplies by a matrix and is faster where that does not change between runs: it is then copied
// once into the order in which kernels read it, not at each run. The compiler asks where an input is frozen.
type Packer interface {
	// Packs says which input it is, for numbers of that type and inputs of these shapes; false where nothing is gained.
	Packs(dt tensor.Dtype, in []tensor.Shape) (Factor, bool)
	// BindPacked is Bind with that input in panels, or Bind where they are nil. Results differ by no more than their
	// Tolerance. An error says that the operation cannot read panels of this form. The input itself must not change either
	// between two calls of Pack, and nothing may run during one.
	BindPacked(out gorgonia.Value, in []gorgonia.Value, p Panels) (Kernel, error)
}

// Factor is the right operand of a matrix product: an input of the operation, transposed first where Trans says so.
type Factor struct {
	Input      int
	Trans      bool
	Rows, Cols int // of the operand, after that
}

// Panels is a matrix in the form in which kernels read it, for any number of operations: today its numbers in another
// order. Whole numbers of 8 bits or a sparse matrix are other forms, which say by how much they may differ.
type Panels interface {
	// Pack takes the matrix's numbers again, for its memory has changed.
	Pack()
	// Bytes is the memory that the form takes.
	Bytes() int64
	// Tolerance is by how much an element of a product may differ from that with the matrix itself, as a share of Σ|a|·|b|
	// over what is summed. 0 means the same bits.
	Tolerance() float64
}

// floatPanels are the numbers themselves, in the order of the kernels' loops.
type floatPanels struct {
	f32  *gemm.Packed[float32] // one of the two
	f64  *gemm.Packed[float64]
	pack func()
}

var _ Panels = (*floatPanels)(nil)

// NewPanels copies the numbers of a contiguous value: products with it have the same bits.
func NewPanels(v gorgonia.Value, f Factor) (Panels, error) {
	if size := v.Shape().TotalSize(); size != f.Rows*f.Cols {
		return nil, errors.Errorf("panels of %d×%d numbers from %v", f.Rows, f.Cols, v.Shape())
	}
	p := &floatPanels{}
	var err error
	if v.Dtype() == tensor.Float32 {
		p.f32 = new(gemm.Packed[float32])
		p.pack, err = packing(p.f32, v, f)
	} else {
		p.f64 = new(gemm.Packed[float64])
		p.pack, err = packing(p.f64, v, f)
	}
	if err != nil {
		return nil, errors.Wrap(err, "panels")
	}
	p.Pack()
	return p, nil
}

func packing[T kernels.Float](to *gemm.Packed[T], v gorgonia.Value, f Factor) (func(), error) {
	x, err := Floats[T](v)
	ld := f.Cols
	if f.Trans {
		ld = f.Rows
	}
	return func() { to.Pack(f.Trans, f.Rows, f.Cols, x, ld) }, err
}

// Pack implements Panels.
func (p *floatPanels) Pack() { p.pack() }

// Tolerance implements Panels: kernels add in the order in which they do without.
func (p *floatPanels) Tolerance() float64 { return 0 }

// Bytes implements Panels.
func (p *floatPanels) Bytes() int64 {
	if p.f32 != nil {
		return int64(p.f32.Bytes())
	}
	return int64(p.f64.Bytes())
}

// readable refuses panels of a form that the kernels of products do not know; nil is none.
func readable(p Panels) error {
	if _, ok := p.(*floatPanels); p != nil && !ok {
		return errors.Errorf("panels of the form %T: these kernels read those of NewPanels", p)
	}
	return nil
}

// panelsOf is nil where there are none, or of another type.
func panelsOf[T kernels.Float](p Panels) *gemm.Packed[T] {
	own, ok := p.(*floatPanels)
	if !ok {
		return nil
	}
	if f, ok := any(own.f32).(*gemm.Packed[T]); ok {
		return f
	}
	f, _ := any(own.f64).(*gemm.Packed[T])
	return f
}

// worthPacking tells whether a product of so many rows reads the panels of a factor.
func worthPacking(dt tensor.Dtype, transA bool, rows int, f Factor) (Factor, bool) {
	switch dt {
	case tensor.Float32:
		return f, gemm.WorthPacking[float32](transA, f.Trans, rows, f.Cols, f.Rows)
	case tensor.Float64:
		return f, gemm.WorthPacking[float64](transA, f.Trans, rows, f.Cols, f.Rows)
	}
	return f, false
}

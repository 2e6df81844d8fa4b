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
	// BindPacked is Bind with that input in panels. Results have the same bits. The input itself must not change either
	// between two calls of Pack, and nothing may run during one.
	BindPacked(out gorgonia.Value, in []gorgonia.Value, p *Panels) (Kernel, error)
}

// Factor is the right operand of a matrix product: an input of the operation, transposed first where Trans says so.
type Factor struct {
	Input      int
	Trans      bool
	Rows, Cols int // of the operand, after that
}

// Panels is a matrix in the order in which kernels read it, for any number of operations.
type Panels struct {
	f32  *gemm.Packed[float32] // one of the two
	f64  *gemm.Packed[float64]
	pack func()
}

// NewPanels copies a contiguous value.
func NewPanels(v gorgonia.Value, f Factor) (*Panels, error) {
	if size := v.Shape().TotalSize(); size != f.Rows*f.Cols {
		return nil, errors.Errorf("panels of %d×%d numbers from %v", f.Rows, f.Cols, v.Shape())
	}
	p := &Panels{}
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

// Pack copies the value's numbers again, for its memory has changed.
func (p *Panels) Pack() { p.pack() }

// Bytes is the memory that the copy takes.
func (p *Panels) Bytes() int64 {
	if p.f32 != nil {
		return int64(p.f32.Bytes())
	}
	return int64(p.f64.Bytes())
}

// panelsOf is nil where there are none, or of another type.
func panelsOf[T kernels.Float](p *Panels) *gemm.Packed[T] {
	if p == nil {
		return nil
	}
	if f, ok := any(p.f32).(*gemm.Packed[T]); ok {
		return f
	}
	f, _ := any(p.f64).(*gemm.Packed[T])
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

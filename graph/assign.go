package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// assign copies src into dst's memory.
func assign(dst, src gorgonia.Value) error {
	if dst.Shape().TotalSize() != src.Shape().TotalSize() || dst.Dtype() != src.Dtype() {
		return errors.Errorf("it gave %v of %v where %v of %v was inferred", src.Shape(), src.Dtype(), dst.Shape(), dst.Dtype())
	}
	if d, ok := dst.(*tensor.Dense); ok {
		s, ok := src.(*tensor.Dense)
		if !ok {
			return d.Memset(src.Data())
		}
		switch d.Dtype() {
		case tensor.Float32:
			copyFloats(d.Float32s(), s)
		case tensor.Float64:
			copyFloats(d.Float64s(), s)
		case tensor.Int:
			op.CopyStrided(d.Ints(), s)
		case tensor.Bool:
			op.CopyStrided(d.Bools(), s)
		default:
			return tensor.Copy(d, s)
		}
		return nil
	}
	switch d := dst.(type) {
	case *gorgonia.F32:
		v, ok := scalar[float32](src)
		*d = gorgonia.F32(v)
		return scalarErr(ok, src)
	case *gorgonia.F64:
		v, ok := scalar[float64](src)
		*d = gorgonia.F64(v)
		return scalarErr(ok, src)
	case *gorgonia.I:
		v, ok := scalar[int](src)
		*d = gorgonia.I(v)
		return scalarErr(ok, src)
	case *gorgonia.B:
		v, ok := scalar[bool](src)
		*d = gorgonia.B(v)
		return scalarErr(ok, src)
	}
	return errors.Errorf("a %T cannot be copied", dst)
}

// copyFloats copies numbers of the type of dst; it allocates nothing where they lie without gaps.
func copyFloats[T float32 | float64](dst []T, src *tensor.Dense) {
	if f, err := op.Floats[T](src); err == nil {
		copy(dst, f)
		return
	}
	op.CopyStrided(dst, src)
}

// scalar reads a number out of a scalar value, or of a tensor of one element.
func scalar[T any](v gorgonia.Value) (t T, ok bool) {
	switch d := v.Data().(type) {
	case T:
		return d, true
	case []T:
		if len(d) == 1 {
			return d[0], true
		}
	}
	return t, false
}

func scalarErr(ok bool, v gorgonia.Value) error {
	if !ok {
		return errors.Errorf("a %T where a scalar was expected", v)
	}
	return nil
}

package op

import (
	"fmt"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// NewValue allocates a zeroed value: a Gorgonia scalar for the empty shape, a contiguous *tensor.Dense otherwise.
func NewValue(dt tensor.Dtype, shape tensor.Shape) (gorgonia.Value, error) {
	if shape.IsScalar() {
		switch dt {
		case tensor.Float32:
			return gorgonia.NewF32(0), nil
		case tensor.Float64:
			return gorgonia.NewF64(0), nil
		case tensor.Int:
			return gorgonia.NewI(0), nil
		case tensor.Bool:
			return gorgonia.NewB(false), nil
		}
		return nil, errors.Errorf("no scalar value of type %v", dt)
	}
	return tensor.New(tensor.Of(dt), tensor.WithShape(shape.Clone()...)), nil
}

// Floats returns the memory of a contiguous value as a slice, row-major. It shares the value's memory.
func Floats[T Float](v gorgonia.Value) ([]T, error) {
	switch v := v.(type) {
	case *gorgonia.F32:
		if p, ok := any((*float32)(v)).(*T); ok {
			return unsafe.Slice(p, 1), nil
		}
	case *gorgonia.F64:
		if p, ok := any((*float64)(v)).(*T); ok {
			return unsafe.Slice(p, 1), nil
		}
	case *tensor.Dense:
		if !Contiguous(v) {
			return nil, errors.Errorf("a value of shape %v is a view that is not contiguous", v.Shape())
		}
		switch any(*new(T)).(type) {
		case float32:
			if v.Dtype() == tensor.Float32 {
				return any(v.Float32s()).([]T), nil
			}
		case float64:
			if v.Dtype() == tensor.Float64 {
				return any(v.Float64s()).([]T), nil
			}
		}
	case nil:
		return nil, errors.New("a value is missing")
	}
	return nil, errors.Errorf("a value is a %T of %v where %T is needed", v, v.Dtype(), *new(T))
}

// Ints returns the memory of class labels or other indices.
func Ints(v gorgonia.Value) ([]int, error) {
	if d, ok := v.(*tensor.Dense); ok && d.Dtype() == tensor.Int && Contiguous(d) {
		return d.Ints(), nil
	}
	return nil, errors.Errorf("indices and class labels must be a contiguous tensor of int, not %T", v)
}

// Contiguous tells whether d's elements lie row-major without gaps.
func Contiguous(d *tensor.Dense) bool {
	return !d.RequiresIterator() && !d.DataOrder().IsColMajor() && d.DataOrder().IsContiguous()
}

// CopyStrided copies d's elements to dst in row-major order, whatever view of its memory d is. It reports whether d
// holds elements of type T.
func CopyStrided[T any](dst []T, d *tensor.Dense) bool {
	src, ok := d.Data().([]T)
	if !ok {
		return false
	}
	s, strides := d.Shape(), d.Strides()
	if Contiguous(d) || len(s) != len(strides) {
		copy(dst, src)
		return true
	}
	copyAxis(dst, src, s, strides)
	return true
}

func copyAxis[T any](dst, src []T, s tensor.Shape, strides []int) {
	if len(dst) == 0 {
		return
	}
	if len(s) == 1 {
		for i := range s[0] {
			dst[i] = src[i*strides[0]]
		}
		return
	}
	n := len(dst) / s[0]
	for i := range s[0] {
		copyAxis(dst[i*n:(i+1)*n], src[i*strides[0]:], s[1:], strides[1:])
	}
}

// Materialize returns d itself where its elements lie row-major without gaps, and a copy that does otherwise.
func Materialize(d *tensor.Dense) (*tensor.Dense, error) {
	if Contiguous(d) {
		return d, nil
	}
	c := tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(d.Shape().Clone()...))
	switch dst := c.Data().(type) {
	case []float32:
		CopyStrided(dst, d)
	case []float64:
		CopyStrided(dst, d)
	case []int:
		CopyStrided(dst, d)
	case []bool:
		CopyStrided(dst, d)
	default:
		return nil, errors.Errorf("a view of %v that is not contiguous cannot be copied", d.Dtype())
	}
	return c, nil
}

// args are the slices that a kernel works on.
type args[T kernels.Float] struct {
	out []T
	in  [][]T // nil where the input is labels
	lab []int
}

func typed[T kernels.Float](out gorgonia.Value, in []gorgonia.Value) (a args[T], err error) {
	if a.out, err = Floats[T](out); err != nil {
		return a, errors.Wrap(err, "output")
	}
	a.in = make([][]T, len(in))
	for i, v := range in {
		if v != nil && v.Dtype() == tensor.Int {
			a.lab, err = Ints(v)
		} else {
			a.in[i], err = Floats[T](v)
		}
		if err != nil {
			return a, errors.Wrapf(err, "input %d", i)
		}
	}
	return a, nil
}

// bind dispatches on the dtype of out and hands typed slices to the matching instance of a generic kernel builder.
func bind(r fmt.Stringer, out gorgonia.Value, in []gorgonia.Value,
	f32 func(args[float32]) Kernel, f64 func(args[float64]) Kernel) (Kernel, error) {
	switch out.Dtype() {
	case tensor.Float32:
		a, err := typed[float32](out, in)
		if err != nil {
			return nil, errors.Wrapf(err, "%v", r)
		}
		return f32(a), nil
	case tensor.Float64:
		a, err := typed[float64](out, in)
		if err != nil {
			return nil, errors.Wrapf(err, "%v", r)
		}
		return f64(a), nil
	}
	return nil, errors.Wrapf(ErrNoKernel, "%v of %v; use float32 or float64", r, out.Dtype())
}

package op

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Float is what kernels compute in.
type Float interface{ float32 | float64 }

// BindFloats is a Definition's Bind where a kernel is a function of slices: f32 or f64 is called, by the output's type, with
// the memory of the output and of the inputs, row-major; that of an input of whole numbers is nil, and Ints has it. Both are
// usually instances of one generic function, which must not allocate.
func BindFloats(out gorgonia.Value, in []gorgonia.Value, f32 func(out []float32, in [][]float32),
	f64 func(out []float64, in [][]float64)) (Kernel, error) {
	if out == nil || f32 == nil || f64 == nil {
		return nil, errors.New("bind: the output or a function is missing (nil)")
	}
	switch out.Dtype() {
	case tensor.Float32:
		return bindSlices(out, in, f32)
	case tensor.Float64:
		return bindSlices(out, in, f64)
	}
	return nil, errors.Wrapf(ErrNoKernel, "%v; use float32 or float64", out.Dtype())
}

func bindSlices[T Float](out gorgonia.Value, in []gorgonia.Value, f func(out []T, in [][]T)) (Kernel, error) {
	a, err := typed[T](out, in)
	if err != nil {
		return nil, err
	}
	return func() error { f(a.out, a.in); return nil }, nil
}

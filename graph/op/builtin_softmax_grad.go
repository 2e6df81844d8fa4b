package op

import (
	"math"
	"reflect"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// softmaxDiff is the backward operation of gorgonia.SoftMax and LogSoftMax. Inputs: x, the result y, and its gradient.
type softmaxDiff struct{ softmax }

func parseSoftmaxDiff(o gorgonia.Op, f reflect.Value) any {
	return softmaxDiff{parseSoftmax(o, f.Field(0).Elem()).(softmax)}
}

// Bind implements Binder.
func (s softmaxDiff) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh, ok := s.rows(in[1].Shape()) // of a column too, where Gorgonia's own gradient takes another axis than its softmax
	if !ok {
		return nil, ErrNoKernel
	}
	if s.log {
		return bind(exec{"log-softmax gradient"}, out, in[1:], bindLogSoftmaxGrad[float32](sh), bindLogSoftmaxGrad[float64](sh))
	}
	return bind(exec{"softmax gradient"}, out, in[1:], bindSoftmaxGrad[float32](sh), bindSoftmaxGrad[float64](sh))
}

// bindLogSoftmaxGrad: dx_ij = dy_ij − e^{y_ij}·Σ_k dy_ik.
func bindLogSoftmaxGrad[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		y, dy := a.in[0], a.in[1]
		return func() error {
			for lo := 0; lo+s[1] <= len(y); lo += s[1] {
				sum := 0.0
				for _, v := range dy[lo : lo+s[1]] {
					sum += float64(v)
				}
				for j := lo; j < lo+s[1]; j++ {
					a.out[j] = T(float64(dy[j]) - math.Exp(float64(y[j]))*sum)
				}
			}
			return nil
		}
	}
}

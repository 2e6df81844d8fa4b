package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Normalized taken apart is three operations, which give the same bits: Weights and Shift, which depend on parameters
// alone and are computed once where these are frozen, and Biased of the first input and these two.

// Weights computes the weights of the layer.
func (n Normalized) Weights() Definition {
	return normalizedWeights{n.Eps, n.Filters(), n.Of.Signature().In[1]}
}

// Shift computes the bias of the layer.
func (n Normalized) Shift() Definition { return normalizedBias{n.Eps, n.Of.HasBias()} }

// Separate implements Separable.
func (n Normalized) Separate(inputs int) (parts []Part, rest Definition) {
	gamma := inputs - 4 // then β, mean, variance
	shift := []int{gamma, gamma + 1, gamma + 2, gamma + 3}
	if n.Of.HasBias() {
		shift = append(shift, 2)
	}
	return []Part{{n.Weights(), []int{1, gamma, gamma + 3}}, {n.Shift(), shift}}, n.Biased()
}

// inputsOf are some of the inputs.
func inputsOf[V any](in []V, which []int) []V {
	out := make([]V, len(which))
	for k, i := range which {
		out[k] = in[i]
	}
	return out
}

// normalizedWeights is weights scaled by what a batch norm behind them multiplies with: w·γ/√(variance + eps), by the
// index of the axis Filters. Inputs: w, γ, variance.
type normalizedWeights struct {
	Eps     float64
	Filters int
	Rank    Rank // of w
}

var _ Definition = normalizedWeights{}

func (n normalizedWeights) String() string {
	return fmt.Sprintf("NormalisedWeights(eps=%g, axis %d of %d)", n.Eps, n.Filters, n.Rank)
}

// Signature implements Definition.
func (n normalizedWeights) Signature() Signature {
	return Signature{In: []Rank{n.Rank, Vector, Vector}, Out: n.Rank}
}

// Shape implements Definition.
func (n normalizedWeights) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != int(n.Rank) || in[1].TotalSize() != in[0][n.Filters] || in[2].TotalSize() != in[0][n.Filters] {
		return nil, errors.Errorf("%v: weight %v, γ %v and variance %v do not fit", n, in[0], in[1], in[2])
	}
	return in[0].Clone(), nil
}

// Bind implements Definition.
func (n normalizedWeights) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := in[0].Shape()
	return bind(n, out, in, bindNormalisedWeights[float32](n, s), bindNormalisedWeights[float64](n, s))
}

func bindNormalisedWeights[T kernels.Float](n normalizedWeights, shape tensor.Shape) func(args[T]) Kernel {
	inner := shape[n.Filters+1:].TotalSize()
	return func(a args[T]) Kernel {
		w, gamma, variance := a.in[0], a.in[1], a.in[2]
		scale := make([]T, len(gamma))
		return func() error {
			for c := range scale {
				scale[c] = T(float64(gamma[c]) * invStd(variance[c], n.Eps))
			}
			if n.Filters == 0 {
				for c, s := range scale {
					kernels.Scale(a.out[c*inner:(c+1)*inner], w[c*inner:(c+1)*inner], s)
				}
			} else {
				kernels.MulRow(rowsOf(len(w), len(scale)), len(scale), a.out, w, scale)
			}
			return nil
		}
	}
}

// normalizedBias is the bias of a layer with a batch norm behind it: (b − mean)·γ/√(variance + eps) + β. Inputs: γ, β, mean,
// variance, and b where the layer has one.
type normalizedBias struct {
	Eps    float64
	Biased bool
}

var _ Definition = normalizedBias{}

func (n normalizedBias) String() string {
	return fmt.Sprintf("NormalisedBias(eps=%g, bias=%v)", n.Eps, n.Biased)
}

// Signature implements Definition.
func (n normalizedBias) Signature() Signature {
	s := Signature{In: []Rank{Vector, Vector, Vector, Vector, Vector}, Out: Vector}
	if !n.Biased {
		s.In = s.In[:4]
	}
	return s
}

// Shape implements Definition.
func (n normalizedBias) Shape(in []tensor.Shape) (tensor.Shape, error) {
	for _, s := range in {
		if s.TotalSize() != in[0].TotalSize() {
			return nil, errors.Errorf("%v of %v: want a number a channel of each", n, in)
		}
	}
	return tensor.Shape{in[0].TotalSize()}, nil
}

// Bind implements Definition.
func (n normalizedBias) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(n, out, in, bindNormalisedBias[float32](n), bindNormalisedBias[float64](n))
}

func bindNormalisedBias[T kernels.Float](n normalizedBias) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		gamma, beta, mean, variance := a.in[0], a.in[1], a.in[2], a.in[3]
		return func() error {
			for c := range a.out {
				b := -float64(mean[c])
				if n.Biased {
					b += float64(a.in[4][c])
				}
				a.out[c] = T(b*(float64(gamma[c])*invStd(variance[c], n.Eps)) + float64(beta[c]))
			}
			return nil
		}
	}
}

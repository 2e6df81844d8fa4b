package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// batchNormSums is what the gradients of batch normalisation have in common: (2, channels), row 0 Σ dz, the gradient of
// β, row 1 Σ dz·x̂, that of γ, with x̂ = (x − mean)·invStd. Inputs: x, the statistics (2, channels) and dz.
type batchNormSums struct{}

var _ Definition = batchNormSums{}

func (batchNormSums) String() string { return "BatchNormSums" }
func (batchNormSums) Signature() Signature {
	return Signature{In: []Rank{Same, Matrix, Same}, Out: Matrix}
}

// Shape implements Definition.
func (batchNormSums) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := statsOf(in[0], in[1]); err != nil {
		return nil, err
	}
	return in[1].Clone(), sameShape(in[0], in[2])
}

// Bind implements Definition.
func (b batchNormSums) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(b, out, in, bindBatchNormSums[float32](v), bindBatchNormSums[float64](v))
}

func bindBatchNormSums[T kernels.Float](v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		mean, inv := a.in[1][:v.c], a.in[1][v.c:]
		return func() error {
			norm.BatchNormSums(v.n, v.c, v.hw, mean, inv, a.in[0], a.in[2], a.out[:v.c], a.out[v.c:])
			return nil
		}
	}
}

// batchNormGradInput is the gradient of batch normalisation with respect to x, M values to a channel:
//
//	dx = γ·invStd·(dz − Σdz/M − x̂·Σ(dz·x̂)/M),   or γ·invStd·dz where the statistics are Fixed
//
// Inputs: x, the statistics, γ, dz and the batchNormSums.
type batchNormGradInput struct{ Fixed bool }

var _ interface {
	Definition
	InPlacer
} = batchNormGradInput{}

func (b batchNormGradInput) String() string {
	return fmt.Sprintf("BatchNormGradInput(fixed=%v)", b.Fixed)
}

// Signature implements Definition.
func (batchNormGradInput) Signature() Signature {
	return Signature{In: []Rank{Same, Matrix, Vector, Same, Matrix}, Out: Same}
}

// InPlace implements InPlacer.
func (batchNormGradInput) InPlace() []int { return []int{3, 0} }

// Shape implements Definition.
func (batchNormGradInput) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := statsOf(in[0], in[1]); err != nil {
		return nil, err
	}
	if err := errors.Wrap(sameShape(in[1], in[4]), "statistics and sums"); err != nil {
		return nil, err
	}
	if err := perChannel(in[0], in[2:3], "γ"); err != nil {
		return nil, err
	}
	return in[0].Clone(), sameShape(in[0], in[3])
}

// Bind implements Definition.
func (b batchNormGradInput) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(b, out, in, bindBatchNormGradInput[float32](b, v), bindBatchNormGradInput[float64](b, v))
}

func bindBatchNormGradInput[T kernels.Float](b batchNormGradInput, v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, gamma, dz := a.in[0], a.in[2], a.in[3]
		mean, inv := a.in[1][:v.c], a.in[1][v.c:]
		if b.Fixed {
			scale, zero := make([]T, v.c), make([]T, v.c)
			return func() error {
				for c := range scale {
					scale[c] = gamma[c] * inv[c]
				}
				norm.ChannelAffine(v.n, v.c, v.hw, scale, zero, kernels.Identity, 0, a.out, dz)
				return nil
			}
		}
		sum, dot := a.in[4][:v.c], a.in[4][v.c:]
		return func() error {
			norm.BatchNormGradInput(v.n, v.c, v.hw, mean, inv, gamma, sum, dot, x, dz, a.out)
			return nil
		}
	}
}

package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// batchMoments finds what batch normalisation divides by: x (batch, channels, space…) → (2, channels), row 0 the mean of
// each channel, row 1 its 1/√(variance + Eps), the variance biased.
type batchMoments struct {
	Eps  float64
	Rank Rank // of x
}

var _ Definition = batchMoments{}

func (b batchMoments) String() string {
	return fmt.Sprintf("BatchMoments(eps=%g, rank=%d)", b.Eps, b.Rank)
}
func (b batchMoments) Signature() Signature { return Signature{In: []Rank{b.Rank}, Out: Matrix} }

// Shape implements Definition.
func (b batchMoments) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := perChannel(in[0], nil); err != nil {
		return nil, err
	}
	return tensor.Shape{2, in[0][1]}, channelsOf(in[0]).enough()
}

// Bind implements Definition.
func (b batchMoments) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(b, out, in, bindMoments[float32](v, b.Eps), bindMoments[float64](v, b.Eps))
}

func bindMoments[T kernels.Float](v channelView, eps float64) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		mean, inv := a.out[:v.c], a.out[v.c:]
		return func() error {
			norm.ChannelMoments(v.n, v.c, v.hw, mean, inv, a.in[0])
			invert(inv, eps)
			return nil
		}
	}
}

// invert turns variances into 1/√(variance + eps).
func invert[T kernels.Float](variance []T, eps float64) {
	for c, v := range variance {
		variance[c] = T(invStd(v, eps))
	}
}

// batchStats is batchMoments, after which the running mean and variance follow the batch; see BatchNorm. Inputs: x, mean
// and variance.
type batchStats struct {
	batchMoments
	Momentum float64
}

var _ interface {
	Definition
	Stateful
	Updater
} = batchStats{}

func (b batchStats) String() string {
	return fmt.Sprintf("BatchStats(eps=%g, momentum=%g, rank=%d)", b.Eps, b.Momentum, b.Rank)
}

// Signature implements Definition.
func (b batchStats) Signature() Signature {
	return Signature{In: []Rank{b.Rank, Vector, Vector}, Out: Matrix}
}

// Stateful implements Stateful.
func (batchStats) Stateful() {}

// Updates implements Updater.
func (batchStats) Updates() []int { return []int{1, 2} }

// Shape implements Definition.
func (b batchStats) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := perChannel(in[0], in[1:], "mean", "variance"); err != nil {
		return nil, err
	}
	return tensor.Shape{2, in[0][1]}, channelsOf(in[0]).enough()
}

// Bind implements Definition.
func (b batchStats) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(b, out, in, bindBatchStats[float32](b, v), bindBatchStats[float64](b, v))
}

func bindBatchStats[T kernels.Float](b batchStats, v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		batchMean, batchVar := a.out[:v.c], a.out[v.c:]
		return func() error {
			norm.ChannelMoments(v.n, v.c, v.hw, batchMean, batchVar, a.in[0])
			track(v, b.Momentum, a.in[1], a.in[2], batchMean, batchVar)
			invert(batchVar, b.Eps)
			return nil
		}
	}
}

// runningStats brings running statistics into the form of batchMoments. Inputs: mean and variance.
type runningStats struct{ Eps float64 }

var _ Definition = runningStats{}

func (r runningStats) String() string     { return fmt.Sprintf("RunningStats(eps=%g)", r.Eps) }
func (runningStats) Signature() Signature { return Signature{In: []Rank{Vector, Vector}, Out: Matrix} }

// Shape implements Definition.
func (runningStats) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{2, in[0].TotalSize()}, errors.Wrap(sameShape(in[0], in[1]), "mean and variance")
}

// Bind implements Definition.
func (r runningStats) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(r, out, in, bindRunningStats[float32](r), bindRunningStats[float64](r))
}

func bindRunningStats[T kernels.Float](r runningStats) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error {
			inv := a.out[copy(a.out, a.in[0]):]
			copy(inv, a.in[1])
			invert(inv, r.Eps)
			return nil
		}
	}
}

// Row is one row of a matrix.
type Row struct{ Index int }

var _ Definition = Row{}

func (r Row) String() string     { return fmt.Sprintf("Row(%d)", r.Index) }
func (Row) Signature() Signature { return Signature{In: []Rank{Matrix}, Out: Vector} }

// Shape implements Definition.
func (r Row) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 || r.Index < 0 || r.Index >= in[0][0] {
		return nil, errors.Errorf("%v is not in a matrix %v", r, in[0])
	}
	return tensor.Shape{in[0][1]}, nil
}

// Bind implements Definition.
func (r Row) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(r, out, in, bindRow[float32](r), bindRow[float64](r))
}

func bindRow[T kernels.Float](r Row) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		n := len(a.out)
		return func() error { copy(a.out, a.in[0][r.Index*n:]); return nil }
	}
}

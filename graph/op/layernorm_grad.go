package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// layerNormStats finds again what layer normalisation divided by: x → (2, rows), row 0 the mean of each row of x, row 1
// its 1/√(variance + eps).
type layerNormStats struct {
	Axes int
	Eps  float64
	Rank Rank // of x
}

var _ Definition = layerNormStats{}

func (l layerNormStats) String() string {
	return fmt.Sprintf("LayerNormStats(axes=%d, eps=%g, rank=%d)", l.Axes, l.Eps, l.Rank)
}

// Signature implements Definition.
func (l layerNormStats) Signature() Signature { return Signature{In: []Rank{l.Rank}, Out: Matrix} }

// Shape implements Definition.
func (l layerNormStats) Shape(in []tensor.Shape) (tensor.Shape, error) {
	_, err := normalised(in[0], l.Axes)
	return tensor.Shape{2, rowView(in[0], l.Axes).rows}, err
}

// Bind implements Definition.
func (l layerNormStats) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := rowView(in[0].Shape(), l.Axes)
	rows := channelView{1, v.rows, v.cols} // a row is a channel of one image
	return bind(l, out, in, bindMoments[float32](rows, l.Eps), bindMoments[float64](rows, l.Eps))
}

// layerNormGrad is the gradient of layer normalisation with respect to x, for each row of n elements:
//
//	dx = invStd·(g − Σg/n − x̂·Σ(g·x̂)/n), g = γ·dy
//
// Inputs: x, the layerNormStats, γ and dy.
type layerNormGrad struct{ Axes int }

var _ interface {
	Definition
	InPlacer
} = layerNormGrad{}

func (l layerNormGrad) String() string { return fmt.Sprintf("LayerNormGrad(axes=%d)", l.Axes) }

// Signature implements Definition.
func (l layerNormGrad) Signature() Signature {
	return Signature{In: []Rank{Same, Matrix, Rank(l.Axes), Same}, Out: Same}
}

// InPlace implements InPlacer.
func (layerNormGrad) InPlace() []int { return []int{3, 0} }

// Shape implements Definition.
func (l layerNormGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	s, err := normalised(in[0], l.Axes)
	if err == nil {
		err = errors.Wrap(sameShape(in[2], s), "γ")
	}
	if err == nil {
		err = fitsRows(l.Axes, in[0], in[1], in[3])
	}
	return in[0].Clone(), err
}

// fitsRows checks statistics and a gradient against x.
func fitsRows(axes int, x, stats, dy tensor.Shape) error {
	if err := sameShape(stats, tensor.Shape{2, rowView(x, axes).rows}); err != nil {
		return errors.Wrap(err, "statistics")
	}
	return errors.Wrap(sameShape(x, dy), "x and gradient")
}

// Bind implements Definition.
func (l layerNormGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := rowView(in[0].Shape(), l.Axes)
	return bind(l, out, in, bindLayerNormGrad[float32](v), bindLayerNormGrad[float64](v))
}

func bindLayerNormGrad[T kernels.Float](v matrixView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		mean, inv := a.in[1][:v.rows], a.in[1][v.rows:]
		return func() error {
			norm.LayerNormGrad(v.rows, v.cols, a.in[2], a.in[0], a.in[3], mean, inv, a.out)
			return nil
		}
	}
}

// layerNormSums is (2, n): row 0 the gradient of γ, Σ dy·x̂ over the rows, row 1 that of β, Σ dy. Inputs: x, the
// layerNormStats and dy.
type layerNormSums struct{ Axes int }

var _ Definition = layerNormSums{}

func (l layerNormSums) String() string { return fmt.Sprintf("LayerNormSums(axes=%d)", l.Axes) }

// Signature implements Definition.
func (layerNormSums) Signature() Signature {
	return Signature{In: []Rank{Same, Matrix, Same}, Out: Matrix}
}

// Shape implements Definition.
func (l layerNormSums) Shape(in []tensor.Shape) (tensor.Shape, error) {
	_, err := normalised(in[0], l.Axes)
	if err == nil {
		err = fitsRows(l.Axes, in[0], in[1], in[2])
	}
	return tensor.Shape{2, rowView(in[0], l.Axes).cols}, err
}

// Bind implements Definition.
func (l layerNormSums) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := rowView(in[0].Shape(), l.Axes)
	return bind(l, out, in, bindLayerNormSums[float32](v), bindLayerNormSums[float64](v))
}

func bindLayerNormSums[T kernels.Float](v matrixView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		mean, inv := a.in[1][:v.rows], a.in[1][v.rows:]
		return func() error {
			norm.LayerNormGradParams(v.rows, v.cols, a.in[0], a.in[2], mean, inv, a.out[:v.cols], a.out[v.cols:])
			return nil
		}
	}
}

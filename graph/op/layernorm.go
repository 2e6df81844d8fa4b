package op

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// LayerNorm normalises each example over the axes from axis on (Ba, Kiros & Hinton 2016, arXiv:1607.06450):
//
//	y = γ·(x − mean)/√(variance + eps) + β, mean and biased variance over those axes
//
//	x (batch, …)   γ, β of the shape of the axes normalised   →   y of x's shape
//
// A negative axis counts from the end. It does not depend on the batch, so that training and evaluation are the same.
// PyTorch's default eps is 1e-5.
func LayerNorm(x, gamma, beta *gorgonia.Node, axis int, eps float64) (*gorgonia.Node, error) {
	if x == nil {
		return nil, errors.New("layer norm: x is nil")
	}
	if !(eps > 0) || math.IsInf(eps, 0) {
		return nil, errors.Errorf("layer norm: eps %v is not a positive number", eps)
	}
	rank := x.Dims()
	if axis < 0 {
		axis += rank
	}
	if axis < 1 || axis >= rank {
		return nil, errors.Errorf("layer norm: axis %d of x %v: want one behind the batch", axis, x.Shape())
	}
	return Apply(layerNormLayer{Axes: rank - axis, Eps: eps}, x, gamma, beta)
}

// layerNormLayer is the Definition of LayerNorm.
type layerNormLayer struct {
	Axes int // how many of the last axes are normalised over
	Eps  float64
}

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
} = layerNormLayer{}

func (l layerNormLayer) String() string {
	return fmt.Sprintf("LayerNorm(axes=%d, eps=%g)", l.Axes, l.Eps)
}

// Signature implements Definition.
func (l layerNormLayer) Signature() Signature {
	return Signature{In: []Rank{Same, Rank(l.Axes), Rank(l.Axes)}, Out: Same}
}

// Wrt implements Differentiable.
func (layerNormLayer) Wrt() []bool { return []bool{true, true, true} }

// InPlace implements InPlacer: a row's statistics are finished before its first element is written.
func (layerNormLayer) InPlace() []int { return []int{0} }

// normalised is the shape of the last axes of x.
func normalised(x tensor.Shape, axes int) (tensor.Shape, error) {
	if axes < 1 || len(x) <= axes {
		return nil, errors.Errorf("x %v has no %d axes behind the batch", x, axes)
	}
	if rowView(x, axes).cols < 1 {
		return nil, errors.Errorf("x %v: nothing to normalise over", x)
	}
	return x[len(x)-axes:], nil
}

// Shape implements Definition.
func (l layerNormLayer) Shape(in []tensor.Shape) (tensor.Shape, error) {
	s, err := normalised(in[0], l.Axes)
	if err != nil {
		return nil, err
	}
	for i, name := range []string{"γ", "β"} {
		if err := sameShape(in[i+1], s); err != nil {
			return nil, errors.Wrapf(err, "x %v and %s", in[0], name)
		}
	}
	return in[0].Clone(), nil
}

// Couple implements Coupler: every element depends on all that are normalised with it, so these stay.
func (l layerNormLayer) Couple(t Ties) {
	const why = "layer norm normalises over this axis"
	first := len(t.Dims(0)) - l.Axes
	for a := range first {
		t.Tie(In(0, a), Out(a))
	}
	for a := range l.Axes {
		for _, x := range []Axis{In(0, first+a), In(1, a), In(2, a), Out(first + a)} {
			t.Freeze(x, why)
		}
	}
}

// matrixView is a shape as rows that are normalised by themselves.
type matrixView struct{ rows, cols int }

func rowView(s tensor.Shape, axes int) matrixView {
	v := matrixView{1, 1}
	for i, d := range s {
		if i < len(s)-axes {
			v.rows *= d
		} else {
			v.cols *= d
		}
	}
	return v
}

// Bind implements Definition.
func (l layerNormLayer) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := rowView(in[0].Shape(), l.Axes)
	return bind(l, out, in, bindLayerNorm[float32](l, v), bindLayerNorm[float64](l, v))
}

func bindLayerNorm[T kernels.Float](l layerNormLayer, v matrixView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		mean, inv := make([]T, v.rows), make([]T, v.rows)
		return func() error {
			norm.LayerNorm(v.rows, v.cols, T(l.Eps), a.in[1], a.in[2], a.out, a.in[0], mean, inv)
			return nil
		}
	}
}

// Grad implements Differentiable: dγ = Σ dy·x̂ and dβ = Σ dy over the rows; see layerNormGrad for dx.
func (l layerNormLayer) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, gamma := in[0], in[1]
	stats, err := Apply(layerNormStats{l.Axes, l.Eps, Rank(x.Dims())}, x)
	if err != nil {
		return nil, err
	}
	dx, err := Apply(layerNormGrad{l.Axes}, x, stats, gamma, grad)
	if err != nil {
		return nil, err
	}
	sums, err := Apply(layerNormSums{l.Axes}, x, stats, grad)
	if err != nil {
		return nil, err
	}
	grads := gorgonia.Nodes{dx, nil, nil}
	for i := range 2 {
		if grads[i+1], err = Apply(Row{i}, sums); err != nil {
			return nil, err
		}
		if l.Axes > 1 {
			if grads[i+1], err = gorgonia.Reshape(grads[i+1], gamma.Shape()); err != nil {
				return nil, err
			}
		}
	}
	return grads, nil
}

// Export implements Exporter.
func (l layerNormLayer) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("LayerNormalization", in, out, Attr{"axis", int64(-l.Axes)}, Attr{"epsilon", float32(l.Eps)})
	return nil
}

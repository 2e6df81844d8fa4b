package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// expansion repeats a tensor along its axes of size 1 and scales it: the gradient of a sum or a mean.
type expansion struct {
	to    tensor.Shape
	scale float64
}

var _ Definition = expansion{}

func (e expansion) String() string { return fmt.Sprintf("Expand(%v, scale=%g)", e.to, e.scale) }
func (e expansion) Signature() Signature {
	return Signature{In: []Rank{Rank(len(e.to))}, Out: Rank(len(e.to))}
}

// Shape implements Definition.
func (e expansion) Shape(in []tensor.Shape) (tensor.Shape, error) {
	s, err := broadcastShape(in[0], e.to)
	if err == nil {
		err = sameShape(s, e.to)
	}
	return s, errors.Wrapf(err, "%v", e)
}

// Bind implements Definition.
func (e expansion) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(e, out, in); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	return bind(e, out, in, bindExpansion[float32](e, s), bindExpansion[float64](e, s))
}

func bindExpansion[T kernels.Float](e expansion, s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		scale := []T{T(e.scale)}
		plan := kernels.NewBroadcast(e.to, repeated(s, e.to), make([]int, len(e.to)))
		n, grain := plan.Items()
		if e.scale == 1 {
			plan := kernels.NewStrided(e.to, repeated(s, e.to), 0)
			n, grain := plan.Items()
			return shared(n, grain, func(lo, hi int) { kernels.Gather(plan, a.out, a.in[0], lo, hi) })
		}
		return shared(n, grain, func(lo, hi int) { kernels.Combine(plan, timesKind, a.out, a.in[0], scale, lo, hi) })
	}
}

// extremeGrad is the gradient of a maximum or minimum. Inputs: x, the result and its gradient, both with the reduced axes
// kept at size 1.
type extremeGrad struct{ of reduction }

var _ Definition = extremeGrad{}

func (e extremeGrad) String() string { return e.of.String() + "Grad" }
func (e extremeGrad) Signature() Signature {
	r := Rank(e.of.Rank)
	return Signature{In: []Rank{r, r, r}, Out: r}
}

// Shape implements Definition.
func (e extremeGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	s, err := broadcastShape(in[0], in[1])
	if err == nil {
		err = sameShape(s, in[0])
	}
	if err == nil {
		err = sameShape(in[1], in[2])
	}
	return s, errors.Wrapf(err, "%v", e)
}

// Bind implements Definition.
func (e extremeGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(e, out, in); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	return bind(e, out, in, bindExtremeGrad[float32](e, s), bindExtremeGrad[float64](e, s))
}

func bindExtremeGrad[T kernels.Float](e extremeGrad, s tensor.Shape) func(args[T]) Kernel {
	plan := kernels.NewReduction(s, e.of.over())
	n, grain := plan.Items()
	return func(a args[T]) Kernel {
		return shared(n, grain, func(lo, hi int) { kernels.ExtremeGrad(plan, a.out, a.in[0], a.in[1], a.in[2], lo, hi) })
	}
}

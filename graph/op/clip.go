package op

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Clip is min(max(x, lo), hi), elementwise; lo ≤ hi, and either may be infinite. A NaN stays. The gradient passes where
// lo ≤ x ≤ hi, as in PyTorch. ReLU6 is Clip(x, 0, 6).
func Clip(x *gorgonia.Node, lo, hi float64) (*gorgonia.Node, error) {
	if !(lo <= hi) {
		return nil, errors.Errorf("clip: the bounds %v and %v are not in order", lo, hi)
	}
	return Apply(clipping{lo, hi}, x)
}

// clipping is the Definition of Clip.
type clipping struct{ Lo, Hi float64 }

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
} = clipping{}

func (c clipping) String() string                              { return fmt.Sprintf("Clip(%g to %g)", c.Lo, c.Hi) }
func (clipping) Signature() Signature                          { return Signature{In: []Rank{Same}, Out: Same} }
func (clipping) Wrt() []bool                                   { return []bool{true} }
func (clipping) InPlace() []int                                { return []int{0} }
func (clipping) Couple(t Ties)                                 { rowwise(t) }
func (clipping) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

// Bind implements Definition.
func (c clipping) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(c, out, in, bindClip[float32](c), bindClip[float64](c))
}

func bindClip[T kernels.Float](c clipping) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, out := a.in[0], a.out
		return elements(len(out), func(lo, hi int) { kernels.Clip(out[lo:hi], x[lo:hi], T(c.Lo), T(c.Hi)) })
	}
}

// elements is an elementwise kernel of n elements, shared over the workers where they are many.
func elements(n int, f span) Kernel {
	if n < 2*chainGrain {
		return whole(n, f)
	}
	return shared(n, chainGrain, f)
}

// Grad implements Differentiable.
func (c clipping) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(clipGrad{c}, in[0], grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter: a bound that is infinite is left out.
func (c clipping) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	bound := func(hint string, v float64) string {
		if math.IsInf(v, 0) {
			return ""
		}
		return em.Const(hint, gorgonia.NewF64(v))
	}
	lo, hi := bound("min", c.Lo), bound("max", c.Hi)
	args := []string{in[0], lo, hi}
	for len(args) > 1 && args[len(args)-1] == "" {
		args = args[:len(args)-1]
	}
	em.Node("Clip", args, out)
	return nil
}

// clipGrad is the gradient of Clip. Inputs: x and the result's gradient.
type clipGrad struct{ of clipping }

var _ interface {
	Definition
	InPlacer
} = clipGrad{}

func (c clipGrad) String() string     { return c.of.String() + "Grad" }
func (clipGrad) Signature() Signature { return Signature{In: []Rank{Same, Same}, Out: Same} }
func (clipGrad) InPlace() []int       { return []int{1} }
func (clipGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[1].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (c clipGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(c, out, in, bindClipGrad[float32](c.of), bindClipGrad[float64](c.of))
}

func bindClipGrad[T kernels.Float](c clipping) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, dy, out := a.in[0], a.in[1], a.out
		return elements(len(out), func(lo, hi int) { kernels.ClipGrad(out[lo:hi], x[lo:hi], dy[lo:hi], T(c.Lo), T(c.Hi)) })
	}
}

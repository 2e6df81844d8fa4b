package op

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Pow is x^p, elementwise, for a constant p that is finite. The power 0 is 1 throughout, with gradient 0.
func Pow(x *gorgonia.Node, p float64) (*gorgonia.Node, error) {
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return nil, errors.Errorf("pow: the exponent %v is no number", p)
	}
	return Apply(power{p}, x)
}

// power is the Definition of Pow.
type power struct{ P float64 }

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
} = power{}

func (p power) String() string                              { return fmt.Sprintf("Pow(%g)", p.P) }
func (power) Signature() Signature                          { return Signature{In: []Rank{Same}, Out: Same} }
func (power) Wrt() []bool                                   { return []bool{true} }
func (power) InPlace() []int                                { return []int{0} }
func (power) Couple(t Ties)                                 { rowwise(t) }
func (power) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

// Bind implements Definition.
func (p power) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(p, out, in, bindPow[float32](p.P), bindPow[float64](p.P))
}

func bindPow[T kernels.Float](p float64) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, out := a.in[0], a.out
		return elements(len(out), func(lo, hi int) { kernels.Pow(out[lo:hi], x[lo:hi], p) })
	}
}

// Grad implements Differentiable: dx = dy·p·x^{p−1}.
func (p power) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(powGrad{p.P}, in[0], grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (p power) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Pow", []string{in[0], em.Const("exponent", gorgonia.NewF64(p.P))}, out)
	return nil
}

// powGrad is the gradient of Pow. Inputs: x and the result's gradient.
type powGrad struct{ p float64 }

var _ interface {
	Definition
	InPlacer
} = powGrad{}

func (p powGrad) String() string     { return fmt.Sprintf("PowGrad(%g)", p.p) }
func (powGrad) Signature() Signature { return Signature{In: []Rank{Same, Same}, Out: Same} }
func (powGrad) InPlace() []int       { return []int{1} }
func (powGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[1].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (p powGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(p, out, in, bindPowGrad[float32](p.p), bindPowGrad[float64](p.p))
}

func bindPowGrad[T kernels.Float](p float64) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, dy, out := a.in[0], a.in[1], a.out
		return elements(len(out), func(lo, hi int) { kernels.PowGrad(out[lo:hi], x[lo:hi], dy[lo:hi], p) })
	}
}

package op

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Unscale is y = x·scale + mean, elementwise: the last operation of a regression that has learnt standardised targets,
// whose answer it gives back their unit. It is computed in float64 and rounded once. Both numbers must be finite and
// scale positive. wide says that float32 is too coarse for y, see Unscaling.
func Unscale(x *gorgonia.Node, mean, scale float64, wide bool) (*gorgonia.Node, error) {
	if !(scale > 0) || math.IsInf(scale, 0) || mean-mean != 0 {
		return nil, errors.Errorf("unscale: scale %v must be positive and mean %v finite", scale, mean)
	}
	return Apply(Unscaling{mean, scale, wide}, x)
}

// Unscaling is the Definition of Unscale. A wide one is written to a file in double, with a double result: mean is so large
// beside scale that neighbouring float32 numbers lie too far apart to tell answers from each other.
type Unscaling struct {
	Mean, Scale float64
	Wide        bool
}

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
	Unscaler
} = Unscaling{}

// Unscaler is an operation that gives answers their unit.
type Unscaler interface{ Unit() Unscaling }

// Unit implements Unscaler.
func (u Unscaling) Unit() Unscaling { return u }

func (u Unscaling) String() string {
	if u.Wide {
		return fmt.Sprintf("Unscale(%g, %g, wide)", u.Mean, u.Scale)
	}
	return fmt.Sprintf("Unscale(%g, %g)", u.Mean, u.Scale)
}
func (Unscaling) Signature() Signature                          { return Signature{In: []Rank{Same}, Out: Same} }
func (Unscaling) Wrt() []bool                                   { return []bool{true} }
func (Unscaling) InPlace() []int                                { return []int{0} }
func (Unscaling) Couple(t Ties)                                 { rowwise(t) }
func (Unscaling) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

// Bind implements Definition.
func (u Unscaling) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(u, out, in, bindUnscale[float32](u), bindUnscale[float64](u))
}

func bindUnscale[T kernels.Float](u Unscaling) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, out := a.in[0], a.out
		return elements(len(out), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				out[i] = T(u.Of(float64(x[i])))
			}
		})
	}
}

// Of is the result for one number. The conversion keeps the compiler from fusing product and sum, which would give
// other bits on other processors.
func (u Unscaling) Of(x float64) float64 { return float64(x*u.Scale) + u.Mean }

// Inverse is the x of which y is the result.
func (u Unscaling) Inverse(y float64) float64 { return (y - u.Mean) / u.Scale }

// Grad implements Differentiable: dx = dy·scale.
func (u Unscaling) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(Unscaling{Scale: u.Scale}, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (u Unscaling) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	x, store := in[0], em.Const
	if u.Wide {
		x, store = em.Temp("double"), em.Double
		em.Node("Cast", in, x, Attr{"to", int64(onnxDouble)})
	}
	scaled := em.Temp("scaled")
	em.Node("Mul", []string{x, store("target_scale", gorgonia.NewF64(u.Scale))}, scaled)
	em.Node("Add", []string{scaled, store("target_mean", gorgonia.NewF64(u.Mean))}, out)
	return nil
}

// onnxDouble is ONNX's number for float64.
const onnxDouble = 11

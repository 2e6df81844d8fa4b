package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Activation names an elementwise non-linearity.
type Activation = kernels.Activation

// The activations, with the formula of each.
const (
	Identity  = kernels.Identity  // x
	ReLU      = kernels.ReLU      // max(x, 0); derivative 0 at 0
	LeakyReLU = kernels.LeakyReLU // x if x > 0, otherwise slope·x
	Sigmoid   = kernels.Sigmoid   // 1/(1+e^−x)
	Tanh      = kernels.Tanh      // (e^x−e^−x)/(e^x+e^−x)
	GELU      = kernels.GELU      // x·Φ(x), the exact form with erf (Hendrycks & Gimpel 2016, arXiv:1606.08415)
	Softplus  = kernels.Softplus  // ln(1+e^x)
)

// Rectify is gorgonia.Rectify as the compiler fuses it: x·[x ≥ 0], with derivative 1 at 0 where ReLU has 0. It is not
// among Activations, for a model is to have one of the two.
const Rectify = kernels.Rectify

// Activations lists them in order.
func Activations() []Activation {
	return []Activation{Identity, ReLU, LeakyReLU, Sigmoid, Tanh, GELU, Softplus}
}

// DefaultSlope is leaky ReLU's slope for negative inputs (Maas et al. 2013, and PyTorch's default).
const DefaultSlope = 0.01

// Activate is y = act(x), elementwise, for x of any shape. Slope is read by leaky ReLU alone.
func Activate(x *gorgonia.Node, act Activation, slope float64) (*gorgonia.Node, error) {
	if err := checkActivation(act, slope); err != nil {
		return nil, err
	}
	return Apply(Elementwise{Act: act, Slope: slopeOf(act, slope)}, x)
}

func checkActivation(act Activation, slope float64) error {
	if act > Softplus {
		return errors.Errorf("unknown activation %d", act)
	}
	if act == LeakyReLU && !(slope >= 0 && slope < 1) {
		return errors.Errorf("leaky ReLU: slope %v is outside [0, 1)", slope)
	}
	return nil
}

// slopeOf drops a slope that is not read, so that equal operations have equal rooms.
func slopeOf(act Activation, slope float64) float64 {
	if act == LeakyReLU {
		return slope
	}
	return 0
}

// Activated is a layer with an activation fused behind it.
type Activated interface {
	Definition
	// Activation is what is fused, Identity where nothing is, and its slope.
	Activation() (Activation, float64)
	// WithActivation is the layer with another one.
	WithActivation(act Activation, slope float64) Definition
}

// Elementwise is the Definition of Activate.
type Elementwise struct {
	Act   Activation
	Slope float64
}

func (e Elementwise) String() string                              { return "Activation(" + actString(e.Act, e.Slope) + ")" }
func (Elementwise) Signature() Signature                          { return Signature{In: []Rank{Same}, Out: Same} }
func (Elementwise) Wrt() []bool                                   { return []bool{true} }
func (Elementwise) Couple(t Ties)                                 { rowwise(t) }
func (Elementwise) InPlace() []int                                { return []int{0} }
func (Elementwise) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

// Bind implements Definition.
func (e Elementwise) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(e, out, in, bindActivate[float32](e), bindActivate[float64](e))
}

func bindActivate[T kernels.Float](e Elementwise) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return whole(len(a.out), activateSpan(e, a)) }
}

func activateSpan[T kernels.Float](e Elementwise, a args[T]) span {
	x, out := a.in[0], a.out
	return func(lo, hi int) { kernels.Activate(e.Act, T(e.Slope), out[lo:hi], x[lo:hi]) }
}

// Grad implements Differentiable: dx = dy·act'(x), from y where that suffices.
func (e Elementwise) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := activationGrad(e.Act, e.Slope, in[0], out, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (e Elementwise) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	return emitActivation(em, e.Act, e.Slope, in[0], out)
}

// IsSigmoid tells whether an op is the sigmoid by itself: Activate or gorgonia.Sigmoid.
func IsSigmoid(o gorgonia.Op) bool {
	switch k, _ := Of(o); k := k.(type) {
	case Elementwise:
		return k.Act == Sigmoid
	case unary:
		return k.name == Sigmoid.String()
	}
	return false
}

func actString(act Activation, slope float64) string {
	if act == LeakyReLU {
		return fmt.Sprintf("%v, slope=%g", act, slope)
	}
	return act.String()
}

func activationGrad(act Activation, slope float64, x, y, dy *gorgonia.Node) (*gorgonia.Node, error) {
	switch act {
	case Identity:
		return dy, nil
	case GELU: // the only one whose derivative cannot be had from its output
		return Apply(ActivationGrad{Act: act}, x, dy)
	}
	return Apply(ActivationGrad{Act: act, Slope: slopeOf(act, slope)}, y, dy)
}

// ActivationGrad is dx = dy·act'(·). Inputs: the reference (the activation's output y, or its input x for GELU) and dy.
type ActivationGrad struct {
	Act   Activation
	Slope float64
}

func (e ActivationGrad) String() string     { return "ActivationGrad(" + actString(e.Act, e.Slope) + ")" }
func (ActivationGrad) Signature() Signature { return Signature{In: []Rank{Same, Same}, Out: Same} }
func (ActivationGrad) InPlace() []int       { return []int{1} }
func (ActivationGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[1].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (e ActivationGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(e, out, in, bindActivationGrad[float32](e), bindActivationGrad[float64](e))
}

func bindActivationGrad[T kernels.Float](e ActivationGrad) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return whole(len(a.out), activationGradSpan(e, a)) }
}

func activationGradSpan[T kernels.Float](e ActivationGrad, a args[T]) span {
	ref, dy, out, slope := a.in[0], a.in[1], a.out, T(e.Slope)
	if e.Act == GELU {
		return func(lo, hi int) { kernels.ActivateGrad(e.Act, slope, out[lo:hi], dy[lo:hi], ref[lo:hi], nil) }
	}
	return func(lo, hi int) { kernels.ActivateGrad(e.Act, slope, out[lo:hi], dy[lo:hi], nil, ref[lo:hi]) }
}

func sameShape(a, b tensor.Shape) error {
	if len(a) != len(b) {
		return errors.Errorf("shapes %v and %v differ", a, b)
	}
	for i := range a {
		if a[i] != b[i] {
			return errors.Errorf("shapes %v and %v differ", a, b)
		}
	}
	return nil
}

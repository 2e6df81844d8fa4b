package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Activate is y = act(x), elementwise, for x of any shape. Slope is read by those that have one: leaky ReLU and ELU.
func Activate(x *gorgonia.Node, act Activation, slope float64) (*gorgonia.Node, error) {
	if err := checkActivation(act, slope); err != nil {
		return nil, err
	}
	return Apply(Elementwise{Act: act, Slope: slopeOf(act, slope)}, x)
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

var _ interface {
	Activating
	Chainer
	Coupler
	Differentiable
	Exporter
	InPlacer
} = Elementwise{}

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
	return func(a args[T]) Kernel {
		return activationKernel(e.Act, len(a.out), activateSpan(e.Act, e.Slope, a.out, a.in[0]))
	}
}

// activationKernel runs all n elements: kernels share them over the workers by themselves, loops are shared here.
func activationKernel(act Activation, n int, s span) Kernel {
	if act.def != nil && act.def.kernel == kernels.Identity {
		return elements(n, s)
	}
	return whole(n, s)
}

// Span32 and Span64 implement Chainer.
func (e Elementwise) Span32(out []float32, in [][]float32) func(lo, hi int) {
	return activateSpan(e.Act, e.Slope, out, in[0])
}

// Span64 implements Chainer.
func (e Elementwise) Span64(out []float64, in [][]float64) func(lo, hi int) {
	return activateSpan(e.Act, e.Slope, out, in[0])
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

// Activating is an operation that is an activation by itself, of its only input, with that slope.
type Activating interface{ Activates() (Activation, float64) }

// Activates implements Activating.
func (e Elementwise) Activates() (Activation, float64) { return e.Act, e.Slope }

// ActivationOf is the activation that an op is by itself, Gorgonia's own among them; false where it is none.
func ActivationOf(o gorgonia.Op) (act Activation, slope float64, ok bool) {
	if a, is := known(o).(Activating); is {
		act, slope = a.Activates()
	}
	return act, slope, act != Identity
}

// IsSigmoid tells whether an op is the sigmoid by itself: Activate or gorgonia.Sigmoid.
func IsSigmoid(o gorgonia.Op) bool {
	act, _, ok := ActivationOf(o)
	return ok && act == Sigmoid
}

// activationGrad is the gradient of z where y = act(z). z is read only where the activation NeedsInput.
func activationGrad(act Activation, slope float64, z, y, dy *gorgonia.Node) (*gorgonia.Node, error) {
	if act == Identity {
		return dy, nil
	}
	ref := y
	if act.NeedsInput() {
		ref = z
	}
	return Apply(ActivationGrad{Act: act, Slope: slopeOf(act, slope)}, ref, dy)
}

// ActivationGrad is dx = dy·act'(·). Inputs: the reference (the activation's output y, or its input where it NeedsInput)
// and dy.
type ActivationGrad struct {
	Act   Activation
	Slope float64
}

var _ interface {
	ActivationGradient
	Chainer
	InPlacer
} = ActivationGrad{}

func (e ActivationGrad) String() string     { return "ActivationGrad(" + actString(e.Act, e.Slope) + ")" }
func (ActivationGrad) Signature() Signature { return Signature{In: []Rank{Same, Same}, Out: Same} }
func (ActivationGrad) InPlace() []int       { return []int{1} }
func (ActivationGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[1].Clone(), sameShape(in[0], in[1])
}

// ActivationGradient is an operation that multiplies its second input by the derivative of an activation, which it
// computes from the first.
type ActivationGradient interface {
	Definition
	GradientOf() Activation
}

// GradientOf implements ActivationGradient.
func (e ActivationGrad) GradientOf() Activation { return e.Act }

// Bind implements Definition.
func (e ActivationGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(e, out, in, bindActivationGrad[float32](e), bindActivationGrad[float64](e))
}

func bindActivationGrad[T kernels.Float](e ActivationGrad) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return activationKernel(e.Act, len(a.out), activationGradSpan(e.Act, e.Slope, a.out, a.in[1], a.in[0]))
	}
}

// Span32 and Span64 implement Chainer.
func (e ActivationGrad) Span32(out []float32, in [][]float32) func(lo, hi int) {
	return activationGradSpan(e.Act, e.Slope, out, in[1], in[0])
}

// Span64 implements Chainer.
func (e ActivationGrad) Span64(out []float64, in [][]float64) func(lo, hi int) {
	return activationGradSpan(e.Act, e.Slope, out, in[1], in[0])
}

// emitActivation writes an activation in opset 17.
func emitActivation(em Emitter, act Activation, slope float64, in, out string) error {
	d := act.def
	switch {
	case d == nil:
		em.Node("Identity", []string{in}, out)
	case d.ONNX != nil:
		var attrs []Attr
		if d.Slope != nil {
			attrs = []Attr{{"alpha", float32(slope)}}
		}
		em.Node(d.ONNX.Name, []string{in}, out, attrs...)
	case d.Form != nil:
		d.Form.emit(em, d.Name, in, out)
	case d.Export != nil:
		return errors.Wrapf(d.Export(em, in, out, slope), "activation %v", act)
	default:
		return errors.Errorf("activation %v has no ONNX form: give its Nonlinearity an Export", act)
	}
	return nil
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

package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
)

// Activation is an elementwise non-linearity: a row of the table in activations.go, or one of your own, from
// NewActivation. Its zero value is Identity. Two are equal (==) where they are the same one.
type Activation struct{ def *Nonlinearity }

// Nonlinearity is what is to be said of an activation. One of your own needs a Name, Value, one of the two derivatives,
// and Export if models are to be saved:
//
//	swish, err := op.NewActivation(op.Nonlinearity{
//		Name:       "swish",
//		Value:      func(x, _ float64) float64 { return x / (1 + math.Exp(-x)) },
//		Derivative: func(x, _ float64) float64 { s := 1 / (1 + math.Exp(-x)); return s * (1 + x*(1-s)) },
//		Export: func(em op.Emitter, x, out string, _ float64) error {
//			s := em.Temp("swish")
//			em.Node("Sigmoid", []string{x}, s)
//			em.Node("Mul", []string{x, s}, out)
//			return nil
//		},
//	})
//
// It then goes wherever an Activation does: Activate, Dense, Conv2D, models.Activation. All functions must be pure, for
// several goroutines call them at once, and Value and the derivative must not allocate.
type Nonlinearity struct {
	Name    string // as String, YAML files and error messages give it: lower case, "leaky_relu"
	Formula string // for people: "x·σ(x)"
	Source  string // where it was published, if anywhere

	// Value is f(x). Slope is 0 unless Slope below says that there is one.
	Value func(x, slope float64) float64
	// Derivative is f′(x). The input is kept for the gradient.
	Derivative func(x, slope float64) float64
	// FromOutput is f′ computed from y = f(x), in place of Derivative: only the output is kept, which costs less memory and
	// lets the activation be computed in one with the layer before it.
	FromOutput func(y, slope float64) float64

	// Loops are Value and the derivative over whole slices, for those who have something faster than a call for each
	// element; nil, or a nil function in them, where there is none.
	Loops32 *Loops[float32]
	Loops64 *Loops[float64]

	// Slope says what an activation with a parameter accepts; nil for one without.
	Slope *SlopeRange

	// Rectifies is true where f is about 0 for half of its inputs: layers begin with He's initialization then, Glorot's
	// otherwise.
	Rectifies bool
	// Gain is by how much weights before it are usually scaled up, as torch.nn.init.calculate_gain has it; 0 if there is
	// no usual one. It makes the activation's name known to initializers.Gain.
	Gain float64

	// ONNX is the operator that the activation is, of opset 17 or earlier, with Slope as the attribute "alpha". Files are
	// read by it too.
	ONNX *Operator
	// Form spells the activation out in several operators, for one that has none of its own; files are read by it too.
	Form *Form
	// Export writes the activation where neither of the two does; nil if it cannot be written.
	Export func(em Emitter, x, out string, slope float64) error

	kernel kernels.Activation // of those that internal/kernels computes by itself, alone and at the end of a product
	hidden bool               // only the compiler makes it
}

// Loops are a function and its derivative over slices. They may be called for parts of a slice, by several goroutines.
type Loops[T Float] struct {
	// Value computes dst[i] = f(x[i]). dst may be x.
	Value func(dst, x []T, slope T)
	// Gradient computes dst[i] = dy[i]·f′, from ref = x, or from ref = y for a Nonlinearity with FromOutput. dst may be dy.
	Gradient func(dst, dy, ref []T, slope T)
}

// SlopeRange is what an activation's slope may be: from Min to below Below.
type SlopeRange struct{ Default, Min, Below float64 }

// Operator is an ONNX operator of one input.
type Operator struct {
	Name  string
	Since int64   // the first opset that has it with this meaning; 0 if all have
	Alpha float64 // the slope that ONNX means where none is given
}

// NewActivation makes an activation of your own. It is not listed among Activations, and YAML does not know its name.
func NewActivation(n Nonlinearity) (Activation, error) {
	if n.Name == "" {
		return Activation{}, errors.New("activation: it has no name")
	}
	switch {
	case n.Value == nil:
		return Activation{}, errors.Errorf("activation %q: Value is missing (nil)", n.Name)
	case (n.Derivative == nil) == (n.FromOutput == nil):
		return Activation{}, errors.Errorf("activation %q: give Derivative or FromOutput, one of the two", n.Name)
	case n.Slope != nil && !(n.Slope.Min <= n.Slope.Default && n.Slope.Default < n.Slope.Below):
		return Activation{}, errors.Errorf("activation %q: the default slope %v is outside [%v, %v)", n.Name, n.Slope.Default,
			n.Slope.Min, n.Slope.Below)
	}
	for _, a := range append(Activations(), Rectify) {
		if a.String() == n.Name {
			return Activation{}, errors.Errorf("activation %q: there is one of that name; choose another", n.Name)
		}
	}
	n.kernel, n.hidden = 0, false
	return Activation{&n}, nil
}

// Def is what the activation is made of; it must not be changed. Nil for Identity.
func (a Activation) Def() *Nonlinearity { return a.def }

// Equal is ==, for packages that compare values by it.
func (a Activation) Equal(b Activation) bool { return a == b }

func (a Activation) String() string {
	if a.def == nil {
		return "identity"
	}
	return a.def.Name
}

// Formula is f(x), for people.
func (a Activation) Formula() string {
	if a.def == nil {
		return "x"
	}
	return a.def.Formula
}

// NeedsInput tells whether the derivative is computed from the input x, which must then be kept, rather than from y.
func (a Activation) NeedsInput() bool { return a.def != nil && a.def.FromOutput == nil }

// HasSlope tells whether the activation has a slope, and which one by default.
func (a Activation) HasSlope() (byDefault float64, ok bool) {
	if a.def == nil || a.def.Slope == nil {
		return 0, false
	}
	return a.def.Slope.Default, true
}

// CheckSlope refuses a slope outside the activation's range. One that is not read is not looked at.
func (a Activation) CheckSlope(slope float64) error {
	if a.def == nil || a.def.Slope == nil {
		return nil
	}
	if r := a.def.Slope; !(slope >= r.Min && slope < r.Below) {
		return errors.Errorf("%s: slope %v is outside [%v, %v)", a, slope, r.Min, r.Below)
	}
	return nil
}

// Value is f(x).
func (a Activation) Value(x, slope float64) float64 {
	if a.def == nil {
		return x
	}
	return a.def.Value(x, slope)
}

// Derivative is f′(x).
func (a Activation) Derivative(x, slope float64) float64 {
	switch {
	case a.def == nil:
		return 1
	case a.NeedsInput():
		return a.def.Derivative(x, slope)
	}
	return a.def.FromOutput(a.def.Value(x, slope), slope)
}

func checkActivation(act Activation, slope float64) error {
	if act.def != nil && act.def.hidden {
		return errors.Errorf("activation %v: the compiler alone makes it", act)
	}
	return act.CheckSlope(slope)
}

// slopeOf drops a slope that is not read, so that equal operations have equal definitions.
func slopeOf(act Activation, slope float64) float64 {
	if _, ok := act.HasSlope(); ok {
		return slope
	}
	return 0
}

func actString(act Activation, slope float64) string {
	if _, ok := act.HasSlope(); ok {
		return fmt.Sprintf("%v, slope=%g", act, slope)
	}
	return act.String()
}

// fused is what a kernel that ends in an activation is to compute by itself, and what is left to do with its result; nil
// if nothing is.
func fused[T kernels.Float](act Activation, slope float64, out []T) (kernels.Activation, Kernel) {
	if act.def == nil || act.def.kernel != kernels.Identity {
		return kernelOf(act), nil
	}
	return kernels.Identity, elements(len(out), activateSpan(act, slope, out, out))
}

func kernelOf(act Activation) kernels.Activation {
	if act.def == nil {
		return kernels.Identity
	}
	return act.def.kernel
}

// after is a kernel with another one behind it, or alone where that is nil.
func after(first, then Kernel) Kernel {
	if then == nil {
		return first
	}
	return func() error {
		if err := first(); err != nil {
			return err
		}
		return then()
	}
}

func loopsOf[T kernels.Float](d *Nonlinearity) *Loops[T] {
	if l, ok := any(d.Loops32).(*Loops[T]); ok {
		return l
	}
	l, _ := any(d.Loops64).(*Loops[T])
	return l
}

// activateSpan computes out = act(x); out may be x.
func activateSpan[T kernels.Float](act Activation, slope float64, out, x []T) span {
	if k := kernelOf(act); act.def == nil || k != kernels.Identity {
		return func(lo, hi int) { kernels.Activate(k, T(slope), out[lo:hi], x[lo:hi]) }
	}
	if l := loopsOf[T](act.def); l != nil && l.Value != nil {
		return func(lo, hi int) { l.Value(out[lo:hi], x[lo:hi], T(slope)) }
	}
	f := act.def.Value
	return func(lo, hi int) {
		out := out[lo:hi]
		for i, v := range x[lo:hi] {
			out[i] = T(f(float64(v), slope))
		}
	}
}

// activationGradSpan computes out = dy·act′, from ref, which is x or y; see Activation.NeedsInput. out may be dy.
func activationGradSpan[T kernels.Float](act Activation, slope float64, out, dy, ref []T) span {
	if k := kernelOf(act); act.def == nil || k != kernels.Identity {
		if act.NeedsInput() {
			return func(lo, hi int) { kernels.ActivateGrad(k, T(slope), out[lo:hi], dy[lo:hi], ref[lo:hi], nil) }
		}
		return func(lo, hi int) { kernels.ActivateGrad(k, T(slope), out[lo:hi], dy[lo:hi], nil, ref[lo:hi]) }
	}
	if l := loopsOf[T](act.def); l != nil && l.Gradient != nil {
		return func(lo, hi int) { l.Gradient(out[lo:hi], dy[lo:hi], ref[lo:hi], T(slope)) }
	}
	f := act.def.FromOutput
	if act.NeedsInput() {
		f = act.def.Derivative
	}
	return func(lo, hi int) {
		out, dy := out[lo:hi], dy[lo:hi]
		for i, v := range ref[lo:hi] {
			out[i] = T(float64(dy[i]) * f(float64(v), slope))
		}
	}
}

// sign is the sign of x: 0 for 0, NaN for NaN.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

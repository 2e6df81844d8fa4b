package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Erf is the error function 2/√π·∫₀ˣ e^{−t²} dt, elementwise.
func Erf(x *gorgonia.Node) (*gorgonia.Node, error) { return Unary("Erf", x) }

// Unary is a function of one number by its name in functions.go, elementwise: Abs, Cos, Erf, Exp, Log, Neg, Reciprocal,
// Sin or Sqrt.
func Unary(name string, x *gorgonia.Node) (*gorgonia.Node, error) {
	if functionBy(name, (*Function).unaryName) == nil {
		return nil, errors.WithMessage(suggest.Unknown("function", name, unaryNames()), "unary")
	}
	return Apply(unaryFunction{name}, x)
}

func (f *Function) unaryName() string    { return f.Name }
func (f *Function) gorgoniaName() string { return f.Gorgonia }

func unaryNames() (names []string) {
	for _, f := range functions {
		if f.Name != "" {
			names = append(names, f.Name)
		}
	}
	return names
}

// unaryFunction is the Definition of Unary.
type unaryFunction struct{ Name string }

var _ interface {
	Differentiable
	Coupler
	InPlacer
	Exporter
	Chainer
} = unaryFunction{}

func (f unaryFunction) row() *Function { return functionBy(f.Name, (*Function).unaryName) }

func (f unaryFunction) String() string                              { return f.Name }
func (unaryFunction) Signature() Signature                          { return Signature{In: []Rank{Same}, Out: Same} }
func (unaryFunction) Wrt() []bool                                   { return []bool{true} }
func (unaryFunction) InPlace() []int                                { return []int{0} }
func (unaryFunction) Couple(t Ties)                                 { rowwise(t) }
func (unaryFunction) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

// Bind implements Definition.
func (f unaryFunction) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(f, out, in, bindFunction[float32](f), bindFunction[float64](f))
}

func bindFunction[T kernels.Float](f unaryFunction) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return elements(len(a.out), functionSpan(f.row(), a.out, a.in[0])) }
}

// Span32 and Span64 implement Chainer.
func (f unaryFunction) Span32(out []float32, in [][]float32) func(lo, hi int) {
	return functionSpan(f.row(), out, in[0])
}

// Span64 implements Chainer.
func (f unaryFunction) Span64(out []float64, in [][]float64) func(lo, hi int) {
	return functionSpan(f.row(), out, in[0])
}

// Grad implements Differentiable.
func (f unaryFunction) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(functionGrad(f), in[0], out, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (f unaryFunction) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	return f.row().export(em, in, out)
}

// functionGrad is the gradient of Unary. Inputs: x, the result and its gradient.
type functionGrad struct{ Name string }

var _ interface {
	Definition
	InPlacer
} = functionGrad{}

func (f functionGrad) String() string     { return f.Name + "Grad" }
func (functionGrad) Signature() Signature { return Signature{In: []Rank{Same, Same, Same}, Out: Same} }
func (functionGrad) InPlace() []int       { return []int{2} }
func (functionGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[2].Clone(), sameShape(in[0], in[2])
}

// Bind implements Definition.
func (f functionGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(f, out, in, bindFunctionGrad[float32](f), bindFunctionGrad[float64](f))
}

func bindFunctionGrad[T kernels.Float](f functionGrad) func(args[T]) Kernel {
	deriv := unaryFunction(f).row().deriv
	return func(a args[T]) Kernel {
		x, y, dy, out := a.in[0], a.in[1], a.in[2], a.out
		return elements(len(out), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				out[i] = T(float64(dy[i]) * deriv(float64(x[i]), float64(y[i])))
			}
		})
	}
}

// unary is a function of Gorgonia's: Sigmoid, Tanh, Exp, Log and the others.
type unary struct {
	name string
	*Function
}

var _ interface {
	Binder
	Coupler
	InPlacer
	Exporter
	Activating
	Described
	Chainer
} = unary{}

func parseUnary(o gorgonia.Op, _ private.Fields) any {
	name := o.String()
	return unary{name, functionBy(name, (*Function).gorgoniaName)}
}

// Couple implements Coupler.
func (unary) Couple(t Ties) { rowwise(t) }

// InPlace implements InPlacer.
func (unary) InPlace() []int { return []int{0} }

// Describe implements Described.
func (u unary) Describe() Desc {
	if u.Function == nil {
		return Desc{}
	}
	return Desc{Kind: u.Kind}
}

// Activates implements Activating.
func (u unary) Activates() (Activation, float64) {
	if u.Function == nil {
		return Identity, 0
	}
	return u.act, 0
}

// Export implements Exporter.
func (u unary) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	if u.Function == nil {
		return errNoONNX(u.name)
	}
	return u.export(em, in, out)
}

// Bind implements Binder.
func (u unary) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if u.Function == nil {
		return nil, ErrNoKernel
	}
	return bind(exec{u.name}, out, in, bindUnary[float32](u), bindUnary[float64](u))
}

func bindUnary[T kernels.Float](u unary) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return whole(len(a.out), unarySpan(u, a.out, a.in[0])) }
}

// Span32 and Span64 implement Chainer.
func (u unary) Span32(out []float32, in [][]float32) func(lo, hi int) {
	return unarySpan(u, out, in[0])
}

// Span64 implements Chainer.
func (u unary) Span64(out []float64, in [][]float64) func(lo, hi int) {
	return unarySpan(u, out, in[0])
}

func unarySpan[T kernels.Float](u unary, out, x []T) span {
	if u.Function == nil {
		return nil
	}
	return functionSpan(u.Function, out, x)
}

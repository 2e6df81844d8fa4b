package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// function is a smooth function of one number, with its derivative by x and y = f(x).
type function struct {
	f     func(x float64) float64
	deriv func(x, y float64) float64
	onnx  string
}

var functions = map[string]function{
	"Erf":        {math.Erf, func(x, _ float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }, "Erf"},
	"Exp":        {math.Exp, func(_, y float64) float64 { return y }, "Exp"},
	"Log":        {math.Log, func(x, _ float64) float64 { return 1 / x }, "Log"},
	"Sqrt":       {math.Sqrt, func(_, y float64) float64 { return 0.5 / y }, "Sqrt"},
	"Reciprocal": {func(x float64) float64 { return 1 / x }, func(_, y float64) float64 { return -y * y }, "Reciprocal"},
	"Abs": {math.Abs, func(x, _ float64) float64 { // 0 at 0, as in PyTorch
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // 0 or NaN
	}, "Abs"},
	"Neg": {func(x float64) float64 { return -x }, func(_, _ float64) float64 { return -1 }, "Neg"},
	"Sin": {math.Sin, func(x, _ float64) float64 { return math.Cos(x) }, "Sin"},
	"Cos": {math.Cos, func(x, _ float64) float64 { return -math.Sin(x) }, "Cos"},
}

// Erf is the error function 2/√π·∫₀ˣ e^{−t²} dt, elementwise.
func Erf(x *gorgonia.Node) (*gorgonia.Node, error) { return Unary("Erf", x) }

// Unary is one of these functions, elementwise: Abs, Cos, Erf, Exp, Log, Neg, Reciprocal, Sin, Sqrt.
func Unary(name string, x *gorgonia.Node) (*gorgonia.Node, error) {
	if _, ok := functions[name]; !ok {
		return nil, errors.Errorf("there is no function %q; use Abs, Cos, Erf, Exp, Log, Neg, Reciprocal, Sin or Sqrt", name)
	}
	return Apply(unaryFunction{name}, x)
}

// unaryFunction is the Definition of Unary.
type unaryFunction struct{ Name string }

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
	return func(a args[T]) Kernel { return elements(len(a.out), functionSpan(f, a)) }
}

func functionSpan[T kernels.Float](f unaryFunction, a args[T]) span {
	x, out := a.in[0], a.out
	vector := map[string]func(dst, x []T){"Exp": kernels.Exp[T], "Log": kernels.Log[T], "Sqrt": kernels.Sqrt[T],
		"Abs": kernels.Abs[T], "Neg": kernels.Neg[T]}[f.Name]
	if vector != nil {
		return func(lo, hi int) { vector(out[lo:hi], x[lo:hi]) }
	}
	one := functions[f.Name].f
	return func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = T(one(float64(x[i])))
		}
	}
}

// Grad implements Differentiable.
func (f unaryFunction) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(functionGrad(f), in[0], out, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (f unaryFunction) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node(functions[f.Name].onnx, in, out)
	return nil
}

// functionGrad is the gradient of Unary. Inputs: x, the result and its gradient.
type functionGrad struct{ Name string }

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
	deriv := functions[f.Name].deriv
	return func(a args[T]) Kernel {
		x, y, dy, out := a.in[0], a.in[1], a.in[2], a.out
		return elements(len(out), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				out[i] = T(float64(dy[i]) * deriv(float64(x[i]), float64(y[i])))
			}
		})
	}
}

package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// Function is a row of the table of functions of one number: those of Unary, and those of Gorgonia, which are often the
// same.
type Function struct {
	Kind     Kind
	Name     string                                         // what Unary calls it; empty where only Gorgonia has it
	Gorgonia string                                         // what Gorgonia calls it; empty where it has no such function
	ONNX     string                                         // the operator; empty where there is none
	Since    int64                                          // the first opset that has the operator; 0 if all have
	build    func(x *gorgonia.Node) (*gorgonia.Node, error) // Gorgonia's constructor; Unary where there is none
	f        func(x float64) float64
	deriv    func(x, y float64) float64 // by x and y = f(x); for those that have a Name
	vec32    func(dst, x []float32)     // a faster kernel, or nil
	vec64    func(dst, x []float64)
	form     *Form      // in the place of ONNX
	act      Activation // where the function is one: it then has its kernels
}

// Build applies the function as networks from files have it: Gorgonia's where there is one.
func (f *Function) Build(x *gorgonia.Node) (*gorgonia.Node, error) {
	if f.build == nil {
		return Unary(f.Name, x)
	}
	return f.build(x)
}

// Value is f(x).
func (f *Function) Value(x float64) float64 {
	if f.act != Identity {
		return f.act.Value(x, 0)
	}
	return f.f(x)
}

// functions is the table.
var functions = []*Function{
	{Kind: KindAbs, Name: "Abs", Gorgonia: "abs", ONNX: "Abs", build: gorgonia.Abs, f: math.Abs,
		deriv: func(x, _ float64) float64 { return sign(x) }, // 0 at 0, as in PyTorch
		vec32: kernels.Abs[float32], vec64: kernels.Abs[float64]},
	{Kind: KindCos, Name: "Cos", Gorgonia: "cos", ONNX: "Cos", build: gorgonia.Cos, f: math.Cos,
		deriv: func(x, _ float64) float64 { return -math.Sin(x) }},
	{Kind: KindErf, Name: "Erf", ONNX: "Erf", Since: 9, f: math.Erf,
		deriv: func(x, _ float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }},
	{Kind: KindExp, Name: "Exp", Gorgonia: "exp", ONNX: "Exp", build: gorgonia.Exp, f: math.Exp,
		deriv: func(_, y float64) float64 { return y },
		vec32: kernels.Exp[float32], vec64: kernels.Exp[float64]},
	{Kind: KindLog, Name: "Log", Gorgonia: "ln", ONNX: "Log", build: gorgonia.Log, f: math.Log,
		deriv: func(x, _ float64) float64 { return 1 / x },
		vec32: kernels.Log[float32], vec64: kernels.Log[float64]},
	{Kind: KindNeg, Name: "Neg", Gorgonia: "neg", ONNX: "Neg", build: gorgonia.Neg,
		f: func(x float64) float64 { return -x }, deriv: func(_, _ float64) float64 { return -1 },
		vec32: kernels.Neg[float32], vec64: kernels.Neg[float64]},
	{Kind: KindReciprocal, Name: "Reciprocal", Gorgonia: "inv", ONNX: "Reciprocal", build: gorgonia.Inverse,
		f: func(x float64) float64 { return 1 / x }, deriv: func(_, y float64) float64 { return -y * y }},
	{Kind: KindSin, Name: "Sin", Gorgonia: "sin", ONNX: "Sin", build: gorgonia.Sin, f: math.Sin,
		deriv: func(x, _ float64) float64 { return math.Cos(x) }},
	{Kind: KindSqrt, Name: "Sqrt", Gorgonia: "sqrt", ONNX: "Sqrt", build: gorgonia.Sqrt, f: math.Sqrt,
		deriv: func(_, y float64) float64 { return 0.5 / y },
		vec32: kernels.Sqrt[float32], vec64: kernels.Sqrt[float64]},

	{Kind: KindSign, Gorgonia: "sign", ONNX: "Sign", Since: 9, build: gorgonia.Sign, f: func(x float64) float64 {
		if math.IsNaN(x) { // as Gorgonia has it
			return 0
		}
		return sign(x)
	}},
	{Kind: KindCeil, Gorgonia: "ceil", ONNX: "Ceil", build: gorgonia.Ceil, f: math.Ceil},
	{Kind: KindFloor, Gorgonia: "floor", ONNX: "Floor", build: gorgonia.Floor, f: math.Floor},
	{Kind: KindSquare, Gorgonia: "square", form: FormOf("Mul", X, X), build: gorgonia.Square,
		f:     func(x float64) float64 { return x * x },
		vec32: kernels.Square[float32], vec64: kernels.Square[float64]},
	{Kind: KindCube, Gorgonia: "cube", form: FormOf("Mul", FormOf("Mul", X, X), X), build: gorgonia.Cube,
		f: func(x float64) float64 { return x * x * x }},
	{Kind: KindLog2, Gorgonia: "log2", build: gorgonia.Log2, f: math.Log2},
	{Kind: KindLog1p, Gorgonia: "log1p", build: gorgonia.Log1p, f: math.Log1p},
	{Kind: KindExpm1, Gorgonia: "expm1", build: gorgonia.Expm1, f: math.Expm1},
	{Kind: KindInvSqrt, Gorgonia: "invSqrt", build: gorgonia.InverseSqrt, f: func(x float64) float64 { return 1 / math.Sqrt(x) }},
	{Kind: KindSigmoid, Gorgonia: "sigmoid", act: Sigmoid, build: gorgonia.Sigmoid},
	{Kind: KindTanh, Gorgonia: "tanh", act: Tanh, build: gorgonia.Tanh},
	{Kind: KindSoftplus, Gorgonia: "softplus", act: Softplus, build: gorgonia.Softplus},
}

// Functions lists the functions of one number that are no activations.
func Functions() (rows []*Function) {
	for _, f := range functions {
		if f.act == Identity {
			rows = append(rows, f)
		}
	}
	return rows
}

// functionBy finds a row by one of its names.
func functionBy(name string, of func(*Function) string) *Function {
	for _, f := range functions {
		if name != "" && of(f) == name {
			return f
		}
	}
	return nil
}

// functionSpan computes out = f(x); out may be x.
func functionSpan[T kernels.Float](f *Function, out, x []T) span {
	if f.act != Identity {
		return activateSpan(f.act, 0, out, x)
	}
	vector, ok := any(f.vec32).(func(dst, x []T))
	if !ok {
		vector, _ = any(f.vec64).(func(dst, x []T))
	}
	if vector != nil {
		return func(lo, hi int) { vector(out[lo:hi], x[lo:hi]) }
	}
	return func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = T(f.f(float64(x[i])))
		}
	}
}

// export writes the function in opset 17.
func (f *Function) export(em Emitter, in []string, out string) error {
	switch {
	case f.act != Identity:
		return emitActivation(em, f.act, 0, in[0], out)
	case f.form != nil:
		f.form.emit(em, "square", in[0], out)
	case f.ONNX == "":
		return errNoONNX(f.Gorgonia)
	default:
		em.Node(f.ONNX, in, out)
	}
	return nil
}

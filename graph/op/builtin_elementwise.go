package op

import (
	"math"
	"reflect"
	"strings"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// binary is gorgonia.Add, Sub, HadamardProd, HadamardDiv, Pow and the comparisons, for operands of one shape or with a
// scalar on either side.
type binary struct {
	symbol  string // + - ⊙ ÷ ^ < > <= >= == !=
	retSame bool   // comparisons give 1 and 0 rather than booleans
	op      gorgonia.Op
}

func parseBinary(o gorgonia.Op, _ reflect.Value) any {
	symbol, same, _ := strings.Cut(o.(interface{ String() string }).String(), " ")
	return binary{symbol, same == "true", o}
}

// Rebuild implements Rebuilder. Gorgonia's broadcasting repeats an operand only along axes where the sizes differ. In a
// network that was built for one row the batch is none of them; for more rows, what has no batch is repeated here.
func (b binary) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	x, y := in[0].Shape(), in[1].Shape()
	if len(x) > 0 && len(x) == len(y) && x[0] != y[0] && min(x[0], y[0]) == 1 && sameShape(x[1:], y[1:]) == nil {
		for kind, symbol := range arithmeticSymbols {
			if symbol == b.symbol {
				return arithmetic(arithmeticKind(kind), in[0], in[1])
			}
		}
	}
	return gorgonia.ApplyOp(b.op, in...)
}

// arithmeticSymbols are Gorgonia's names of the kinds of broadcasting.
var arithmeticSymbols = [...]string{plusKind: "+", minusKind: "-", timesKind: "⊙", overKind: "÷"}

// Couple implements Coupler.
func (binary) Couple(t Ties) {
	out := t.Dims(Output)
	for arg := range 2 {
		switch in := t.Dims(arg); {
		case len(in) == 0: // one number for all elements
		case sameShape(in, out) == nil:
			for i := range out {
				t.Tie(In(arg, i), Out(i))
			}
		default: // Gorgonia takes (n) for (n, 1)
			freezeAll(t, "elementwise operands of different ranks")
		}
	}
}

var binaryONNX = map[string]string{
	"+": "Add", "-": "Sub", "⊙": "Mul", "÷": "Div", "^": "Pow",
	"<": "Less", ">": "Greater", "<=": "LessOrEqual", ">=": "GreaterOrEqual", "==": "Equal",
}

// Export implements Exporter.
func (b binary) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	name, ok := binaryONNX[b.symbol]
	if !ok {
		return errNoONNX(b.symbol)
	}
	switch b.symbol {
	case "+", "-", "⊙", "÷", "^":
		em.Node(name, in, out)
	default:
		cmp := em.Temp("compare")
		em.Node(name, in, cmp)
		em.Node("Cast", []string{cmp}, out, Attr{"to", OwnType{}})
	}
	return nil
}

// Bind implements Binder.
func (b binary) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if out.Dtype() != in[0].Dtype() || out.Dtype() != in[1].Dtype() {
		return nil, ErrNoKernel // comparisons that give booleans
	}
	k, err := bind(exec{"elementwise " + b.symbol}, out, in, bindBinary[float32](b), bindBinary[float64](b))
	if k == nil && err == nil {
		err = ErrNoKernel
	}
	return k, err
}

func bindBinary[T kernels.Float](b binary) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return whole(len(a.out), binarySpan(b, a)) }
}

func binarySpan[T kernels.Float](b binary, a args[T]) span {
	x, y, out := a.in[0], a.in[1], a.out
	f := binaryFunc[T](b.symbol)
	switch {
	case f == nil:
		return nil
	case len(x) == len(out) && len(y) == len(out):
		if v := vectorFunc[T](b.symbol); v != nil {
			return func(lo, hi int) { v(out[lo:hi], x[lo:hi], y[lo:hi]) }
		}
		return func(lo, hi int) {
			for i := lo; i < hi; i++ {
				out[i] = f(x[i], y[i])
			}
		}
	case len(x) == len(out) && len(y) == 1:
		switch b.symbol {
		case "+":
			return func(lo, hi int) { kernels.AddScalar(out[lo:hi], x[lo:hi], y[0]) }
		case "-":
			return func(lo, hi int) { kernels.AddScalar(out[lo:hi], x[lo:hi], -y[0]) }
		case "⊙":
			return func(lo, hi int) { kernels.Scale(out[lo:hi], x[lo:hi], y[0]) }
		}
		return func(lo, hi int) {
			s := y[0]
			for i := lo; i < hi; i++ {
				out[i] = f(x[i], s)
			}
		}
	case len(x) == 1 && len(y) == len(out):
		switch b.symbol {
		case "+":
			return func(lo, hi int) { kernels.AddScalar(out[lo:hi], y[lo:hi], x[0]) }
		case "⊙":
			return func(lo, hi int) { kernels.Scale(out[lo:hi], y[lo:hi], x[0]) }
		}
		return func(lo, hi int) {
			s := x[0]
			for i := lo; i < hi; i++ {
				out[i] = f(s, y[i])
			}
		}
	}
	return nil
}

func vectorFunc[T kernels.Float](symbol string) func(dst, a, b []T) {
	switch symbol {
	case "+":
		return kernels.Add[T]
	case "-":
		return kernels.Sub[T]
	case "⊙":
		return kernels.Mul[T]
	case "÷":
		return kernels.Div[T]
	}
	return nil
}

func binaryFunc[T kernels.Float](symbol string) func(a, b T) T {
	truth := func(b bool) T {
		if b {
			return 1
		}
		return 0
	}
	switch symbol {
	case "+":
		return func(a, b T) T { return a + b }
	case "-":
		return func(a, b T) T { return a - b }
	case "⊙":
		return func(a, b T) T { return a * b }
	case "÷":
		return func(a, b T) T { return a / b }
	case "^":
		return func(a, b T) T { return T(math.Pow(float64(a), float64(b))) }
	case "<":
		return func(a, b T) T { return truth(a < b) }
	case ">":
		return func(a, b T) T { return truth(a > b) }
	case "<=":
		return func(a, b T) T { return truth(a <= b) }
	case ">=":
		return func(a, b T) T { return truth(a >= b) }
	case "==":
		return func(a, b T) T { return truth(a == b) }
	case "!=":
		return func(a, b T) T { return truth(a != b) }
	}
	return nil
}

// unary is gorgonia.Sigmoid, Tanh, Exp, Log and the other functions of one element.
type unary struct{ name string }

func parseUnary(o gorgonia.Op, _ reflect.Value) any { return unary{o.String()} }

// Couple implements Coupler.
func (unary) Couple(t Ties) { rowwise(t) }

var unaryONNX = map[string]string{
	"abs": "Abs", "sign": "Sign", "ceil": "Ceil", "floor": "Floor", "sin": "Sin", "cos": "Cos", "exp": "Exp", "ln": "Log",
	"neg": "Neg", "sqrt": "Sqrt", "inv": "Reciprocal", "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus",
}

// Export implements Exporter.
func (u unary) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	switch u.name {
	case "square":
		em.Node("Mul", []string{in[0], in[0]}, out)
	case "cube":
		sq := em.Temp("square")
		em.Node("Mul", []string{in[0], in[0]}, sq)
		em.Node("Mul", []string{sq, in[0]}, out)
	default:
		name, ok := unaryONNX[u.name]
		if !ok {
			return errNoONNX(u.name)
		}
		em.Node(name, in, out)
	}
	return nil
}

var unaryFuncs = map[string]func(float64) float64{
	"abs": math.Abs, "ceil": math.Ceil, "floor": math.Floor, "sin": math.Sin, "cos": math.Cos, "exp": math.Exp,
	"ln": math.Log, "log2": math.Log2, "sqrt": math.Sqrt, "log1p": math.Log1p, "expm1": math.Expm1,
	"sign": func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	},
	"neg":     func(x float64) float64 { return -x },
	"square":  func(x float64) float64 { return x * x },
	"cube":    func(x float64) float64 { return x * x * x },
	"inv":     func(x float64) float64 { return 1 / x },
	"invSqrt": func(x float64) float64 { return 1 / math.Sqrt(x) },
}

// Bind implements Binder.
func (u unary) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	k, err := bind(exec(u), out, in, bindUnary[float32](u), bindUnary[float64](u))
	if k == nil && err == nil {
		err = ErrNoKernel
	}
	return k, err
}

func vectorUnary[T kernels.Float](name string) func(dst, x []T) {
	switch name {
	case "exp":
		return kernels.Exp[T]
	case "ln":
		return kernels.Log[T]
	case "sqrt":
		return kernels.Sqrt[T]
	case "square":
		return kernels.Square[T]
	case "neg":
		return kernels.Neg[T]
	case "abs":
		return kernels.Abs[T]
	}
	return nil
}

func bindUnary[T kernels.Float](u unary) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return whole(len(a.out), unarySpan(u, a)) }
}

func unarySpan[T kernels.Float](u unary, a args[T]) span {
	x, out := a.in[0], a.out
	for _, act := range []Activation{Sigmoid, Tanh, Softplus} {
		if act.String() == u.name {
			return func(lo, hi int) { kernels.Activate(act, 0, out[lo:hi], x[lo:hi]) }
		}
	}
	if v := vectorUnary[T](u.name); v != nil {
		return func(lo, hi int) { v(out[lo:hi], x[lo:hi]) }
	}
	f := unaryFuncs[u.name]
	if f == nil {
		return nil
	}
	return func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = T(f(float64(x[i])))
		}
	}
}

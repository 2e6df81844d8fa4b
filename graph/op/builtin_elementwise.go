package op

import (
	"math"
	"strings"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// binary is gorgonia.Add, Sub, HadamardProd, HadamardDiv, Pow and the comparisons, for operands of one shape or with a
// scalar on either side.
type binary struct {
	kind    Kind // from KindAdd to KindNotEqual
	retSame bool // comparisons give 1 and 0 rather than booleans
	op      gorgonia.Op
}

var _ interface {
	Binder
	Rebuilder
	Coupler
	Exporter
	InPlacer
	Described
	Chainer
	Adder
} = binary{}

// symbols are Gorgonia's names of its operations of two numbers, with those of ONNX; one that has none here is not known.
var symbols = map[string]struct {
	kind Kind
	onnx string
}{
	"+": {KindAdd, "Add"}, "-": {KindSub, "Sub"}, "⊙": {KindMulElem, "Mul"}, "÷": {KindDivElem, "Div"}, "^": {KindPow, "Pow"},
	"<": {KindLess, "Less"}, ">": {KindGreater, "Greater"}, "<=": {KindLessEqual, "LessOrEqual"},
	">=": {KindGreaterEqual, "GreaterOrEqual"}, "==": {KindEqual, "Equal"}, "!=": {KindNotEqual, ""},
}

// symbolOf is the reverse.
func symbolOf(k Kind) (symbol, onnx string) {
	for s, row := range symbols {
		if row.kind == k {
			return s, row.onnx
		}
	}
	return "", ""
}

func parseBinary(o gorgonia.Op, _ private.Fields) any {
	symbol, same, _ := strings.Cut(o.(interface{ String() string }).String(), " ")
	return binary{symbols[symbol].kind, same == "true", o}
}

// InPlace implements InPlacer.
func (binary) InPlace() []int { return []int{0, 1} }

// Describe implements Described.
func (b binary) Describe() Desc {
	if b.kind.Arithmetic() || b.retSame {
		return Desc{Kind: b.kind}
	}
	return Desc{}
}

// Adds implements Adder.
func (b binary) Adds() bool { return b.kind == KindAdd }

// Span32 and Span64 implement Chainer.
func (b binary) Span32(out []float32, in [][]float32) func(lo, hi int) {
	return binarySpan(b.kind, args[float32]{out: out, in: in})
}

// Span64 implements Chainer.
func (b binary) Span64(out []float64, in [][]float64) func(lo, hi int) {
	return binarySpan(b.kind, args[float64]{out: out, in: in})
}

// Rebuild implements Rebuilder. Gorgonia's broadcasting repeats an operand only along axes where the sizes differ. In a
// network that was built for one row the batch is none of them; for more rows, what has no batch is repeated here.
func (b binary) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	x, y := in[0].Shape(), in[1].Shape()
	if len(x) > 0 && len(x) == len(y) && x[0] != y[0] && min(x[0], y[0]) == 1 && sameShape(x[1:], y[1:]) == nil {
		for broadcast, kind := range arithmeticKinds {
			if kind == b.kind {
				return arithmetic(arithmeticKind(broadcast), in[0], in[1])
			}
		}
	}
	return gorgonia.ApplyOp(b.op, in...)
}

// arithmeticKinds are the kinds of broadcasting.
var arithmeticKinds = [...]Kind{plusKind: KindAdd, minusKind: KindSub, timesKind: KindMulElem, overKind: KindDivElem}

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

// Export implements Exporter.
func (b binary) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	symbol, name := symbolOf(b.kind)
	switch {
	case name == "":
		return errNoONNX(symbol)
	case b.kind.Arithmetic():
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
	symbol, _ := symbolOf(b.kind)
	k, err := bind(exec{"elementwise " + symbol}, out, in, bindBinary[float32](b), bindBinary[float64](b))
	if k == nil && err == nil {
		err = ErrNoKernel
	}
	return k, err
}

func bindBinary[T kernels.Float](b binary) func(args[T]) Kernel {
	return func(a args[T]) Kernel { return whole(len(a.out), binarySpan(b.kind, a)) }
}

func binarySpan[T kernels.Float](kind Kind, a args[T]) span {
	x, y, out := a.in[0], a.in[1], a.out
	f := binaryFunc[T](kind)
	switch {
	case f == nil:
		return nil
	case len(x) == len(out) && len(y) == len(out):
		if v := vectorFunc[T](kind); v != nil {
			return func(lo, hi int) { v(out[lo:hi], x[lo:hi], y[lo:hi]) }
		}
		return func(lo, hi int) {
			for i := lo; i < hi; i++ {
				out[i] = f(x[i], y[i])
			}
		}
	case len(x) == len(out) && len(y) == 1:
		switch kind {
		case KindAdd:
			return func(lo, hi int) { kernels.AddScalar(out[lo:hi], x[lo:hi], y[0]) }
		case KindSub:
			return func(lo, hi int) { kernels.AddScalar(out[lo:hi], x[lo:hi], -y[0]) }
		case KindMulElem:
			return func(lo, hi int) { kernels.Scale(out[lo:hi], x[lo:hi], y[0]) }
		}
		return func(lo, hi int) {
			s := y[0]
			for i := lo; i < hi; i++ {
				out[i] = f(x[i], s)
			}
		}
	case len(x) == 1 && len(y) == len(out):
		switch kind {
		case KindAdd:
			return func(lo, hi int) { kernels.AddScalar(out[lo:hi], y[lo:hi], x[0]) }
		case KindMulElem:
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

func vectorFunc[T kernels.Float](kind Kind) func(dst, a, b []T) {
	switch kind {
	case KindAdd:
		return kernels.Add[T]
	case KindSub:
		return kernels.Sub[T]
	case KindMulElem:
		return kernels.Mul[T]
	case KindDivElem:
		return kernels.Div[T]
	}
	return nil
}

func binaryFunc[T kernels.Float](kind Kind) func(a, b T) T {
	truth := func(b bool) T {
		if b {
			return 1
		}
		return 0
	}
	switch kind {
	case KindAdd:
		return func(a, b T) T { return a + b }
	case KindSub:
		return func(a, b T) T { return a - b }
	case KindMulElem:
		return func(a, b T) T { return a * b }
	case KindDivElem:
		return func(a, b T) T { return a / b }
	case KindPow:
		return func(a, b T) T { return T(math.Pow(float64(a), float64(b))) }
	case KindLess:
		return func(a, b T) T { return truth(a < b) }
	case KindGreater:
		return func(a, b T) T { return truth(a > b) }
	case KindLessEqual:
		return func(a, b T) T { return truth(a <= b) }
	case KindGreaterEqual:
		return func(a, b T) T { return truth(a >= b) }
	case KindEqual:
		return func(a, b T) T { return truth(a == b) }
	case KindNotEqual:
		return func(a, b T) T { return truth(a != b) }
	}
	return nil
}

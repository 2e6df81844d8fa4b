package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// arithmeticKind names an elementwise operation of two tensors.
type arithmeticKind = kernels.Arithmetic

// The kinds of broadcasting.
const (
	plusKind  = kernels.Plus  // a + b
	minusKind = kernels.Minus // a − b
	timesKind = kernels.Times // a·b
	overKind  = kernels.Over  // a/b
)

// Add is a + b, elementwise. The shapes are aligned at the last axis; axes of size 1 and missing ones are repeated, as
// in NumPy and ONNX. Either may be a scalar.
func Add(a, b *gorgonia.Node) (*gorgonia.Node, error) { return arithmetic(plusKind, a, b) }

// Sub is a − b, elementwise, with the broadcasting of Add.
func Sub(a, b *gorgonia.Node) (*gorgonia.Node, error) { return arithmetic(minusKind, a, b) }

// Mul is a·b, elementwise, with the broadcasting of Add.
func Mul(a, b *gorgonia.Node) (*gorgonia.Node, error) { return arithmetic(timesKind, a, b) }

// Div is a/b, elementwise, with the broadcasting of Add.
func Div(a, b *gorgonia.Node) (*gorgonia.Node, error) { return arithmetic(overKind, a, b) }

func arithmetic(kind arithmeticKind, a, b *gorgonia.Node) (*gorgonia.Node, error) {
	if err := dims(kind.String(), a, b); err != nil {
		return nil, err
	}
	return Apply(broadcasting{kind, len(a.Shape()), len(b.Shape())}, a, b)
}

// broadcasting is the Definition of Add, Sub, Mul and Div.
type broadcasting struct {
	Kind         arithmeticKind
	RankA, RankB int
}

var _ interface {
	Adder
	Chainer
	Coupler
	Differentiable
	Exporter
	InPlacer
} = broadcasting{}

func (b broadcasting) String() string {
	return fmt.Sprintf("Broadcast(%v, ranks %d and %d)", b.Kind, b.RankA, b.RankB)
}

// Signature implements Definition.
func (b broadcasting) Signature() Signature {
	return Signature{In: []Rank{Rank(b.RankA), Rank(b.RankB)}, Out: Rank(max(b.RankA, b.RankB))}
}
func (broadcasting) Wrt() []bool    { return []bool{true, true} }
func (broadcasting) InPlace() []int { return []int{0, 1} } // an operand of the result's size is not repeated

// Shape implements Definition.
func (broadcasting) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return broadcastShape(in[0], in[1])
}

// Couple implements Coupler: an axis of size 1 that is repeated is nobody's unit.
func (broadcasting) Couple(t Ties) {
	out := t.Dims(Output)
	for arg := range 2 {
		in := t.Dims(arg)
		for k := range in {
			if at := k + len(out) - len(in); in[k] == out[at] {
				t.Tie(In(arg, k), Out(at))
			}
		}
	}
}

// Bind implements Definition.
func (b broadcasting) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(b, out, in); err != nil {
		return nil, err
	}
	x, y, s := in[0].Shape(), in[1].Shape(), out.Shape()
	return bind(b, out, in, bindBroadcast[float32](b, s, x, y), bindBroadcast[float64](b, s, x, y))
}

func bindBroadcast[T kernels.Float](b broadcasting, out, x, y tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		if s := binarySpan(arithmeticKinds[b.Kind], a); s != nil {
			return whole(len(a.out), s)
		}
		plan := kernels.NewBroadcast(out, repeated(x, out), repeated(y, out))
		n, grain := plan.Items()
		return shared(n, grain, func(lo, hi int) { kernels.Combine(plan, b.Kind, a.out, a.in[0], a.in[1], lo, hi) })
	}
}

// plain is Gorgonia's operation for operands of one shape, or one number.
// Adds implements Adder.
func (b broadcasting) Adds() bool { return b.Kind == plusKind }

// Span32 and Span64 implement Chainer: of operands of one shape, or with a number.
func (b broadcasting) Span32(out []float32, in [][]float32) func(lo, hi int) {
	return binarySpan(arithmeticKinds[b.Kind], args[float32]{out: out, in: in})
}

// Span64 implements Chainer.
func (b broadcasting) Span64(out []float64, in [][]float64) func(lo, hi int) {
	return binarySpan(arithmeticKinds[b.Kind], args[float64]{out: out, in: in})
}

// Grad implements Differentiable, each gradient summed over the axes that were repeated.
func (b broadcasting) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, y := in[0], in[1]
	var dx, dy *gorgonia.Node
	var err error
	switch b.Kind {
	case plusKind:
		dx, dy = grad, grad
	case minusKind:
		dx, dy = grad, grad // the sign comes after the sum, which is smaller
	case timesKind:
		if dx, err = Mul(grad, y); err == nil {
			dy, err = Mul(grad, x)
		}
	case overKind: // d(x/y)/dy = −(x/y)/y
		if dx, err = Div(grad, y); err == nil {
			dy, err = Mul(dx, out)
		}
	}
	if err != nil {
		return nil, err
	}
	if dx, err = sumTo(dx, x.Shape()); err != nil {
		return nil, err
	}
	if dy, err = sumTo(dy, y.Shape()); err == nil && (b.Kind == minusKind || b.Kind == overKind) {
		dy, err = gorgonia.Neg(dy)
	}
	return gorgonia.Nodes{dx, dy}, err
}

// sumTo undoes a broadcast: it adds up what was repeated.
func sumTo(x *gorgonia.Node, s tensor.Shape) (*gorgonia.Node, error) {
	from := x.Shape()
	var axes []int
	for k := range from {
		if at := k - len(from) + len(s); at < 0 || s[at] != from[k] {
			axes = append(axes, k)
		}
	}
	if len(axes) > 0 {
		var err error
		if x, err = Reduce(ReduceSum, x, len(s) > 0, axes...); err != nil {
			return nil, err
		}
	}
	if len(x.Shape()) == len(s) {
		return x, nil
	}
	return Reshape(x, s...)
}

// Export implements Exporter.
func (b broadcasting) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node([...]string{"Add", "Sub", "Mul", "Div"}[b.Kind], in, out)
	return nil
}

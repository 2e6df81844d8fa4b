package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Pad puts value around x. Pads has, as in ONNX, how many to put before each axis and then how many behind each.
func Pad(x *gorgonia.Node, value float64, pads ...int) (*gorgonia.Node, error) {
	if err := dims("pad", x); err != nil {
		return nil, err
	}
	rank := len(x.Shape())
	if len(pads) != 2*rank {
		return nil, errors.Errorf("pad %v: %d pads, want two for each of %d axes", x.Shape(), len(pads), rank)
	}
	for _, p := range pads {
		if p < 0 {
			return nil, errors.Errorf("pad %v: %d is negative; use Slice to take away", x.Shape(), p)
		}
	}
	if math.IsNaN(value) {
		return nil, errors.Errorf("pad %v: the value is no number", x.Shape())
	}
	return Apply(padding{Pads: slices.Clone(pads), Value: value}, x)
}

// padding is the Definition of Pad.
type padding struct {
	Pads  []int // before each axis, then behind each
	Value float64
}

var _ interface {
	Coupler
	Cutter
	Differentiable
	Exporter
} = padding{}

func (p padding) rank() int        { return len(p.Pads) / 2 }
func (p padding) before(k int) int { return p.Pads[k] }
func (p padding) behind(k int) int { return p.Pads[k+p.rank()] }
func (p padding) String() string   { return fmt.Sprintf("Pad(%v with %g)", p.Pads, p.Value) }
func (p padding) Signature() Signature {
	return Signature{In: []Rank{Rank(p.rank())}, Out: Rank(p.rank())}
}
func (padding) Wrt() []bool { return []bool{true} }

// Shape implements Definition.
func (p padding) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != p.rank() {
		return nil, errors.Errorf("%v: the input is %v", p, in[0])
	}
	out := in[0].Clone()
	for k := range out {
		out[k] += p.before(k) + p.behind(k)
	}
	return out, nil
}

// Couple implements Coupler: what is put around belongs to nobody.
func (p padding) Couple(t Ties) {
	for k, n := range t.Dims(0) {
		t.TieRange(In(0, k), 0, Out(k), p.before(k), n)
	}
}

// Cut implements Cutter: some of what was put around may go too.
func (p padding) Cut(in gorgonia.Nodes, kept Kept) (*gorgonia.Node, error) {
	pads := make([]int, len(p.Pads))
	for k, n := range kept.Dims(0) {
		for _, i := range kept.Keep(Out(k)) {
			switch {
			case i < p.before(k):
				pads[k]++
			case i >= p.before(k)+n:
				pads[k+p.rank()]++
			}
		}
	}
	return Pad(in[0], p.Value, pads...)
}

// view is where the input lies in the result.
func (p padding) view(in, out tensor.Shape) *kernels.Strided {
	strides, offset := stridesOf(out), 0
	for k, s := range strides {
		offset += p.before(k) * s
	}
	return kernels.NewStrided(in, strides, offset)
}

// Bind implements Definition.
func (p padding) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(p, out, in); err != nil {
		return nil, err
	}
	plan := p.view(in[0].Shape(), out.Shape())
	return bind(p, out, in, bindPad[float32](plan, p.Value), bindPad[float64](plan, p.Value))
}

func bindPad[T kernels.Float](plan *kernels.Strided, value float64) func(args[T]) Kernel {
	n, grain := plan.Items()
	return func(a args[T]) Kernel {
		paste := func(lo, hi int) { kernels.Scatter(plan, a.out, a.in[0], lo, hi) }
		return func() error {
			kernels.Fill(a.out, T(value))
			workers.Parallel(n, grain, paste)
			return nil
		}
	}
}

// Grad implements Differentiable: the gradient inside.
func (p padding) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(padGrad{p}, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (p padding) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Pad", []string{in[0], em.Const("pads", int64Vector(p.Pads)), em.Const("value", gorgonia.NewF64(p.Value))}, out,
		Attr{"mode", "constant"})
	return nil
}

// padGrad is the gradient of Pad.
type padGrad struct{ of padding }

var _ Definition = padGrad{}

func (p padGrad) String() string       { return p.of.String() + "Grad" }
func (p padGrad) Signature() Signature { return p.of.Signature() }

// Shape implements Definition.
func (p padGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	out := in[0].Clone()
	for k := range out {
		if out[k] -= p.of.before(k) + p.of.behind(k); out[k] < 1 {
			return nil, errors.Errorf("%v: the input is %v", p, in[0])
		}
	}
	return out, nil
}

// Bind implements Definition.
func (p padGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(p, out, in); err != nil {
		return nil, err
	}
	plan := p.of.view(out.Shape(), in[0].Shape())
	return bind(p, out, in, bindGather[float32](plan), bindGather[float64](plan))
}

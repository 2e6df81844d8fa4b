package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// exec is a Definition's stand-in where only a name for errors is needed.
type exec struct{ name string }

func (e exec) String() string { return e.name }

func errNoONNX(what string) error { return errors.Errorf("%s has no ONNX form in opset 17", what) }

func freezeAll(t Ties, why string) {
	for _, arg := range []int{0, 1, Output} {
		for a := range t.Dims(arg) {
			t.Freeze(Axis{arg, a}, why)
		}
	}
}

// reshape is gorgonia.Reshape. The new shape is baked into Gorgonia's op, so it is derived again for other inputs.
type reshape struct{ from, to tensor.Shape }

var _ interface {
	Binder
	Coupler
	Cutter
	Described
	Exporter
	InPlacer
	Rebuilder
	Viewer
} = reshape{}

func parseReshape(_ gorgonia.Op, f private.Fields) any {
	return reshape{f.Ints("from"), f.Ints("to")}
}

// own is the Reshape that it is, with all that is known of one.
func (r reshape) own() Reshaping { return Reshaping{From: r.from, To: r.to, spec: r.to} }

// Rebuild implements Rebuilder. A reshape whose axes are merged or split becomes one of ours, which remembers what it was
// derived from.
func (r reshape) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	to, _, _, err := r.own().follow(in[0].Shape())
	if err != nil {
		return nil, err
	}
	if sameDims(to, r.to) {
		return gorgonia.Reshape(in[0], to)
	}
	return r.own().Rebuild(in)
}

// Cut implements Cutter.
func (r reshape) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) { return r.own().Cut(in, k) }

// Couple implements Coupler.
func (r reshape) Couple(t Ties) { r.own().Couple(t) }

// View implements Viewer.
func (reshape) View() {}

// InPlace implements InPlacer.
func (reshape) InPlace() []int { return []int{0} }

// Describe implements Described.
func (reshape) Describe() Desc { return Desc{Kind: KindReshape} }

// Export implements Exporter.
func (r reshape) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	return r.own().Export(em, in, out, shapes)
}

func int64s(s []int) []int64 {
	r := make([]int64, len(s))
	for i, v := range s {
		r[i] = int64(v)
	}
	return r
}

// Bind implements Binder: a copy, so that the result never aliases its input.
func (reshape) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(exec{"reshape"}, out, in, bindCopy[float32], bindCopy[float64])
}

func bindCopy[T kernels.Float](a args[T]) Kernel {
	return func() error { copy(a.out, a.in[0]); return nil }
}

// size is gorgonia.SizeOf, the number that broadcasts and means are made of.
type size struct{ axis int }

var _ interface {
	Binder
	Coupler
	Described
	Exporter
	Rebuilder
} = size{}

func parseSize(_ gorgonia.Op, f private.Fields) any { return size{f.Int("axis")} }

// Describe implements Described.
func (s size) Describe() Desc { return Desc{Kind: KindSize, Axis: s.axis} }

// Rebuild implements Rebuilder.
func (s size) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	return gorgonia.SizeOf(s.axis, in[0])
}

// Couple implements Coupler.
func (s size) Couple(t Ties) {
	if s.axis < len(t.Dims(0)) {
		t.Freeze(In(0, s.axis), "its size is used as a number")
	}
}

// Export implements Exporter: a number, which must not be that of the batch.
func (s size) Export(em Emitter, _ []string, out string, shapes []tensor.Shape) error {
	n := 1
	if s.axis < len(shapes[0]) {
		n = shapes[0][s.axis]
	}
	em.Node("Identity", []string{em.Const("size", gorgonia.NewF64(float64(n)))}, out)
	return nil
}

// Bind implements Binder.
func (s size) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	n := 1
	if sh := in[0].Shape(); s.axis < len(sh) {
		n = sh[s.axis]
	}
	switch v := out.(type) {
	case *gorgonia.F32:
		*v = gorgonia.F32(n)
	case *gorgonia.F64:
		*v = gorgonia.F64(n)
	default:
		return nil, ErrNoKernel
	}
	set := out
	return func() error { // its buffer may be another node's between runs
		switch v := set.(type) {
		case *gorgonia.F32:
			*v = gorgonia.F32(n)
		case *gorgonia.F64:
			*v = gorgonia.F64(n)
		}
		return nil
	}, nil
}

// repeat is what Gorgonia's broadcasts are made of: input 0 is repeated along an axis, input 1 is the count.
type repeat struct{ along int }

var _ interface {
	Binder
	Coupler
	Described
	Exporter
} = repeat{}

func parseRepeat(_ gorgonia.Op, f private.Fields) any {
	return repeat{f.Int("along")}
}

// Describe implements Described.
func (r repeat) Describe() Desc { return Desc{Kind: KindRepeat, Axis: r.along} }

// Couple implements Coupler.
func (r repeat) Couple(t Ties) {
	in, out := t.Dims(0), t.Dims(Output)
	for a := range out {
		if a < len(in) && a != r.along {
			t.Tie(In(0, a), Out(a))
		}
	}
	if r.along < len(in) && in[r.along] != 1 {
		t.Freeze(In(0, r.along), "a repeat along it interleaves copies")
		t.Freeze(Out(r.along), "a repeat along it interleaves copies")
	}
}

// Export implements Exporter: ONNX broadcasts by itself where the repeated axis has size 1.
func (r repeat) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	if r.along < len(shapes[0]) && shapes[0][r.along] != 1 {
		return errNoONNX("a repeat along an axis that is longer than 1")
	}
	em.Node("Identity", in[:1], out)
	return nil
}

// Bind implements Binder.
func (r repeat) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s := out.Shape()
	size, n := s.TotalSize(), 1
	if sh := in[0].Shape(); sh.TotalSize() > 0 {
		n = size / sh.TotalSize()
	}
	inner := 1
	for a := r.along + 1; a < len(s); a++ {
		inner *= s[a]
	}
	return bind(exec{"repeat"}, out, in[:1], bindRepeat[float32](n, inner), bindRepeat[float64](n, inner))
}

func bindRepeat[T kernels.Float](n, inner int) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, out := a.in[0], a.out
		return func() error {
			at := 0
			for lo := 0; lo+inner <= len(x); lo += inner {
				for range n {
					at += copy(out[at:], x[lo:lo+inner])
				}
			}
			return nil
		}
	}
}

// sum is gorgonia.Sum along axes.
type sum struct{ along []int }

var _ interface {
	Binder
	Coupler
	Described
	Exporter
} = sum{}

func parseSum(_ gorgonia.Op, f private.Fields) any { return sum{f.Ints("along")} }

// Describe implements Described.
func (sum) Describe() Desc { return Desc{Kind: KindSum} }

// Couple implements Coupler.
func (s sum) Couple(t Ties) {
	in := t.Dims(0)
	gone := make([]bool, len(in))
	for _, a := range s.along {
		gone[a] = true
	}
	to := 0
	for a := range in {
		if gone[a] {
			t.Freeze(In(0, a), "it is summed over")
			continue
		}
		if to < len(t.Dims(Output)) {
			t.Tie(In(0, a), Out(to))
		}
		to++
	}
}

// Bind implements Binder.
func (s sum) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh := in[0].Shape()
	switch {
	case len(s.along) == len(sh):
		return bind(exec{"sum"}, out, in, bindSumAll[float32], bindSumAll[float64])
	case len(sh) == 2 && s.along[0] == 0:
		return bind(exec{"sum"}, out, in, bindColumnSums[float32](sh), bindColumnSums[float64](sh))
	case len(sh) == 2:
		return bind(exec{"sum"}, out, in, bindRowSums[float32](sh), bindRowSums[float64](sh))
	}
	r := reductionOf(ReduceSum, s.along, len(sh))
	if r == nil {
		return nil, ErrNoKernel
	}
	return r.Bind(out, in)
}

// Export implements Exporter.
func (s sum) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	r := reductionOf(ReduceSum, s.along, len(shapes[0]))
	if r == nil {
		return errNoONNX("this sum")
	}
	return r.Export(em, in, out, shapes)
}

func bindSumAll[T kernels.Float](a args[T]) Kernel {
	return func() error { a.out[0] = kernels.Sum(a.in[0]); return nil }
}

func bindRowSums[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { kernels.RowSums(s[0], s[1], a.out, a.in[0]); return nil }
	}
}

package op

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// End, as the end of a Slice, is the end of the axis.
const End = math.MaxInt

// Slice takes indices start, start+step, … below end of one axis of x. Axis, start and end may count from the end; step
// is at least 1. A slice that takes nothing, or ends behind the axis, is an error.
func Slice(x *gorgonia.Node, axis, start, end, step int) (*gorgonia.Node, error) {
	if err := dims("slice", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	axis, err := axisOf(axis, len(s))
	if err != nil {
		return nil, errors.Wrapf(err, "slice of %v", s)
	}
	n, lo, hi := s[axis], start, end
	if lo < 0 {
		lo += n
	}
	switch {
	case hi == End:
		hi = n
	case hi < 0:
		hi += n
	}
	if lo < 0 || hi > n || lo >= hi || step < 1 {
		return nil, errors.Errorf("slice of axis %d of %v from %d to %d by %d: it is empty or leaves the axis", axis, s, start,
			end, step)
	}
	return Apply(slicing{Axis: axis, Rank: len(s), Start: lo, End: hi, Step: step, Size: n}, x)
}

// Split cuts x along an axis, which may count from the end, into pieces of these sizes, which add up to its own.
func Split(x *gorgonia.Node, axis int, sizes ...int) (gorgonia.Nodes, error) {
	if err := dims("split", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	axis, err := axisOf(axis, len(s))
	if err != nil {
		return nil, errors.Wrapf(err, "split %v", s)
	}
	total := 0
	for _, n := range sizes {
		if n < 1 {
			return nil, errors.Errorf("split %v: a piece of size %d", s, n)
		}
		total += n
	}
	if total != s[axis] {
		return nil, errors.Errorf("split %v: sizes %v add up to %d, axis %d has %d", s, sizes, total, axis, s[axis])
	}
	pieces := make(gorgonia.Nodes, len(sizes))
	at := 0
	for i, n := range sizes {
		if pieces[i], err = Slice(x, axis, at, at+n, 1); err != nil {
			return nil, err
		}
		at += n
	}
	return pieces, nil
}

// slicing is the Definition of Slice. Size is that of the axis.
type slicing struct{ Axis, Rank, Start, End, Step, Size int }

var _ interface {
	Coupler
	Cutter
	Differentiable
	Exporter
	Rebuilder
} = slicing{}

func (s slicing) String() string {
	return fmt.Sprintf("Slice(axis %d of %d, %d:%d:%d of %d)", s.Axis, s.Rank, s.Start, s.End, s.Step, s.Size)
}

// Signature implements Definition.
func (s slicing) Signature() Signature {
	return Signature{In: []Rank{Rank(s.Rank)}, Out: Rank(s.Rank)}
}
func (slicing) Wrt() []bool { return []bool{true} }

func (s slicing) count() int { return (s.End - s.Start + s.Step - 1) / s.Step }

// whole tells whether all of the axis is taken.
func (s slicing) whole() bool { return s.count() == s.Size }

// Shape implements Definition.
func (s slicing) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != s.Rank || in[0][s.Axis] != s.Size {
		return nil, errors.Errorf("%v: the input is %v", s, in[0])
	}
	out := in[0].Clone()
	out[s.Axis] = s.count()
	return out, nil
}

// Couple implements Coupler.
func (s slicing) Couple(t Ties) {
	for a := range t.Dims(0) {
		if a != s.Axis {
			t.Tie(In(0, a), Out(a))
		}
	}
	if s.Step == 1 {
		t.TieRange(In(0, s.Axis), s.Start, Out(s.Axis), 0, s.count())
		return
	}
	for i := range s.count() {
		t.TieRange(In(0, s.Axis), s.Start+i*s.Step, Out(s.Axis), i, 1)
	}
}

// Rebuild implements Rebuilder: a slice of a part of the batch cannot be followed to another.
func (s slicing) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	n := in[0].Shape()[s.Axis]
	switch {
	case n == s.Size:
		return Apply(s, in[0])
	case s.whole():
		return Slice(in[0], s.Axis, 0, n, 1)
	}
	return nil, errors.Errorf("%v takes a part of an axis that has %d indices now", s, n)
}

// Cut implements Cutter.
func (s slicing) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	left := k.Keep(In(0, s.Axis))
	want := k.Keep(Out(s.Axis))
	from := make([]int, len(want))
	for i, w := range want {
		from[i] = s.Start + w*s.Step
	}
	p, err := pickOf(from, left)
	if err != nil {
		return nil, errors.Wrapf(err, "%v", s)
	}
	step := 1
	if len(p.indices) > 1 {
		step = p.indices[1] - p.indices[0]
	}
	for i := 1; i < len(p.indices); i++ {
		if p.indices[i]-p.indices[i-1] != step {
			return Select(in[0], s.Axis, p.indices...)
		}
	}
	if len(p.indices) == 0 {
		return nil, errors.Errorf("%v: nothing would be left", s)
	}
	return Slice(in[0], s.Axis, p.indices[0], p.indices[len(p.indices)-1]+1, step)
}

// view is where the slice lies in its input.
func (s slicing) view(in, out tensor.Shape) *kernels.Strided {
	strides := stridesOf(in)
	offset := s.Start * strides[s.Axis]
	strides[s.Axis] *= s.Step
	return kernels.NewStrided(out, strides, offset)
}

// Bind implements Definition.
func (s slicing) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(s, out, in); err != nil {
		return nil, err
	}
	plan := s.view(in[0].Shape(), out.Shape())
	return bind(s, out, in, bindGather[float32](plan), bindGather[float64](plan))
}

// Grad implements Differentiable: zeros around the gradient.
func (s slicing) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(sliceGrad{s}, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (s slicing) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	one := func(hint string, v int) string { return em.Const(hint, int64Vector([]int{v})) }
	end := s.End
	if s.whole() { // of the batch, too
		end = math.MaxInt64
	}
	em.Node("Slice", []string{in[0], one("starts", s.Start), one("ends", end), one("axes", s.Axis), one("steps", s.Step)}, out)
	return nil
}

// sliceGrad is the gradient of Slice.
type sliceGrad struct{ of slicing }

var _ interface {
	Definition
	placing
} = sliceGrad{}

func (s sliceGrad) String() string       { return s.of.String() + "Grad" }
func (s sliceGrad) Signature() Signature { return s.of.Signature() }

// Shape implements Definition.
func (s sliceGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != s.of.Rank || in[0][s.of.Axis] != s.of.count() {
		return nil, errors.Errorf("%v: the input is %v", s, in[0])
	}
	out := in[0].Clone()
	out[s.of.Axis] = s.of.Size
	return out, nil
}

// Bind implements Definition.
func (s sliceGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(s, out, in); err != nil {
		return nil, err
	}
	plan := s.of.view(out.Shape(), in[0].Shape())
	return bind(s, out, in, bindScatter[float32](plan), bindScatter[float64](plan))
}

// bindScatter puts its input into a view of the output and zeros around it.
func bindScatter[T kernels.Float](plan *kernels.Strided) func(args[T]) Kernel {
	n, grain := plan.Items()
	return func(a args[T]) Kernel {
		paste := func(lo, hi int) { kernels.Scatter(plan, a.out, a.in[0], lo, hi) }
		return func() error {
			if len(a.out) > len(a.in[0]) {
				clear(a.out)
			}
			workers.Parallel(n, grain, paste)
			return nil
		}
	}
}

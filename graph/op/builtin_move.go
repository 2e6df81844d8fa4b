package op

import (
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Some of Gorgonia's operations are ours under another name: the table gives the Definition itself, and a rewritten network has
// ours in their place.

// transposition is gorgonia.Transpose. At the end of a gorgonia.Conv2d it becomes a convolution when it is rebuilt.
type transposition struct{ transposeOp }

var _ interface {
	Coupler
	Differentiable
	Exporter
	Rebuilder
} = transposition{}

func parseTranspose(_ gorgonia.Op, f private.Fields) any {
	return transposition{transposeOp{f.Ints("pattern")}}
}

// Rebuild implements Rebuilder.
func (t transposition) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	if x, w, c, ok := convolution(t, in[0]); ok {
		return Conv2D(x, w, nil, c, Identity, 0)
	}
	return Apply(t.transposeOp, in[0])
}

func parseConcat(_ gorgonia.Op, f private.Fields) any {
	return concatenation{Axis: f.Int("axis"), Rank: f.Int("d"), N: f.Int("children")}
}

// parseMax knows gorgonia.Max along axes.
func parseMax(_ gorgonia.Op, f private.Fields) any {
	r := reductionOf(ReduceMax, f.Ints("along"), f.Int("d"))
	if r == nil {
		return nil
	}
	return *r
}

// reductionOf is one of Gorgonia's reductions, which drop what they reduce; no axes are all.
func reductionOf(kind ReduceKind, along []int, rank int) *reduction {
	if len(along) == 0 {
		for k := range rank {
			along = append(along, k)
		}
	}
	axes, err := axesOf(along, rank)
	if err != nil || rank == 0 {
		return nil
	}
	return &reduction{Kind: kind, Rank: rank, Axes: axes}
}

// sliced is gorgonia.Slice along one axis. Of a single index, the axis is dropped.
type sliced struct {
	slicing      // but for the size of the axis
	all     bool // takes the whole axis
}

var _ interface {
	Coupler
	Cutter
	Differentiable
	Exporter
	Rebuilder
} = sliced{}

func parseSlice(o gorgonia.Op, f private.Fields) any {
	s := sliced{all: true}
	s.Axis, s.Rank = f.Int("along"), f.Int("d")
	if by := o.(interface{ IsSlice() tensor.Slice }).IsSlice(); by != nil && by.End() > by.Start() {
		s.all, s.Start, s.End, s.Step = false, by.Start(), by.End(), by.Step()
		if s.Step == 0 {
			s.Step = 1
		}
		if s.Step != 1 { // Gorgonia rounds the number of indices down
			return nil
		}
	}
	return s
}

func (s sliced) drops() bool { return !s.all && s.End-s.Start == 1 }

func (s sliced) of(shape tensor.Shape) slicing {
	r := s.slicing
	r.Size = shape[s.Axis]
	if s.all {
		r.Start, r.End, r.Step = 0, r.Size, 1
	}
	return r
}

// Couple implements Coupler.
func (s sliced) Couple(t Ties) {
	in := t.Dims(0)
	if !s.drops() {
		s.of(in).Couple(t)
		return
	}
	for a := range in {
		switch {
		case a < s.Axis:
			t.Tie(In(0, a), Out(a))
		case a > s.Axis:
			t.Tie(In(0, a), Out(a-1))
		default:
			t.Freeze(In(0, a), "one index of it is taken")
		}
	}
}

// Rebuild implements Rebuilder.
func (s sliced) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	if s.all {
		return in[0], nil
	}
	y, err := Slice(in[0], s.Axis, s.Start, s.End, 1)
	if err != nil || !s.drops() {
		return y, err
	}
	return Squeeze(y, s.Axis)
}

// Cut implements Cutter.
func (s sliced) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	if s.all || s.drops() {
		return s.Rebuild(in)
	}
	return s.of(k.Dims(0)).Cut(in, k)
}

// Export implements Exporter.
func (s sliced) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	if !s.drops() {
		return s.of(shapes[0]).Export(em, in, out, shapes)
	}
	piece := em.Temp("piece")
	if err := s.of(shapes[0]).Export(em, in, piece, shapes); err != nil {
		return err
	}
	em.Node("Squeeze", []string{piece, em.Const("axes", int64Vector([]int{s.Axis}))}, out)
	return nil
}

// Bind implements Binder.
func (s sliced) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	x := in[0].Shape()
	r := s.of(x)
	shape, err := r.Shape([]tensor.Shape{x})
	if err != nil {
		return nil, err
	}
	plan := r.view(x, shape)
	return bind(exec{"slice"}, out, in, bindGather[float32](plan), bindGather[float64](plan))
}

// sliceIncr is the gradient of gorgonia.Slice. Inputs: what was sliced, and the gradient of the slice.
type sliceIncr struct{ of sliced }

var _ Binder = sliceIncr{}

func parseSliceIncr(o gorgonia.Op, f private.Fields) any {
	of, err := f.Inside("sliceOp")
	if err != nil {
		return err
	}
	s, ok := parseSlice(o, of).(sliced)
	if !ok {
		return nil
	}
	return sliceIncr{s}
}

// Bind implements Binder.
func (s sliceIncr) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	x := in[0].Shape()
	r := s.of.of(x)
	shape, err := r.Shape([]tensor.Shape{x})
	if err != nil || shape.TotalSize() != in[1].Shape().TotalSize() {
		return nil, ErrNoKernel
	}
	plan := r.view(x, shape)
	return bind(exec{"gradient of slice"}, out, in[1:], bindScatter[float32](plan), bindScatter[float64](plan))
}

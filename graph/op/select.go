package op

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Select keeps the given indices of one axis of x, in the order given; an index may come more than once. The axis may
// count from the end. Removing units puts it where single positions of a flattened axis go.
func Select(x *gorgonia.Node, axis int, indices ...int) (*gorgonia.Node, error) {
	if err := dims("select", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	axis, err := axisOf(axis, len(s))
	if err != nil {
		return nil, errors.Wrapf(err, "select from %v", s)
	}
	if len(indices) == 0 {
		return nil, errors.Errorf("select from %v: no index of axis %d is given", s, axis)
	}
	for _, i := range indices {
		if i < 0 || i >= s[axis] {
			return nil, errors.Errorf("select from %v: index %d is outside axis %d", s, i, axis)
		}
	}
	return Apply(selection{Axis: axis, Rank: len(s), Size: s[axis], Indices: slices.Clone(indices)}, x)
}

// selection is the Definition of Select. Size is that of the axis.
type selection struct {
	Axis, Rank, Size int
	Indices          []int
}

var _ interface {
	Coupler
	Cutter
	Differentiable
	Exporter
} = selection{}

func (s selection) String() string {
	return fmt.Sprintf("Select(axis %d of %d, %v of %d)", s.Axis, s.Rank, s.Indices, s.Size)
}

// Signature implements Definition.
func (s selection) Signature() Signature {
	return Signature{In: []Rank{Rank(s.Rank)}, Out: Rank(s.Rank)}
}
func (selection) Wrt() []bool { return []bool{true} }

// Shape implements Definition.
func (s selection) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != s.Rank || in[0][s.Axis] != s.Size {
		return nil, errors.Errorf("%v: the input is %v", s, in[0])
	}
	out := in[0].Clone()
	out[s.Axis] = len(s.Indices)
	return out, nil
}

// Couple implements Coupler.
func (s selection) Couple(t Ties) {
	for a := range t.Dims(0) {
		if a != s.Axis {
			t.Tie(In(0, a), Out(a))
		}
	}
	for i, from := range s.Indices {
		t.TieRange(In(0, s.Axis), from, Out(s.Axis), i, 1)
	}
}

// Cut implements Cutter.
func (s selection) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	left := k.Keep(In(0, s.Axis))
	var indices []int
	for _, i := range k.Keep(Out(s.Axis)) {
		at, ok := slices.BinarySearch(left, s.Indices[i])
		if !ok {
			return nil, errors.Errorf("%v: index %d is to stay, but its axis loses it", s, s.Indices[i])
		}
		indices = append(indices, at)
	}
	return Select(in[0], s.Axis, indices...)
}

// Bind implements Definition.
func (s selection) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(s, out, in); err != nil {
		return nil, err
	}
	sh := in[0].Shape()
	return bind(s, out, in, bindSelect[float32](s, sh), bindSelect[float64](s, sh))
}

func bindSelect[T kernels.Float](s selection, sh tensor.Shape) func(args[T]) Kernel {
	inner := sh[s.Axis+1:].TotalSize()
	rows := sh[:s.Axis].TotalSize()
	return func(a args[T]) Kernel {
		return shared(rows, max(1, (1<<14)/(inner*len(s.Indices))), func(lo, hi int) {
			kernels.SelectRows(s.Size, inner, s.Indices, a.out, a.in[0], lo, hi)
		})
	}
}

// Grad implements Differentiable: what was selected gets its gradient back, an index that came twice the sum.
func (s selection) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(selectGrad{s}, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (s selection) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Gather", []string{in[0], em.Const("indices", int64Vector(s.Indices))}, out, Attr{"axis", int64(s.Axis)})
	return nil
}

// selectGrad is the gradient of Select.
type selectGrad struct{ of selection }

var _ Definition = selectGrad{}

func (s selectGrad) String() string       { return s.of.String() + "Grad" }
func (s selectGrad) Signature() Signature { return s.of.Signature() }

// Shape implements Definition.
func (s selectGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != s.of.Rank || in[0][s.of.Axis] != len(s.of.Indices) {
		return nil, errors.Errorf("%v: the input is %v", s, in[0])
	}
	out := in[0].Clone()
	out[s.of.Axis] = s.of.Size
	return out, nil
}

// Bind implements Definition.
func (s selectGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(s, out, in); err != nil {
		return nil, err
	}
	sh := out.Shape()
	return bind(s, out, in, bindSelectGrad[float32](s.of, sh), bindSelectGrad[float64](s.of, sh))
}

func bindSelectGrad[T kernels.Float](s selection, sh tensor.Shape) func(args[T]) Kernel {
	inner := sh[s.Axis+1:].TotalSize()
	rows := sh[:s.Axis].TotalSize()
	return func(a args[T]) Kernel {
		return shared(rows, max(1, (1<<14)/(inner*s.Size)), func(lo, hi int) {
			kernels.AddSelected(s.Size, inner, s.Indices, a.out, a.in[0], lo, hi)
		})
	}
}

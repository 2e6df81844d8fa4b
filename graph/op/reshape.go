package op

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Reshape gives x another shape; the elements keep their row-major order. In shape, 0 stands for the size of x's axis of
// the same place and one −1 for what is left, as in ONNX. Compiled programs share x's memory where they can.
//
// For another batch size the shape is derived again: sizes of axes that a reshape keeps follow x, and where it merges or
// splits axes the outermost one grows, or the one that −1 stands for. Numbers for the batch are thus no obstacle, but
// (T, D) → (1, T, D), written at batch size 1, says too little: write −1 for the axis that grows, or use Unsqueeze.
func Reshape(x *gorgonia.Node, shape ...int) (*gorgonia.Node, error) {
	if err := dims("reshape", x); err != nil {
		return nil, err
	}
	from := x.Shape()
	spec := make([]int, len(shape))
	for j, n := range shape {
		switch {
		case n > 0 || n == -1:
			spec[j] = n
		case n == 0 && j < len(from):
			spec[j] = sizeOf(j)
		case n == 0:
			return nil, errors.Errorf("reshape %v to %v: 0 in place %d keeps an axis that is not there", from, shape, j)
		default:
			return nil, errors.Errorf("reshape %v to %v: %d is no size", from, shape, n)
		}
	}
	return reshapeTo(x, spec)
}

// A spec says where each size of a reshape comes from: a number, −1 for what is left, or sizeOf an axis of the input.
func sizeOf(axis int) int { return -2 - axis }

func reshapeTo(x *gorgonia.Node, spec []int) (*gorgonia.Node, error) {
	return reshapeBy(x, spec, false)
}

func reshapeBy(x *gorgonia.Node, spec []int, open bool) (*gorgonia.Node, error) {
	to, err := sizesOf(x.Shape(), spec)
	if err != nil {
		return nil, err
	}
	return Apply(Reshaping{x.Shape().Clone(), to, spec, open}, x)
}

// sizesOf is the shape that a spec makes of another.
func sizesOf(from tensor.Shape, spec []int) (tensor.Shape, error) {
	to := make(tensor.Shape, len(spec))
	open, rest := -1, from.TotalSize()
	for j, n := range spec {
		switch {
		case n == -1 && open >= 0:
			return nil, errors.Errorf("reshape %v: more than one size is −1", from)
		case n == -1:
			open = j
			continue
		case n < 0:
			n = from[sizeOf(n)]
		}
		if n == 0 || rest%n != 0 {
			return nil, errors.Errorf("reshape %v, which has %d elements, to %v: size %d does not divide what is left", from,
				from.TotalSize(), spec, n)
		}
		to[j] = n
		rest /= n
	}
	if open >= 0 {
		to[open] = rest
	} else if rest != 1 {
		return nil, errors.Errorf("reshape %v to %v: %d elements, want %d", from, to, to.TotalSize(), from.TotalSize())
	}
	return to, nil
}

// Flatten merges the axes before axis into one and those from axis on into another, as in ONNX: (d0, …, dk) →
// (d0·…, …·dk). Flatten(x, 1) keeps the batch.
func Flatten(x *gorgonia.Node, axis int) (*gorgonia.Node, error) {
	if err := dims("flatten", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	if axis < 0 {
		axis += len(s)
	}
	if axis < 0 || axis > len(s) {
		return nil, errors.Errorf("flatten %v: there is no axis %d", s, axis)
	}
	rows, cols := -1, s[axis:].TotalSize()
	switch axis {
	case 0:
		rows, cols = 1, -1
	case 1:
		rows, cols = sizeOf(0), -1
	}
	return reshapeTo(x, []int{rows, cols})
}

// Squeeze drops axes, which must have size 1 and may count from the end.
func Squeeze(x *gorgonia.Node, axes ...int) (*gorgonia.Node, error) {
	if err := dims("squeeze", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	axes, err := axesOf(axes, len(s))
	if err != nil {
		return nil, errors.Wrapf(err, "squeeze %v", s)
	}
	var spec []int
	for k, n := range s {
		if len(axes) > 0 && axes[0] == k {
			axes = axes[1:]
			if n != 1 {
				return nil, errors.Errorf("squeeze %v: axis %d has size %d, not 1", s, k, n)
			}
			continue
		}
		spec = append(spec, sizeOf(k))
	}
	return reshapeTo(x, spec)
}

// Unsqueeze adds axes of size 1 at these places of the result, which may count from its end.
func Unsqueeze(x *gorgonia.Node, axes ...int) (*gorgonia.Node, error) {
	if err := dims("unsqueeze", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	axes, err := axesOf(axes, len(s)+len(axes))
	if err != nil {
		return nil, errors.Wrapf(err, "unsqueeze %v", s)
	}
	spec := make([]int, len(s)+len(axes))
	for j, k := 0, 0; j < len(spec); j++ {
		if len(axes) > 0 && axes[0] == j {
			axes = axes[1:]
			spec[j] = 1
			continue
		}
		spec[j] = sizeOf(k)
		k++
	}
	return reshapeTo(x, spec)
}

// Reshaping is the Definition of Reshape, Flatten, Squeeze and Unsqueeze.
type Reshaping struct {
	From, To tensor.Shape
	spec     []int // by axis of To, where its size comes from; see sizeOf
	// open says that another batch size was seen to change the axis of −1: the other sizes are then meant as they are.
	open bool
}

var _ interface {
	Coupler
	Cutter
	Differentiable
	Exporter
	InPlacer
	Rebuilder
	Reshaper
	Viewer
} = Reshaping{}

// Reshaper is an operation that gives its input another shape, and says where the sizes of that come from.
type Reshaper interface {
	// Sizes are the shapes before and behind.
	Sizes() (from, to tensor.Shape)
	// Sources says of each size where it comes from: a number, −1 for what is left, or −2 − axis for that of the input.
	Sources() []int
}

// Sizes implements Reshaper.
func (r Reshaping) Sizes() (from, to tensor.Shape) { return r.From, r.To }

func (r Reshaping) String() string {
	return fmt.Sprintf("Reshape(%v to %v, %v, open=%v)", r.From, r.To, r.spec, r.open)
}

// Sources tells by axis of To where its size comes from: a number, −1 for what is left, or −2−k for axis k of From.
func (r Reshaping) Sources() []int { return append([]int(nil), r.spec...) }

// Signature implements Definition.
func (r Reshaping) Signature() Signature {
	return Signature{In: []Rank{Rank(len(r.From))}, Out: Rank(len(r.To))}
}
func (Reshaping) Wrt() []bool    { return []bool{true} }
func (Reshaping) InPlace() []int { return []int{0} }
func (Reshaping) View()          {}

// Shape implements Definition.
func (r Reshaping) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if in[0].TotalSize() != r.To.TotalSize() {
		return nil, errors.Errorf("%v: the input is %v", r, in[0])
	}
	return r.To.Clone(), nil
}

// Bind implements Definition: a copy, which is none where input and output share memory.
func (r Reshaping) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(r, out, in); err != nil {
		return nil, err
	}
	return bind(r, out, in, bindCopy[float32], bindCopy[float64])
}

// Grad implements Differentiable.
func (r Reshaping) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	spec := make([]int, len(r.From))
	copy(spec, r.From)
	dx, err := reshapeTo(grad, spec)
	return gorgonia.Nodes{dx}, err
}

// Rebuild implements Rebuilder.
func (r Reshaping) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	if r.open {
		return reshapeBy(in[0], r.spec, true)
	}
	to, spec, open, err := r.follow(in[0].Shape())
	if err != nil {
		return nil, err
	}
	return Apply(Reshaping{in[0].Shape(), to, spec, open}, in[0])
}

// Export implements Exporter. The batch stays open: an axis that is kept in its place is written as 0, and one that
// moves, or grows where axes are merged or split, as −1.
func (r Reshaping) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Reshape", []string{in[0], em.Const("shape", int64Vector(r.dynamic()))}, out)
	return nil
}

// int64Vector is a list of numbers as a constant of an ONNX file.
func int64Vector(s []int) *tensor.Dense {
	return tensor.New(tensor.WithBacking(int64s(s)), tensor.WithShape(len(s)))
}

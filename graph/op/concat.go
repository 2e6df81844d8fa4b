package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Concat joins tensors along an axis, which may count from the end. All other axes agree.
func Concat(axis int, xs ...*gorgonia.Node) (*gorgonia.Node, error) {
	if err := dims("concat", xs...); err != nil {
		return nil, err
	}
	if len(xs) == 0 {
		return nil, errors.New("concat: there is nothing to join")
	}
	rank := len(xs[0].Shape())
	axis, err := axisOf(axis, rank)
	if err != nil {
		return nil, errors.Wrapf(err, "concat %v", xs[0].Shape())
	}
	return Apply(concatenation{Axis: axis, Rank: rank, N: len(xs)}, xs...)
}

// concatenation is the Definition of Concat, for N inputs.
type concatenation struct{ Axis, Rank, N int }

var _ interface {
	Coupler
	Differentiable
	Exporter
} = concatenation{}

func (c concatenation) String() string {
	return fmt.Sprintf("Concat(axis %d of %d, %d inputs)", c.Axis, c.Rank, c.N)
}

// Signature implements Definition.
func (c concatenation) Signature() Signature {
	s := Signature{Out: Rank(c.Rank)}
	for range c.N {
		s.In = append(s.In, Rank(c.Rank))
	}
	return s
}

// Wrt implements Differentiable.
func (c concatenation) Wrt() []bool {
	w := make([]bool, c.N)
	for i := range w {
		w[i] = true
	}
	return w
}

// Shape implements Definition.
func (c concatenation) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in) != c.N || len(in[0]) != c.Rank {
		return nil, errors.Errorf("%v: the inputs are %v", c, in)
	}
	out := in[0].Clone()
	for i, s := range in[1:] {
		if len(s) != c.Rank {
			return nil, errors.Errorf("%v: input %d is %v, the first %v", c, i+1, s, in[0])
		}
		for k := range s {
			if k != c.Axis && s[k] != out[k] {
				return nil, errors.Errorf("%v: input %d is %v, the first %v; axis %d differs", c, i+1, s, in[0], k)
			}
		}
		out[c.Axis] += s[c.Axis]
	}
	return out, nil
}

// Couple implements Coupler.
func (c concatenation) Couple(t Ties) {
	at := 0
	for i := range c.N {
		s := t.Dims(i)
		for k := range s {
			if k != c.Axis {
				t.Tie(In(i, k), Out(k))
			}
		}
		t.TieRange(In(i, c.Axis), 0, Out(c.Axis), at, s[c.Axis])
		at += s[c.Axis]
	}
}

// Bind implements Definition.
func (c concatenation) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(c, out, in); err != nil {
		return nil, err
	}
	s := out.Shape()
	return bind(c, out, in, bindConcat[float32](c, s), bindConcat[float64](c, s))
}

func bindConcat[T kernels.Float](c concatenation, s tensor.Shape) func(args[T]) Kernel {
	rows := s[:c.Axis].TotalSize()
	return func(a args[T]) Kernel {
		width := len(a.out) / max(rows, 1)
		return shared(rows, max(1, (1<<14)/max(width, 1)), func(lo, hi int) { kernels.JoinRows(rows, a.out, a.in, lo, hi) })
	}
}

// Grad implements Differentiable: each input gets its slice.
func (c concatenation) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx := make(gorgonia.Nodes, len(in))
	at := 0
	for i, x := range in {
		n := x.Shape()[c.Axis]
		var err error
		if dx[i], err = Slice(grad, c.Axis, at, at+n, 1); err != nil {
			return nil, err
		}
		at += n
	}
	return dx, nil
}

// Export implements Exporter.
func (c concatenation) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Concat", in, out, Attr{"axis", int64(c.Axis)})
	return nil
}

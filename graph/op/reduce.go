package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ReduceKind names what a reduction makes of the numbers along its axes.
type ReduceKind uint8

// The kinds of Reduce.
const (
	ReduceSum ReduceKind = iota
	ReduceMean
	ReduceMax // the gradient is shared evenly by all elements that are the maximum, as in PyTorch's amax
	ReduceMin
)

var reduceNames = [...]string{"Sum", "Mean", "Max", "Min"}

func (k ReduceKind) String() string {
	if int(k) < len(reduceNames) {
		return reduceNames[k]
	}
	return fmt.Sprintf("ReduceKind(%d)", k)
}

// Reduce takes the sum, mean, maximum or minimum of x over axes, which may count from the end; no axes stand for all of
// them. Reduced axes stay with size 1 where keepDims is true and are dropped otherwise. A NaN among the numbers gives NaN.
func Reduce(kind ReduceKind, x *gorgonia.Node, keepDims bool, axes ...int) (*gorgonia.Node, error) {
	if err := dims("reduce", x); err != nil {
		return nil, err
	}
	if int(kind) >= len(reduceNames) {
		return nil, errors.Errorf("unknown kind of reduction %d", kind)
	}
	rank := len(x.Shape())
	if len(axes) == 0 {
		for k := range rank {
			axes = append(axes, k)
		}
	}
	axes, err := axesOf(axes, rank)
	if err != nil {
		return nil, errors.Wrapf(err, "reduce %v", x.Shape())
	}
	if len(axes) == 0 { // a scalar
		return x, nil
	}
	return Apply(reduction{Kind: kind, Rank: rank, Axes: axes, KeepDims: keepDims}, x)
}

// reduction is the Definition of Reduce. Axes ascend.
type reduction struct {
	Kind     ReduceKind
	Rank     int
	Axes     []int
	KeepDims bool
}

var _ interface {
	Coupler
	Differentiable
	Exporter
} = reduction{}

func (r reduction) String() string {
	return fmt.Sprintf("Reduce%v(rank %d, axes %v, keep=%v)", r.Kind, r.Rank, r.Axes, r.KeepDims)
}

// Signature implements Definition.
func (r reduction) Signature() Signature {
	out := r.Rank
	if !r.KeepDims {
		out -= len(r.Axes)
	}
	return Signature{In: []Rank{Rank(r.Rank)}, Out: Rank(out)}
}
func (reduction) Wrt() []bool { return []bool{true} }

func (r reduction) over() []bool {
	o := make([]bool, r.Rank)
	for _, a := range r.Axes {
		o[a] = true
	}
	return o
}

// Shape implements Definition.
func (r reduction) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != r.Rank {
		return nil, errors.Errorf("%v: the input is %v", r, in[0])
	}
	over := r.over()
	out := tensor.Shape{}
	for k, n := range in[0] {
		switch {
		case !over[k]:
			out = append(out, n)
		case n < 1:
			return nil, errors.Errorf("%v: axis %d of %v is empty", r, k, in[0])
		case r.KeepDims:
			out = append(out, 1)
		}
	}
	return out, nil
}

// count is how many numbers make one.
func (r reduction) count(s tensor.Shape) int {
	n := 1
	for _, a := range r.Axes {
		n *= s[a]
	}
	return n
}

// Couple implements Coupler.
func (r reduction) Couple(t Ties) {
	over, to := r.over(), 0
	for k := range t.Dims(0) {
		switch {
		case !over[k]:
			t.Tie(In(0, k), Out(to))
			to++
		default:
			t.Freeze(In(0, k), map[ReduceKind]string{ReduceSum: "it is summed over", ReduceMean: "a mean is taken over it",
				ReduceMax: "a maximum is taken over it", ReduceMin: "a minimum is taken over it"}[r.Kind])
			if r.KeepDims {
				to++
			}
		}
	}
}

// Bind implements Definition.
func (r reduction) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(r, out, in); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	return bind(r, out, in, bindReduce[float32](r, s), bindReduce[float64](r, s))
}

func bindReduce[T kernels.Float](r reduction, s tensor.Shape) func(args[T]) Kernel {
	plan := kernels.NewReduction(s, r.over())
	n, grain := plan.Items()
	return func(a args[T]) Kernel {
		x, out := a.in[0], a.out
		switch r.Kind {
		case ReduceSum:
			return shared(n, grain, func(lo, hi int) { kernels.SumOver(plan, out, x, lo, hi) })
		case ReduceMean:
			sum := func(lo, hi int) { kernels.SumOver(plan, out, x, lo, hi) }
			count := T(r.count(s))
			return func() error {
				workers.Parallel(n, grain, sum)
				for i := range out {
					out[i] /= count
				}
				return nil
			}
		}
		least := r.Kind == ReduceMin
		return shared(n, grain, func(lo, hi int) { kernels.ExtremeOver(plan, least, out, x, lo, hi) })
	}
}

// Grad implements Differentiable: a sum's gradient is repeated along its axes, a mean's divided by their size; that of an
// extreme goes to the elements that are it.
func (r reduction) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	s := in[0].Shape()
	keep := s.Clone()
	for _, a := range r.Axes {
		keep[a] = 1
	}
	spread := func(n *gorgonia.Node) (*gorgonia.Node, error) { // to the reduced shape with axes of size 1
		if len(n.Shape()) == len(keep) {
			return n, nil
		}
		return Reshape(n, keep...)
	}
	grad, err := spread(grad)
	if err != nil {
		return nil, err
	}
	var dx *gorgonia.Node
	switch r.Kind {
	case ReduceSum, ReduceMean:
		scale := 1.0
		if r.Kind == ReduceMean {
			scale = 1 / float64(r.count(s))
		}
		dx, err = Apply(expansion{s, scale}, grad)
	default:
		if out, err = spread(out); err == nil {
			dx, err = Apply(extremeGrad{r}, in[0], out, grad)
		}
	}
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (r reduction) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	keep := Attr{"keepdims", map[bool]int64{true: 1}[r.KeepDims]}
	if r.Kind == ReduceSum { // the only one whose axes are an input in opset 17
		em.Node("ReduceSum", []string{in[0], em.Const("axes", int64Vector(r.Axes))}, out, keep)
		return nil
	}
	em.Node("Reduce"+r.Kind.String(), in, out, Attr{"axes", int64s(r.Axes)}, keep)
	return nil
}

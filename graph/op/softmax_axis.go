package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SoftmaxAxis is e^x / Σ e^x, the sum along one axis, which may count from the end; computed after subtracting the
// largest number. Along the columns of a matrix it is Softmax.
func SoftmaxAxis(x *gorgonia.Node, axis int) (*gorgonia.Node, error) {
	return softmaxAlong(x, axis, false)
}

// LogSoftmax is x − ln Σ e^x, the sum along one axis, which may count from the end: the logarithm of SoftmaxAxis without
// its underflow.
func LogSoftmax(x *gorgonia.Node, axis int) (*gorgonia.Node, error) {
	return softmaxAlong(x, axis, true)
}

func softmaxAlong(x *gorgonia.Node, axis int, log bool) (*gorgonia.Node, error) {
	if err := dims("softmax", x); err != nil {
		return nil, err
	}
	s := x.Shape()
	axis, err := axisOf(axis, len(s))
	if err != nil {
		return nil, errors.Wrapf(err, "softmax of %v", s)
	}
	if len(s) == 2 && axis == 1 && !log {
		return Softmax(x)
	}
	return Apply(axisSoftmax{Axis: axis, Rank: len(s), Log: log}, x)
}

// axisSoftmax is the Definition of SoftmaxAxis and LogSoftmax.
type axisSoftmax struct {
	Axis, Rank int
	Log        bool
}

var _ interface {
	Coupler
	Differentiable
	Exporter
} = axisSoftmax{}

func (a axisSoftmax) name() string {
	if a.Log {
		return "LogSoftmax"
	}
	return "Softmax"
}
func (a axisSoftmax) String() string {
	return fmt.Sprintf("%s(axis %d of %d)", a.name(), a.Axis, a.Rank)
}

// Signature implements Definition.
func (a axisSoftmax) Signature() Signature {
	return Signature{In: []Rank{Rank(a.Rank)}, Out: Rank(a.Rank)}
}
func (axisSoftmax) Wrt() []bool { return []bool{true} }

// Shape implements Definition.
func (a axisSoftmax) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != a.Rank || in[0][a.Axis] < 1 {
		return nil, errors.Errorf("%v: the input is %v", a, in[0])
	}
	return in[0].Clone(), nil
}

// Couple implements Coupler.
func (a axisSoftmax) Couple(t Ties) { softmax{a.Axis, a.Log}.Couple(t) }

// Bind implements Definition.
func (a axisSoftmax) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(a, out, in); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	return bind(a, out, in, bindAxisSoftmax[float32](a.Log, s, a.Axis), bindAxisSoftmax[float64](a.Log, s, a.Axis))
}

// along gives the work along an axis: blocks of n rows of inner columns, and how many blocks a worker takes at a time.
func along(s tensor.Shape, axis int) (blocks, n, inner, grain int) {
	blocks, n, inner = s[:axis].TotalSize(), s[axis], s[axis+1:].TotalSize()
	grain = max(1, (1<<12)/max(n*inner, 1))
	if blocks*n*inner < 1<<14 {
		grain = max(blocks, 1)
	}
	return blocks, n, inner, grain
}

func bindAxisSoftmax[T kernels.Float](log bool, s tensor.Shape, axis int) func(args[T]) Kernel {
	blocks, n, inner, grain := along(s, axis)
	return func(a args[T]) Kernel {
		x, out := a.in[0], a.out
		return shared(blocks, grain, func(lo, hi int) {
			x, out := x[lo*n*inner:hi*n*inner], out[lo*n*inner:hi*n*inner]
			switch {
			case inner == 1 && log:
				kernels.LogSoftmax(hi-lo, n, out, x)
			case inner == 1:
				kernels.Softmax(hi-lo, n, out, x)
			default:
				for at := 0; at < len(x); at += n * inner {
					kernels.SoftmaxColumns(n, inner, log, out[at:at+n*inner], x[at:at+n*inner])
				}
			}
		})
	}
}

// Grad implements Differentiable: dx = y·(dy − Σ y·dy), or dy − e^y·Σ dy of the logarithm.
func (a axisSoftmax) Grad(_ gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(axisSoftmaxGrad{a}, out, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (a axisSoftmax) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node(a.name(), in, out, Attr{"axis", int64(a.Axis)})
	return nil
}

// axisSoftmaxGrad is the gradient of axisSoftmax. Inputs: the result and its gradient.
type axisSoftmaxGrad struct{ of axisSoftmax }

var _ Definition = axisSoftmaxGrad{}

func (g axisSoftmaxGrad) String() string { return g.of.String() + "Grad" }
func (g axisSoftmaxGrad) Signature() Signature {
	r := Rank(g.of.Rank)
	return Signature{In: []Rank{r, r}, Out: r}
}
func (g axisSoftmaxGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (g axisSoftmaxGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(g, out, in); err != nil {
		return nil, err
	}
	s, axis := in[0].Shape(), g.of.Axis
	return bind(g, out, in, bindAxisSoftmaxGrad[float32](g.of.Log, s, axis), bindAxisSoftmaxGrad[float64](g.of.Log, s, axis))
}

func bindAxisSoftmaxGrad[T kernels.Float](log bool, s tensor.Shape, axis int) func(args[T]) Kernel {
	blocks, n, inner, grain := along(s, axis)
	return func(a args[T]) Kernel {
		y, dy, out := a.in[0], a.in[1], a.out
		return shared(blocks, grain, func(lo, hi int) {
			lo, hi = lo*n*inner, hi*n*inner
			y, dy, out := y[lo:hi], dy[lo:hi], out[lo:hi]
			switch {
			case inner == 1 && log:
				kernels.LogSoftmaxGrad(len(y)/n, n, out, y, dy)
			case inner == 1:
				kernels.SoftmaxGrad(len(y)/n, n, out, y, dy)
			default:
				for at := 0; at < len(y); at += n * inner {
					end := at + n*inner
					kernels.SoftmaxColumnsGrad(n, inner, log, out[at:end], y[at:end], dy[at:end])
				}
			}
		})
	}
}

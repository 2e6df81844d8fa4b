package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// softmax is gorgonia.SoftMax and LogSoftMax.
type softmax struct {
	axis int // −1 for the last
	log  bool
}

var _ interface {
	Binder
	Coupler
	Described
	Exporter
	Probable
	Rebuilder
} = softmax{}

func parseSoftmax(_ gorgonia.Op, f private.Fields) any {
	return softmax{f.Int("axis"), f.Bool("isLog")}
}

// Probabilities implements Probable.
func (s softmax) Probabilities() bool { return !s.log && (s.axis == -1 || s.axis == 1) }

// Describe implements Described.
func (s softmax) Describe() Desc {
	if s.log {
		return Desc{Kind: KindLogSoftmax, Axis: s.axis}
	}
	return Desc{}
}

// Rebuild implements Rebuilder: Gorgonia's op keeps the old shape.
func (s softmax) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	f := gorgonia.SoftMax
	if s.log {
		f = gorgonia.LogSoftMax
	}
	if s.axis < 0 {
		return f(in[0])
	}
	return f(in[0], s.axis)
}

// Couple implements Coupler.
func (s softmax) Couple(t Ties) {
	in := t.Dims(0)
	axis := s.axis
	if axis < 0 {
		axis = len(in) - 1
	}
	for a := range in {
		if a == axis {
			t.Freeze(In(0, a), "softmax normalises over it")
			t.Freeze(Out(a), "softmax normalises over it")
		} else {
			t.Tie(In(0, a), Out(a))
		}
	}
}

// Export implements Exporter.
func (s softmax) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	name := "Softmax"
	if s.log {
		name = "LogSoftmax"
	}
	em.Node(name, in, out, Attr{"axis", int64(s.axis)})
	return nil
}

// rows gives the matrix whose rows are normalised. By default that is the last axis, but Gorgonia takes a column (n, 1)
// for a vector, which is one row. ok is false where the numbers of a row do not lie side by side.
func (s softmax) rows(x tensor.Shape) (m tensor.Shape, ok bool) {
	axis := s.axis
	if axis == -1 {
		axis = len(x) - 1
		if len(x) == 2 && x[1] == 1 {
			axis = 0
		}
	}
	if axis < 0 || axis >= len(x) || tensor.Shape(x[axis+1:]).TotalSize() != 1 || x[axis] < 1 {
		return nil, false
	}
	return tensor.Shape{tensor.Shape(x[:axis]).TotalSize(), x[axis]}, true
}

// Bind implements Binder.
func (s softmax) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh, ok := s.rows(in[0].Shape())
	if !ok {
		return nil, ErrNoKernel
	}
	if s.log {
		return bind(exec{"log-softmax"}, out, in, bindLogSoftmax[float32](sh), bindLogSoftmax[float64](sh))
	}
	return bind(exec{"softmax"}, out, in, bindSoftmax[float32](sh), bindSoftmax[float64](sh))
}

func bindLogSoftmax[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { kernels.LogSoftmax(s[0], s[1], a.out, a.in[0]); return nil }
	}
}

// softmaxDiff is the backward operation of gorgonia.SoftMax and LogSoftMax. Inputs: x, the result y, and its gradient.
type softmaxDiff struct{ of softmax }

var _ interface {
	Binder
	Described
} = softmaxDiff{}

func parseSoftmaxDiff(o gorgonia.Op, f private.Fields) any {
	of, err := f.Inside("softmaxOp")
	if err != nil {
		return err
	}
	return softmaxDiff{parseSoftmax(o, of).(softmax)}
}

// Describe implements Described.
func (s softmaxDiff) Describe() Desc {
	if s.of.log {
		return Desc{Kind: KindLogSoftmaxGrad, Axis: s.of.axis}
	}
	return Desc{}
}

// Bind implements Binder.
func (s softmaxDiff) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	sh, ok := s.of.rows(in[1].Shape()) // of a column too, where Gorgonia's own gradient takes another axis than its softmax
	if !ok {
		return nil, ErrNoKernel
	}
	if s.of.log {
		return bind(exec{"log-softmax gradient"}, out, in[1:], bindLogSoftmaxGrad[float32](sh), bindLogSoftmaxGrad[float64](sh))
	}
	return bind(exec{"softmax gradient"}, out, in[1:], bindSoftmaxGrad[float32](sh), bindSoftmaxGrad[float64](sh))
}

// bindLogSoftmaxGrad: dx_ij = dy_ij − e^{y_ij}·Σ_k dy_ik.
func bindLogSoftmaxGrad[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		y, dy := a.in[0], a.in[1]
		return func() error {
			for lo := 0; lo+s[1] <= len(y); lo += s[1] {
				sum := 0.0
				for _, v := range dy[lo : lo+s[1]] {
					sum += float64(v)
				}
				for j := lo; j < lo+s[1]; j++ {
					a.out[j] = T(float64(dy[j]) - math.Exp(float64(y[j]))*sum)
				}
			}
			return nil
		}
	}
}

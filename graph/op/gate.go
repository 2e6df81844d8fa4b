package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gate is y where x ≥ 0 and 0 elsewhere. Inputs: x and y, of one shape. It is the gradient of gorgonia.Rectify, whose
// derivative at 0 is 1 (that of ReLU in this package is 0, as in PyTorch).
type Gate struct{}

var _ interface {
	Chainer
	Definition
	InPlacer
} = Gate{}

func (Gate) String() string       { return "Gate" }
func (Gate) Signature() Signature { return Signature{In: []Rank{Same, Same}, Out: Same} }
func (Gate) InPlace() []int       { return []int{1} }

// Shape implements Definition.
func (Gate) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[1].Clone(), sameShape(in[0], in[1])
}

// Bind implements Definition.
func (g Gate) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(g, out, in, bindGate[float32], bindGate[float64])
}

func bindGate[T kernels.Float](a args[T]) Kernel { return whole(len(a.out), gateSpan(a.out, a.in)) }

// Span32 and Span64 implement Chainer.
func (Gate) Span32(out []float32, in [][]float32) func(lo, hi int) { return gateSpan(out, in) }

// Span64 implements Chainer.
func (Gate) Span64(out []float64, in [][]float64) func(lo, hi int) { return gateSpan(out, in) }

func gateSpan[T kernels.Float](out []T, in [][]T) span {
	x, y := in[0], in[1]
	return func(lo, hi int) {
		x, y, out := x[lo:hi], y[lo:hi], out[lo:hi]
		for i, v := range y {
			if !(x[i] >= 0) {
				v *= 0 // a NaN stays
			}
			out[i] = v
		}
	}
}

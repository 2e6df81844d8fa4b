package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gate is y where x ≥ 0 and 0 elsewhere. Inputs: x and y, of one shape. It is the gradient of gorgonia.Rectify, whose
// derivative at 0 is 1 (that of ReLU in this package is 0, as in PyTorch).
type Gate struct{}

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

func bindGate[T kernels.Float](a args[T]) Kernel { return whole(len(a.out), gateSpan(a)) }

func gateSpan[T kernels.Float](a args[T]) span {
	x, y, out := a.in[0], a.in[1], a.out
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

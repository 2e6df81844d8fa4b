package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// DropoutState is where a dropout layer's randomness comes from. It is shared by the layer's forward and backward
// operations and by every rebuilt copy of the layer, and belongs to one training run at a time.
type DropoutState struct {
	Seed uint64 // of this layer
	Step uint64 // the training step: each step draws another mask
	Eval bool   // pass everything through
}

// Dropout zeroes each element with probability p and scales the rest by 1/(1−p) (inverted dropout, Srivastava et al.
// 2014, JMLR 15). x may have any shape. In evaluation (state.Eval, or a program compiled for inference) it is the
// identity.
//
// The mask is a pure function of the layer's seed, the step and the element's index, so that the backward pass draws
// it again instead of storing it, and resuming at a step gives that step's mask.
func Dropout(x *gorgonia.Node, p float64, state *DropoutState) (*gorgonia.Node, error) {
	if !(p >= 0 && p < 1) {
		return nil, errors.Errorf("dropout: probability %v is outside [0, 1)", p)
	}
	if state == nil {
		return nil, errors.New("dropout: state is nil; give it a seeded DropoutState")
	}
	return Apply(DropoutLayer{P: p, State: state}, x)
}

// DropoutLayer is the Definition of Dropout, and of its gradient: both multiply by the same mask.
type DropoutLayer struct {
	P     float64
	State *DropoutState
}

var _ interface {
	Coupler
	Differentiable
	Exporter
	InPlacer
	Modal
	Seeded
	Stateful
} = DropoutLayer{}

func (d DropoutLayer) String() string                              { return fmt.Sprintf("Dropout(%g, seed=%d)", d.P, d.State.Seed) }
func (DropoutLayer) Signature() Signature                          { return Signature{In: []Rank{Same}, Out: Same} }
func (DropoutLayer) Wrt() []bool                                   { return []bool{true} }
func (DropoutLayer) Couple(t Ties)                                 { rowwise(t) }
func (DropoutLayer) InPlace() []int                                { return []int{0} }
func (DropoutLayer) Stateful()                                     {}
func (DropoutLayer) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

// Bind implements Definition.
func (d DropoutLayer) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(d, out, in, bindDropout[float32](d), bindDropout[float64](d))
}

func bindDropout[T kernels.Float](d DropoutLayer) func(args[T]) Kernel {
	// An element is dropped when the upper 32 bits of its word lie below p·2³²; each word serves one element.
	threshold := uint64(d.P * (1 << 32))
	scale := T(1 / (1 - d.P))
	return func(a args[T]) Kernel {
		x := a.in[0]
		return func() error {
			if d.State.Eval || d.P == 0 {
				copy(a.out, x)
				return nil
			}
			key := random.Bits(d.State.Seed, d.State.Step)
			for i, v := range x {
				if random.Bits(key, uint64(i))>>32 < threshold {
					a.out[i] = 0
				} else {
					a.out[i] = v * scale
				}
			}
			return nil
		}
	}
}

// Seeded is an operation that draws random numbers from a state.
type Seeded interface {
	DropoutState() *DropoutState
	// WithState is the operation with another state.
	WithState(s *DropoutState) Definition
}

// DropoutState implements Seeded.
func (d DropoutLayer) DropoutState() *DropoutState { return d.State }

// WithState implements Seeded.
func (d DropoutLayer) WithState(s *DropoutState) Definition { return DropoutLayer{d.P, s} }

// Evaluated implements Modal: dropout is left out.
func (DropoutLayer) Evaluated(in gorgonia.Nodes) (*gorgonia.Node, error) { return in[0], nil }

// Trained implements Modal.
func (d DropoutLayer) Trained(in gorgonia.Nodes) (*gorgonia.Node, error) { return Apply(d, in...) }

// Grad implements Differentiable: the same mask and scale applied to the gradient.
func (d DropoutLayer) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(d, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter: a file is for inference, where dropout is the identity.
func (DropoutLayer) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Identity", in, out)
	return nil
}

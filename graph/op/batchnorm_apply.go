package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SplitBatchNorm builds the training form of a layer from two operations, batchStats and batchNormApply, so that the
// gradient finds the statistics of the batch. Inputs are those of BatchNormLayer.
func SplitBatchNorm(b BatchNormLayer, in gorgonia.Nodes) (*gorgonia.Node, error) {
	if len(in) != 5 || b.Eval {
		return nil, errors.Errorf("%v of %d inputs cannot be split: want the training form, of 5", b, len(in))
	}
	stats, err := Apply(batchStats{batchMoments{b.Eps, Rank(in[0].Dims())}, b.Momentum}, in[0], in[3], in[4])
	if err != nil {
		return nil, err
	}
	y, err := Apply(batchNormApply{}, in[0], stats, in[1], in[2])
	if err != nil || b.Act == Identity {
		return y, err
	}
	return Activate(y, b.Act, b.Slope)
}

// batchNormApply is y = act(γ·(x − mean)·invStd + β) with statistics that an operation before it found. Inputs: x, the
// statistics (2, channels), γ and β.
//
// Its gradient with respect to x is the whole one, by way of the statistics too, which have none of their own: they must
// be those of x. Only where they are Fixed do they not depend on x.
type batchNormApply struct {
	Act   Activation
	Slope float64
	Fixed bool
}

var _ interface {
	Activated
	Differentiable
	InPlacer
} = batchNormApply{}

func (b batchNormApply) String() string {
	return fmt.Sprintf("BatchNormApply(%s, fixed=%v)", actString(b.Act, b.Slope), b.Fixed)
}

// Signature implements Definition.
func (batchNormApply) Signature() Signature {
	return Signature{In: []Rank{Same, Matrix, Vector, Vector}, Out: Same}
}

// Wrt implements Differentiable.
func (batchNormApply) Wrt() []bool { return []bool{true, false, true, true} }

// InPlace implements InPlacer.
func (batchNormApply) InPlace() []int { return []int{0} }

// Activation implements Activated.
func (b batchNormApply) Activation() (Activation, float64) { return b.Act, b.Slope }

// WithActivation implements Activated.
func (b batchNormApply) WithActivation(act Activation, slope float64) Definition {
	b.Act, b.Slope = act, slope
	return b
}

// Shape implements Definition.
func (batchNormApply) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := statsOf(in[0], in[1]); err != nil {
		return nil, err
	}
	return in[0].Clone(), perChannel(in[0], in[2:], "γ", "β")
}

// statsOf checks statistics, or sums, of x.
func statsOf(x, stats tensor.Shape) error {
	if err := perChannel(x, nil); err != nil {
		return err
	}
	return errors.Wrap(sameShape(stats, tensor.Shape{2, x[1]}), "statistics")
}

// Bind implements Definition.
func (b batchNormApply) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(b, out, in, bindBatchNormApply[float32](b, v), bindBatchNormApply[float64](b, v))
}

func bindBatchNormApply[T kernels.Float](b batchNormApply, v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, gamma, beta := a.in[0], a.in[2], a.in[3]
		mean, inv := a.in[1][:v.c], a.in[1][v.c:]
		scale, shift := make([]T, v.c), make([]T, v.c)
		act, rest := fused(b.Act, b.Slope, a.out)
		return after(func() error {
			for c := range scale {
				s := float64(gamma[c]) * float64(inv[c])
				scale[c], shift[c] = T(s), T(float64(beta[c])-float64(mean[c])*s)
			}
			norm.ChannelAffine(v.n, v.c, v.hw, scale, shift, act, T(b.Slope), a.out, x)
			return nil
		}, rest)
	}
}

// Grad implements Differentiable; see batchNormGradInput for dx. dγ = Σ dz·x̂, dβ = Σ dz.
func (b batchNormApply) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads, err := batchNormGrads(b, in[0], in[1], in[2], in[3], out, grad)
	if err != nil {
		return nil, err
	}
	return gorgonia.Nodes{grads[0], nil, grads[1], grads[2]}, nil
}

// batchNormGrads gives the gradients of x, γ and β.
func batchNormGrads(b batchNormApply, x, stats, gamma, beta, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	var z *gorgonia.Node
	var err error
	if b.Act.NeedsInput() { // the pre-activation is computed again
		if z, err = Apply(b.WithActivation(Identity, 0), x, stats, gamma, beta); err != nil {
			return nil, err
		}
	}
	dz, err := activationGrad(b.Act, b.Slope, z, y, dy)
	if err != nil {
		return nil, err
	}
	sums, err := Apply(batchNormSums{}, x, stats, dz)
	if err != nil {
		return nil, err
	}
	dx, err := Apply(batchNormGradInput{b.Fixed}, x, stats, gamma, dz, sums)
	if err != nil {
		return nil, err
	}
	dgamma, err := Apply(Row{1}, sums)
	if err != nil {
		return nil, err
	}
	dbeta, err := Apply(Row{0}, sums)
	return gorgonia.Nodes{dx, dgamma, dbeta}, err
}

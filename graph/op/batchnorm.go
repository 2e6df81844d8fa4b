package op

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Defaults of batch normalisation, PyTorch's.
const (
	DefaultBatchNormEps      = 1e-5
	DefaultBatchNormMomentum = 0.1
)

// channelAxis is the axis of x that batch norm has its channels on, whatever the rank.
const channelAxis = 1

// BatchNorm normalises each channel (Ioffe & Szegedy 2015, arXiv:1502.03167):
//
//	y = γ·(x − mean)/√(variance + eps) + β
//
//	x (batch, channels) or (batch, channels, space…)   γ, β, mean, variance (channels)   →   y of x's shape
//
// It is built in its training form, which normalises by the mean and the biased variance of the batch, over all axes but
// the channels, and follows them in mean and variance, which are states of the network: at each run, as in PyTorch,
//
//	mean ← (1−m)·mean + m·mean(batch),   variance ← (1−m)·variance + m·M/(M−1)·variance(batch)
//
// with m the momentum and M the number of values of a channel, which must be at least 2. Network.Inference turns it into
// its evaluation form, which normalises by mean and variance.
func BatchNorm(x, gamma, beta, mean, variance *gorgonia.Node, eps, momentum float64) (*gorgonia.Node, error) {
	b := BatchNormLayer{Eps: eps, Momentum: momentum}
	if err := b.Valid(); err != nil {
		return nil, err
	}
	return Apply(b, x, gamma, beta, mean, variance)
}

// BatchNormLayer is the Definition of BatchNorm, with an activation fused behind it.
type BatchNormLayer struct {
	Eps, Momentum float64
	Eval          bool // normalise by mean and variance, and leave them alone
	Act           Activation
	Slope         float64
}

var _ interface {
	Activated
	Coupler
	Differentiable
	Exporter
	InPlacer
	Modal
	Normalizer
	Shifted
	Splitter
	Stateful
	Updater
} = BatchNormLayer{}

// Valid checks eps and momentum.
func (b BatchNormLayer) Valid() error {
	if !(b.Eps > 0) || math.IsInf(b.Eps, 0) {
		return errors.Errorf("batch norm: eps %v is not a positive number", b.Eps)
	}
	if !(b.Momentum >= 0 && b.Momentum <= 1) {
		return errors.Errorf("batch norm: momentum %v is outside [0, 1]", b.Momentum)
	}
	return nil
}

func (b BatchNormLayer) String() string {
	form := "training"
	if b.Eval {
		form = "evaluation"
	}
	return fmt.Sprintf("BatchNorm(eps=%g, momentum=%g, %s, %s)", b.Eps, b.Momentum, form, actString(b.Act, b.Slope))
}

// Signature implements Definition.
func (BatchNormLayer) Signature() Signature {
	return Signature{In: []Rank{Same, Vector, Vector, Vector, Vector}, Out: Same}
}

// Wrt implements Differentiable.
func (BatchNormLayer) Wrt() []bool { return []bool{true, true, true, false, false} }

// Stateful implements Stateful: the training form changes mean and variance.
func (BatchNormLayer) Stateful() {}

// Updates implements Updater.
func (b BatchNormLayer) Updates() []int {
	if b.Eval {
		return nil
	}
	return []int{3, 4}
}

// InPlace implements InPlacer: statistics are finished before the first element is written.
func (BatchNormLayer) InPlace() []int { return []int{0} }

// Activation implements Activated.
func (b BatchNormLayer) Activation() (Activation, float64) { return b.Act, b.Slope }

// WithActivation implements Activated.
func (b BatchNormLayer) WithActivation(act Activation, slope float64) Definition {
	b.Act, b.Slope = act, slope
	return b
}

// Evaluated implements Modal.
func (b BatchNormLayer) Evaluated(in gorgonia.Nodes) (*gorgonia.Node, error) {
	b.Eval = true
	return Apply(b, in...)
}

// Trained implements Modal.
func (b BatchNormLayer) Trained(in gorgonia.Nodes) (*gorgonia.Node, error) {
	b.Eval = false
	return Apply(b, in...)
}

// Split implements Splitter: the training form finds the statistics of the batch.
func (b BatchNormLayer) Split(in gorgonia.Nodes) (*gorgonia.Node, bool, error) {
	if b.Eval {
		return nil, false, nil
	}
	n, err := SplitBatchNorm(b, in)
	return n, true, err
}

// ShiftedBy implements Shifted: the mean is subtracted.
func (BatchNormLayer) ShiftedBy() (input int, sign float64) { return 3, -1 }

// FoldInto implements Normalizer.
func (b BatchNormLayer) FoldInto(layer Definition) (Normalized, bool) { return normalize(layer, b) }

// Shape implements Definition.
func (BatchNormLayer) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), perChannel(in[0], in[1:], "γ", "β", "mean", "variance")
}

// perChannel checks that x is (batch, channels, space…) and that the others have an element a channel.
func perChannel(x tensor.Shape, vectors []tensor.Shape, names ...string) error {
	if len(x) < 2 {
		return errors.Errorf("x %v: want (batch, channels) or (batch, channels, space…)", x)
	}
	for i, v := range vectors {
		if v.TotalSize() != x[1] {
			return errors.Errorf("x %v and %s %v do not fit: want one for each of %d channels", x, names[i], v, x[1])
		}
	}
	return nil
}

// Couple implements Coupler: a channel goes with all that is kept for it. Space is what statistics are taken over.
func (BatchNormLayer) Couple(t Ties) {
	rowwise(t)
	for a := 2; a < len(t.Dims(0)); a++ {
		t.Freeze(In(0, a), "batch norm takes its statistics over it")
	}
	for i := 1; i <= 4; i++ {
		t.Tie(In(0, 1), In(i, 0))
	}
}

// Bind implements Definition.
func (b BatchNormLayer) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	if !b.Eval { // not in Shape: a network may be built for one row and trained on more
		if err := v.enough(); err != nil {
			return nil, err
		}
	}
	return bind(b, out, in, bindBatchNorm[float32](b, v), bindBatchNorm[float64](b, v))
}

// enough checks that the variance of a channel can be estimated.
func (v channelView) enough() error {
	if v.n*v.hw < 2 {
		return errors.Errorf("batch norm in training needs at least 2 values a channel; a batch of %d×%d has %d: "+
			"choose a batch size that leaves no single row", v.n, v.hw, v.n*v.hw)
	}
	return nil
}

func bindBatchNorm[T kernels.Float](b BatchNormLayer, v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		x, gamma, beta, mean, variance := a.in[0], a.in[1], a.in[2], a.in[3], a.in[4]
		scale, shift := make([]T, v.c), make([]T, v.c)
		act, rest := fused(b.Act, b.Slope, a.out)
		batchMean, batchVar := mean, variance
		if !b.Eval {
			batchMean, batchVar = make([]T, v.c), make([]T, v.c)
		}
		return after(func() error {
			if !b.Eval {
				norm.ChannelMoments(v.n, v.c, v.hw, batchMean, batchVar, x)
				track(v, b.Momentum, mean, variance, batchMean, batchVar)
			}
			for c := range scale {
				s := float64(gamma[c]) * invStd(batchVar[c], b.Eps)
				scale[c], shift[c] = T(s), T(float64(beta[c])-float64(batchMean[c])*s)
			}
			norm.ChannelAffine(v.n, v.c, v.hw, scale, shift, act, T(b.Slope), a.out, x)
			return nil
		}, rest)
	}
}

func invStd[T kernels.Float](variance T, eps float64) float64 {
	return 1 / math.Sqrt(float64(variance)+eps)
}

// track moves the running statistics towards those of a batch.
func track[T kernels.Float](v channelView, momentum float64, mean, variance, batchMean, batchVar []T) {
	n := float64(v.n * v.hw)
	towards := func(running *T, batch float64) { *running = T((1-momentum)*float64(*running) + momentum*batch) }
	for c := range mean {
		towards(&mean[c], float64(batchMean[c]))
		towards(&variance[c], float64(batchVar[c])*n/(n-1))
	}
}

// Grad implements Differentiable. In evaluation, with x̂ the normalised x and dz = dy·act':
//
//	dx = γ/√(variance+eps)·dz,   dγ = Σ dz·x̂,   dβ = Σ dz
//
// In training the gradient is that of batchNormApply, on statistics that are computed a second time; Network.Objective
// has them computed once.
func (b BatchNormLayer) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, gamma, beta := in[0], in[1], in[2]
	var stats *gorgonia.Node
	var err error
	if b.Eval {
		stats, err = Apply(runningStats{b.Eps}, in[3], in[4])
	} else {
		stats, err = Apply(batchMoments{b.Eps, Rank(x.Dims())}, x)
	}
	if err != nil {
		return nil, err
	}
	grads, err := batchNormGrads(batchNormApply{Act: b.Act, Slope: b.Slope, Fixed: b.Eval}, x, stats, gamma, beta, out, grad)
	if err != nil {
		return nil, err
	}
	return append(grads, nil, nil), nil
}

// Export implements Exporter: a file is for inference, so both forms are written as the evaluation. ONNX's momentum is
// the share that stays.
func (b BatchNormLayer) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	y := out
	if b.Act != Identity {
		y = em.Temp("batchnorm")
	}
	em.Node("BatchNormalization", in, y, Attr{"epsilon", float32(b.Eps)}, Attr{"momentum", float32(1 - b.Momentum)})
	if b.Act == Identity {
		return nil
	}
	return emitActivation(em, b.Act, b.Slope, y, out)
}

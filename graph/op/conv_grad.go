package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/conv"
	"github.com/gtrain/gtrain/internal/kernels/norm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// convGradInput is the gradient of a convolution with respect to its input, the transposed convolution
//
//	dx[n,c,p,q] = Σ dy[n,f,i,j] · w[f,c,k,l] over all i·stride + k·dilation − pad = p, j·stride + l·dilation − pad = q
//
// Inputs: dy (batch, filters, height', width') and w. Height and Width are those of x, which a stride leaves open.
type convGradInput struct {
	ConvConfig
	Height, Width int
	Line          bool
}

var _ interface {
	Coster
	Definition
} = convGradInput{}

func (c convGradInput) String() string {
	return fmt.Sprintf("Conv%sGradInput(%v, height=%d, width=%d)", spaceName(c.Line), c.ConvConfig, c.Height, c.Width)
}

// Signature implements Definition.
func (c convGradInput) Signature() Signature {
	r := imageRank(c.Line)
	return Signature{In: []Rank{r, r}, Out: r}
}

func (c convGradInput) geometry(dy, w tensor.Shape) (k conv.ConvShape, err error) {
	if r := int(imageRank(c.Line)); len(dy) != r || len(w) != r {
		return k, errors.Errorf("dy %v and weight %v: want rank %d of both", dy, w, r)
	}
	x := tensor.Shape{dy[0], w[1] * c.full().Groups, c.Height, c.Width}
	if k, err = c.ConvConfig.geometry(x, planar(w), false); err != nil {
		return k, err
	}
	return k, fitsOutput(k, planar(dy))
}

// fitsOutput checks dy against the output of a convolution.
func fitsOutput(k conv.ConvShape, dy tensor.Shape) error {
	h, w := k.Out()
	return errors.Wrap(sameShape(dy, tensor.Shape{k.Batch, k.Filters, h, w}), "gradient and output")
}

// Shape implements Definition.
func (c convGradInput) Shape(in []tensor.Shape) (tensor.Shape, error) {
	k, err := c.geometry(in[0], in[1])
	return linear(tensor.Shape{k.Batch, k.Channels, k.Height, k.Width}, c.Line), err
}

// MACs implements Coster.
func (c convGradInput) MACs(in []tensor.Shape, _ tensor.Shape) int64 {
	return ConvLayer{}.MACs(in, in[0])
}

// Bind implements Definition.
func (c convGradInput) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	k, err := c.geometry(in[0].Shape(), in[1].Shape())
	if err != nil {
		return nil, errors.Wrapf(err, "%v", c)
	}
	return bind(c, out, in, bindConvGradInput[float32](k), bindConvGradInput[float64](k))
}

func bindConvGradInput[T kernels.Float](k conv.ConvShape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return planned(k, func(p *conv.Conv[T]) { p.GradInput(a.in[0], a.in[1], a.out) })
	}
}

// convGradWeights is the gradient of a convolution with respect to its weights,
//
//	dw[f,c,k,l] = Σ_{n,i,j} dy[n,f,i,j] · x[n, c, i·stride + k·dilation − pad, j·stride + l·dilation − pad]
//
// Inputs: x and dy. KernelH and KernelW are those of w.
type convGradWeights struct {
	ConvConfig
	KernelH, KernelW int
	Line             bool
}

var _ interface {
	Coster
	Definition
} = convGradWeights{}

func (c convGradWeights) String() string {
	return fmt.Sprintf("Conv%sGradWeights(%v, kernel=%dx%d)", spaceName(c.Line), c.ConvConfig, c.KernelH, c.KernelW)
}

// Signature implements Definition.
func (c convGradWeights) Signature() Signature {
	r := imageRank(c.Line)
	return Signature{In: []Rank{r, r}, Out: r}
}

func (c convGradWeights) geometry(x, dy tensor.Shape) (k conv.ConvShape, err error) {
	if r := int(imageRank(c.Line)); len(x) != r || len(dy) != r {
		return k, errors.Errorf("x %v and dy %v: want rank %d of both", x, dy, r)
	}
	w := tensor.Shape{dy[1], x[1] / max(c.full().Groups, 1), c.KernelH, c.KernelW}
	if k, err = c.ConvConfig.geometry(planar(x), w, false); err != nil {
		return k, err
	}
	return k, fitsOutput(k, planar(dy))
}

// Shape implements Definition.
func (c convGradWeights) Shape(in []tensor.Shape) (tensor.Shape, error) {
	k, err := c.geometry(in[0], in[1])
	if err != nil {
		return nil, err
	}
	return linear(tensor.Shape{k.Filters, k.Channels / k.Groups, k.KernelH, k.KernelW}, c.Line), nil
}

// MACs implements Coster.
func (c convGradWeights) MACs(in []tensor.Shape, out tensor.Shape) int64 {
	return ConvLayer{}.MACs([]tensor.Shape{in[0], out}, in[1])
}

// Bind implements Definition.
func (c convGradWeights) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	k, err := c.geometry(in[0].Shape(), in[1].Shape())
	if err != nil {
		return nil, errors.Wrapf(err, "%v", c)
	}
	return bind(c, out, in, bindConvGradWeights[float32](k), bindConvGradWeights[float64](k))
}

func bindConvGradWeights[T kernels.Float](k conv.ConvShape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return planned(k, func(p *conv.Conv[T]) { p.GradWeights(a.in[0], a.in[1], a.out) })
	}
}

// ChannelSums is the sum over all axes but the second, the gradient of a convolution's bias: (batch, channels, space…)
// → (channels).
type ChannelSums struct{ Rank Rank }

var _ interface {
	Definition
	Described
} = ChannelSums{}

func (c ChannelSums) String() string       { return fmt.Sprintf("ChannelSums(rank=%d)", c.Rank) }
func (c ChannelSums) Signature() Signature { return Signature{In: []Rank{c.Rank}, Out: Vector} }

// Describe implements Described.
func (ChannelSums) Describe() Desc { return Desc{Kind: KindChannelSums} }

// Shape implements Definition.
func (c ChannelSums) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != int(c.Rank) || c.Rank < 2 {
		return nil, errors.Errorf("%v needs (batch, channels, space…) of that rank, not %v", c, in[0])
	}
	return tensor.Shape{in[0][1]}, nil
}

// Bind implements Definition.
func (c ChannelSums) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(c, out, in, bindChannelSums[float32](v), bindChannelSums[float64](v))
}

func bindChannelSums[T kernels.Float](v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { norm.ChannelSums(v.n, v.c, v.hw, a.out, a.in[0]); return nil }
	}
}

// channelView is a shape (batch, channels, space…) as three numbers.
type channelView struct{ n, c, hw int }

func channelsOf(s tensor.Shape) channelView {
	v := channelView{s[0], s[1], 1}
	for _, d := range s[2:] {
		v.hw *= d
	}
	return v
}

package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/conv"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ConvConfig is the geometry of a convolution. Its zero value has stride 1, no padding, no dilation and one group.
type ConvConfig struct {
	Stride   [2]int // down, right; 0 means 1
	Dilation [2]int // distance between the taps of the kernel; 0 means 1
	Pads     [4]int // rows and columns of zeroes at the top, left, bottom, right: ONNX's order
	Groups   int    // channels and filters are cut into as many parts that see only each other; 0 means 1
}

// Conv2D is a two-dimensional convolution with bias and activation fused (in truth a correlation, as in all of deep
// learning: the kernel is not turned round):
//
//	y[n,f,i,j] = act(b[f] + Σ_{c,k,l} w[f,c,k,l] · x[n, c, i·stride + k·dilation − pad, j·stride + l·dilation − pad])
//
//	x (batch, channels, height, width)   w (filters, channels/groups, kernel height, kernel width)   b (filters) or nil
//	→   y (batch, filters, height', width'),  height' = ⌊(height + pads − dilation·(kernel height − 1) − 1)/stride⌋ + 1
//
// Filter f sees the channels of its group alone; with as many groups as channels the convolution is depthwise. Slope is
// read by leaky ReLU alone.
func Conv2D(x, w, b *gorgonia.Node, c ConvConfig, act Activation, slope float64) (*gorgonia.Node, error) {
	return convolve(x, w, b, ConvLayer{ConvConfig: c, Act: act, Slope: slope})
}

func convolve(x, w, b *gorgonia.Node, c ConvLayer) (*gorgonia.Node, error) {
	if err := checkActivation(c.Act, c.Slope); err != nil {
		return nil, err
	}
	c.ConvConfig, c.Slope, c.Bias = c.full(), slopeOf(c.Act, c.Slope), b != nil
	if c.Bias {
		return Apply(c, x, w, b)
	}
	return Apply(c, x, w)
}

// ConvLayer is the Definition of Conv2D and Conv1D. Inputs: x, w, and b where Bias says so.
type ConvLayer struct {
	ConvConfig
	Act   Activation
	Slope float64
	Bias  bool
	Line  bool // x (batch, channels, length) and w (filters, channels/groups, kernel): height is 1 throughout
}

var _ interface {
	Coster
	Coupler
	Cutter
	Differentiable
	Exporter
	filtered
} = ConvLayer{}

// full replaces zeroes by what they mean.
func (c ConvConfig) full() ConvConfig {
	for i := range 2 {
		if c.Stride[i] == 0 {
			c.Stride[i] = 1
		}
		if c.Dilation[i] == 0 {
			c.Dilation[i] = 1
		}
	}
	if c.Groups == 0 {
		c.Groups = 1
	}
	return c
}

func (c ConvConfig) String() string {
	c = c.full()
	return fmt.Sprintf("stride=%d, dilation=%d, pads=%d, groups=%d", c.Stride, c.Dilation, c.Pads, c.Groups)
}

func (c ConvLayer) String() string {
	return fmt.Sprintf("Conv%s(%v, %s, bias=%v)", spaceName(c.Line), c.ConvConfig, actString(c.Act, c.Slope), c.Bias)
}

func spaceName(line bool) string {
	if line {
		return "1D"
	}
	return "2D"
}

// imageRank is the rank of images, and of kernels: (batch, channels, space…).
func imageRank(line bool) Rank {
	if line {
		return 3
	}
	return 4
}

// Signature implements Definition.
func (c ConvLayer) Signature() Signature {
	r := imageRank(c.Line)
	s := Signature{In: []Rank{r, r}, Out: r}
	if c.Bias {
		s.In = append(s.In, Vector)
	}
	return s
}

// Wrt implements Differentiable.
func (c ConvLayer) Wrt() []bool { return []bool{true, true, true}[:len(c.Signature().In)] }

// Activation implements Activated.
func (c ConvLayer) Activation() (Activation, float64) { return c.Act, c.Slope }

// WithActivation implements Activated.
func (c ConvLayer) WithActivation(act Activation, slope float64) Definition {
	c.Act, c.Slope = act, slope
	return c
}

// FilterAxes implements filtered.
func (ConvLayer) FilterAxes() (weights, out int) { return 0, 1 }

// HasBias implements filtered.
func (c ConvLayer) HasBias() bool { return c.Bias }

// Biased implements filtered.
func (c ConvLayer) Biased() Definition {
	c.Bias = true
	return c
}

// planar gives a shape (a, b, length) its height of 1.
func planar(s tensor.Shape) tensor.Shape {
	if len(s) == 3 {
		return tensor.Shape{s[0], s[1], 1, s[2]}
	}
	return s
}

// linear takes the height out again.
func linear(s tensor.Shape, line bool) tensor.Shape {
	if line {
		return tensor.Shape{s[0], s[1], s[3]}
	}
	return s
}

// geometry is the convolution of images x with weights w, checked.
func (c ConvConfig) geometry(x, w tensor.Shape, line bool) (k conv.ConvShape, err error) {
	if r := int(imageRank(line)); len(x) != r || len(w) != r {
		return k, errors.Errorf("x %v and weight %v: a %s convolution wants rank %d of both", x, w, spaceName(line), r)
	}
	x, w, c = planar(x), planar(w), c.full()
	if c.Groups > 0 && w[1]*c.Groups != x[1] {
		return k, errors.Errorf("x %v and weight %v do not fit: %d channels in %d groups are %g a group, not %d",
			x, w, x[1], c.Groups, float64(x[1])/float64(c.Groups), w[1])
	}
	k = conv.ConvShape{
		Batch: x[0], Channels: x[1], Height: x[2], Width: x[3],
		Filters: w[0], KernelH: w[2], KernelW: w[3],
		StrideH: c.Stride[0], StrideW: c.Stride[1],
		PadTop: c.Pads[0], PadLeft: c.Pads[1], PadBottom: c.Pads[2], PadRight: c.Pads[3],
		DilationH: c.Dilation[0], DilationW: c.Dilation[1],
		Groups: c.Groups,
	}
	return k, k.Check()
}

// Shape implements Definition.
func (c ConvLayer) Shape(in []tensor.Shape) (tensor.Shape, error) {
	k, err := c.geometry(in[0], in[1], c.Line)
	if err != nil {
		return nil, err
	}
	if c.Bias && in[2].TotalSize() != k.Filters {
		return nil, errors.Errorf("weight %v and bias %v do not fit: want a bias for each of %d filters", in[1], in[2], k.Filters)
	}
	h, w := k.Out()
	return linear(tensor.Shape{k.Batch, k.Filters, h, w}, c.Line), nil
}

// MACs implements Coster.
func (c ConvLayer) MACs(in []tensor.Shape, out tensor.Shape) int64 {
	n := int64(out.TotalSize())
	for _, d := range in[1][1:] { // every output element is a product with its filter
		n *= int64(d)
	}
	return n
}

// Bind implements Definition.
func (c ConvLayer) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	k, err := c.geometry(in[0].Shape(), in[1].Shape(), c.Line)
	if err != nil {
		return nil, errors.Wrapf(err, "%v", c)
	}
	return bind(c, out, in, bindConv[float32](c, k), bindConv[float64](c, k))
}

func bindConv[T kernels.Float](c ConvLayer, k conv.ConvShape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		var b []T
		if c.Bias {
			b = a.in[2]
		}
		act, rest := fused(c.Act, c.Slope, a.out)
		return after(planned(k, func(p *conv.Conv[T]) { p.Forward(a.in[0], a.in[1], b, act, T(c.Slope), a.out) }), rest)
	}
}

// planned is the kernel that runs f on the plan of a convolution.
func planned[T kernels.Float](k conv.ConvShape, f func(*conv.Conv[T])) Kernel {
	p, err := conv.NewConv[T](k)
	if err != nil {
		return func() error { return err }
	}
	return func() error { f(p); return nil }
}

// Grad implements Differentiable. With dz = dy·act'(z): dx = dz ⋆ᵀ w, dw = x ⋆ dz, db = Σ_{n,i,j} dz.
func (c ConvLayer) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, w := in[0], in[1]
	var z *gorgonia.Node
	var err error
	if c.Act.NeedsInput() { // the pre-activation is computed again
		if z, err = Apply(c.WithActivation(Identity, 0), in...); err != nil {
			return nil, err
		}
	}
	dz, err := activationGrad(c.Act, c.Slope, z, out, grad)
	if err != nil {
		return nil, err
	}
	xs, ws := planar(x.Shape()), planar(w.Shape())
	dx, err := Apply(convGradInput{c.full(), xs[2], xs[3], c.Line}, dz, w)
	if err != nil {
		return nil, err
	}
	dw, err := Apply(convGradWeights{c.full(), ws[2], ws[3], c.Line}, x, dz)
	if err != nil || !c.Bias {
		return gorgonia.Nodes{dx, dw}, err
	}
	db, err := Apply(ChannelSums{imageRank(c.Line)}, dz)
	return gorgonia.Nodes{dx, dw, db}, err
}

// Export implements Exporter.
func (c ConvLayer) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	f, skip := c.full(), 0
	if c.Line {
		skip = 1
	}
	z := out
	if c.Act != Identity {
		z = em.Temp("conv")
	}
	em.Node("Conv", in, z,
		Attr{"dilations", int64s(f.Dilation[skip:])},
		Attr{"group", int64(f.Groups)},
		Attr{"kernel_shape", int64s(shapes[1][2:])},
		Attr{"pads", append(int64s(f.Pads[skip:2]), int64s(f.Pads[2+skip:])...)},
		Attr{"strides", int64s(f.Stride[skip:])})
	if c.Act == Identity {
		return nil
	}
	return emitActivation(em, c.Act, c.Slope, z, out)
}

package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/conv"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// AvgPool2D is the mean of each window: of its elements within the image, or of zeroes in the padding, too, where
// CountIncludePad says so.
//
//	x (batch, channels, height, width)   →   (batch, channels, height', width'), as of MaxPool2D
//
// There is no dilation, as in PyTorch and in ONNX before opset 19.
func AvgPool2D(x *gorgonia.Node, c PoolConfig) (*gorgonia.Node, error) {
	if c = c.full(); c.Dilation != [2]int{1, 1} {
		return nil, errors.Errorf("AvgPool2D: dilation %d: an average has none; leave it 0", c.Dilation)
	}
	return Apply(avgPooling{c}, x)
}

// avgPooling is the Definition of AvgPool2D.
type avgPooling struct{ PoolConfig }

var _ interface {
	Coupler
	Differentiable
	Exporter
} = avgPooling{}

func (p avgPooling) String() string                                { return "AvgPool(" + p.PoolConfig.String() + ")" }
func (avgPooling) Signature() Signature                            { return Signature{In: []Rank{4}, Out: 4} }
func (avgPooling) Wrt() []bool                                     { return []bool{true} }
func (avgPooling) Couple(t Ties)                                   { couplePooling(t) }
func (p avgPooling) Shape(in []tensor.Shape) (tensor.Shape, error) { return p.shape(in[0]) }

// Bind implements Definition.
func (p avgPooling) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s, err := p.geometry(in[0].Shape())
	if err != nil {
		return nil, errors.Wrapf(err, "%v", p)
	}
	return bind(p, out, in, bindAvgPool[float32](s, p.CountIncludePad), bindAvgPool[float64](s, p.CountIncludePad))
}

func bindAvgPool[T kernels.Float](s conv.PoolShape, countPad bool) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { conv.AvgPool(s, countPad, a.in[0], a.out); return nil }
	}
}

// Grad implements Differentiable: every element of a window gets an equal share.
func (p avgPooling) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	s := in[0].Shape()
	dx, err := Apply(avgPoolGrad{p.PoolConfig, s[2], s[3]}, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter. Where padding counts, but not what CeilMode adds behind it, the one is put around the
// image first.
func (p avgPooling) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	s, err := p.geometry(shapes[0])
	if err != nil {
		return err
	}
	over, count := overhang(s), int64(0)
	if p.CountIncludePad && p.Pads != [4]int{} {
		if over == [2]int{} {
			count = 1
		} else {
			pads := []int{0, 0, s.PadTop, s.PadLeft, 0, 0, s.PadBottom, s.PadRight}
			padded := em.Temp("padded")
			em.Node("Pad", []string{in[0], em.Const("pads", tensor.New(tensor.WithBacking(int64s(pads))))}, padded)
			in, p.Pads = []string{padded}, [4]int{}
		}
	}
	em.Node("AveragePool", in, out, append(p.attributes(over), Attr{"count_include_pad", count})...)
	return nil
}

// avgPoolGrad is the gradient of AvgPool2D. Height and Width are those of x, which a stride leaves open.
type avgPoolGrad struct {
	PoolConfig
	Height, Width int
}

var _ Definition = avgPoolGrad{}

func (p avgPoolGrad) String() string {
	return fmt.Sprintf("AvgPoolGrad(%v, height=%d, width=%d)", p.PoolConfig, p.Height, p.Width)
}
func (avgPoolGrad) Signature() Signature { return Signature{In: []Rank{4}, Out: 4} }

// Shape implements Definition.
func (p avgPoolGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 4 {
		return nil, errors.Errorf("%v wants (batch, channels, height, width), not %v", p, in[0])
	}
	x := tensor.Shape{in[0][0], in[0][1], p.Height, p.Width}
	out, err := p.shape(x)
	if err == nil {
		err = errors.Wrap(sameShape(in[0], out), "gradient and output")
	}
	return x, err
}

// Bind implements Definition.
func (p avgPoolGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s, err := p.geometry(out.Shape())
	if err != nil {
		return nil, errors.Wrapf(err, "%v", p)
	}
	return bind(p, out, in, bindAvgPoolGrad[float32](s, p.CountIncludePad), bindAvgPoolGrad[float64](s, p.CountIncludePad))
}

func bindAvgPoolGrad[T kernels.Float](s conv.PoolShape, countPad bool) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { conv.AvgPoolGrad(s, countPad, a.in[0], a.out); return nil }
	}
}

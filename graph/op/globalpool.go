package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// GlobalAvgPool is the mean over space of each channel, what stands before a convolutional network's last layer:
//
//	x (batch, channels, height, width) or (batch, channels, length)   →   (batch, channels)
func GlobalAvgPool(x *gorgonia.Node) (*gorgonia.Node, error) {
	if x == nil {
		return nil, errors.New("GlobalAvgPool: x is nil")
	}
	return Apply(globalAvgPooling{Line: x.Dims() == 3}, x)
}

// globalAvgPooling is the Definition of GlobalAvgPool.
type globalAvgPooling struct {
	Line bool // x (batch, channels, length)
}

var _ interface {
	Coupler
	Differentiable
	Exporter
} = globalAvgPooling{}

func (p globalAvgPooling) String() string { return "GlobalAvgPool" + spaceName(p.Line) }
func (p globalAvgPooling) Signature() Signature {
	return Signature{In: []Rank{imageRank(p.Line)}, Out: Matrix}
}
func (globalAvgPooling) Wrt() []bool   { return []bool{true} }
func (globalAvgPooling) Couple(t Ties) { couplePooling(t) }

// Shape implements Definition.
func (p globalAvgPooling) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != int(imageRank(p.Line)) || channelsOf(in[0]).hw < 1 {
		return nil, errors.Errorf("%v wants (batch, channels, space…) of rank %d, not %v", p, imageRank(p.Line), in[0])
	}
	return tensor.Shape{in[0][0], in[0][1]}, nil
}

// Bind implements Definition.
func (p globalAvgPooling) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	v := channelsOf(in[0].Shape())
	return bind(p, out, in, bindGlobalAvg[float32](v), bindGlobalAvg[float64](v))
}

// globalGrain is the number of elements that one worker takes.
const globalGrain = 1 << 14

func bindGlobalAvg[T kernels.Float](v channelView) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		planes := func(lo, hi int) {
			kernels.RowSums(hi-lo, v.hw, a.out[lo:hi], a.in[0][lo*v.hw:hi*v.hw])
			for i := range a.out[lo:hi] {
				a.out[lo+i] /= T(v.hw)
			}
		}
		return func() error { workers.Parallel(v.n*v.c, max(1, globalGrain/v.hw), planes); return nil }
	}
}

// Grad implements Differentiable: every element gets an equal share.
func (p globalAvgPooling) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	s := planar(in[0].Shape())
	dx, err := Apply(globalAvgPoolGrad{s[2], s[3], p.Line}, grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (p globalAvgPooling) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	pooled := em.Temp("pooled") // (batch, channels, 1, 1)
	em.Node("GlobalAveragePool", in, pooled)
	em.Node("Flatten", []string{pooled}, out, Attr{"axis", int64(1)})
	return nil
}

// globalAvgPoolGrad is the gradient of GlobalAvgPool: (batch, channels) → (batch, channels, Height, Width), or without
// the height.
type globalAvgPoolGrad struct {
	Height, Width int
	Line          bool
}

var _ Definition = globalAvgPoolGrad{}

func (p globalAvgPoolGrad) String() string {
	return fmt.Sprintf("GlobalAvgPool%sGrad(height=%d, width=%d)", spaceName(p.Line), p.Height, p.Width)
}
func (p globalAvgPoolGrad) Signature() Signature {
	return Signature{In: []Rank{Matrix}, Out: imageRank(p.Line)}
}

// Shape implements Definition.
func (p globalAvgPoolGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 {
		return nil, errors.Errorf("%v wants (batch, channels), not %v", p, in[0])
	}
	return linear(tensor.Shape{in[0][0], in[0][1], p.Height, p.Width}, p.Line), nil
}

// Bind implements Definition.
func (p globalAvgPoolGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	hw := p.Height * p.Width
	return bind(p, out, in, bindGlobalAvgGrad[float32](hw), bindGlobalAvgGrad[float64](hw))
}

func bindGlobalAvgGrad[T kernels.Float](hw int) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		planes := func(lo, hi int) {
			for i := lo; i < hi; i++ {
				kernels.Fill(a.out[i*hw:(i+1)*hw], a.in[0][i]/T(hw))
			}
		}
		return func() error { workers.Parallel(len(a.in[0]), max(1, globalGrain/hw), planes); return nil }
	}
}

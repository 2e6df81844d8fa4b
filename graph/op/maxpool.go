package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/conv"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MaxPool2D is the largest element of each window. Padding belongs to no window. A NaN is larger than any number.
//
//	x (batch, channels, height, width)   →   (batch, channels, height', width'),
//	height' = ⌊(height + pads − dilation·(kernel − 1) − 1)/stride⌋ + 1, or ⌈…⌉ + 1 in CeilMode
func MaxPool2D(x *gorgonia.Node, c PoolConfig) (*gorgonia.Node, error) {
	if c.CountIncludePad {
		return nil, errors.New("MaxPool2D: a maximum counts no padding; leave CountIncludePad false")
	}
	return Apply(MaxPooling{c.full()}, x)
}

// MaxPooling is the Definition of MaxPool2D.
type MaxPooling struct{ PoolConfig }

var _ interface {
	Coupler
	Differentiable
	Exporter
} = MaxPooling{}

func (p MaxPooling) String() string                                { return "MaxPool(" + p.PoolConfig.String() + ")" }
func (MaxPooling) Signature() Signature                            { return Signature{In: []Rank{4}, Out: 4} }
func (MaxPooling) Wrt() []bool                                     { return []bool{true} }
func (MaxPooling) Couple(t Ties)                                   { couplePooling(t) }
func (p MaxPooling) Shape(in []tensor.Shape) (tensor.Shape, error) { return p.shape(in[0]) }

// Bind implements Definition.
func (p MaxPooling) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s, err := p.geometry(in[0].Shape())
	if err != nil {
		return nil, errors.Wrapf(err, "%v", p)
	}
	return bind(p, out, in, bindMaxPool[float32](s), bindMaxPool[float64](s))
}

func bindMaxPool[T kernels.Float](s conv.PoolShape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { conv.MaxPool(s, a.in[0], a.out); return nil }
	}
}

// Grad implements Differentiable: the gradient of a window goes to its first largest element.
func (p MaxPooling) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(MaxPoolGrad(p), in[0], grad)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (p MaxPooling) Export(em Emitter, in []string, out string, shapes []tensor.Shape) error {
	s, err := p.geometry(shapes[0])
	if err != nil {
		return err
	}
	dilations := Attr{"dilations", int64s([]int{s.DilationH, s.DilationW})}
	em.Node("MaxPool", in, out, append(p.attributes(overhang(s)), dilations)...)
	return nil
}

// MaxPoolGrad is the gradient of MaxPool2D. Inputs: x, in which it finds the maxima again, and dy.
type MaxPoolGrad struct{ PoolConfig }

var _ PoolGradient = MaxPoolGrad{}

func (p MaxPoolGrad) String() string     { return "MaxPoolGrad(" + p.PoolConfig.String() + ")" }
func (MaxPoolGrad) Signature() Signature { return Signature{In: []Rank{4, 4}, Out: 4} }

// PoolGradient is the gradient of a pooling that hands each number back to one element of its window.
type PoolGradient interface {
	Definition
	// Pooling is the operation that it is the gradient of.
	Pooling() Definition
	// KeepsSum tells whether every number of its input arrives somewhere, once.
	KeepsSum() bool
}

// Pooling implements PoolGradient.
func (p MaxPoolGrad) Pooling() Definition { return MaxPooling(p) }

// KeepsSum implements PoolGradient: no window lies in the padding alone.
func (p MaxPoolGrad) KeepsSum() bool {
	for k, pad := range p.Pads {
		if pad >= p.Kernel[k%2] {
			return false
		}
	}
	return p.Dilation == [2]int{1, 1}
}

// Shape implements Definition.
func (p MaxPoolGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	out, err := p.shape(in[0])
	if err == nil {
		err = errors.Wrap(sameShape(in[1], out), "gradient and output")
	}
	return in[0].Clone(), err
}

// Bind implements Definition.
func (p MaxPoolGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s, err := p.geometry(in[0].Shape())
	if err != nil {
		return nil, errors.Wrapf(err, "%v", p)
	}
	return bind(p, out, in, bindMaxPoolGrad[float32](s), bindMaxPoolGrad[float64](s))
}

func bindMaxPoolGrad[T kernels.Float](s conv.PoolShape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error { conv.MaxPoolGrad(s, a.in[0], a.in[1], a.out); return nil }
	}
}

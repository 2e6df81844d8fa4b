package graphtest

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// State is a running statistic.
func (m *Maker) State(name string, n int, value float64) *gorgonia.Node {
	v := m.Node(name, n)
	f := make([]float64, n)
	for i := range f {
		f[i] = value + 0.25*float64(i)
	}
	Fill(v.Value(), f)
	m.Net.States = append(m.Net.States, v)
	return v
}

func (m *Maker) Conv(x *gorgonia.Node, name string, filters, kernel int, c op.ConvConfig, act op.Activation) *gorgonia.Node {
	w := m.Param(name+".weight", filters, x.Shape()[1]/max(c.Groups, 1), kernel, kernel)
	n := Must(op.Conv2D(x, w, m.Param(name+".bias", filters), c, act, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

func (m *Maker) BatchNorm(x *gorgonia.Node, name string) *gorgonia.Node {
	c := x.Shape()[1]
	n := Must(op.BatchNorm(x, m.Param(name+".weight", c), m.Param(name+".bias", c), m.State(name+".running_mean", c, -0.5),
		m.State(name+".running_var", c, 1), 1e-5, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

func (m *Maker) Act(x *gorgonia.Node, act op.Activation) *gorgonia.Node {
	return Must(op.Activate(x, act, 0.1))
}

var Pad1 = op.ConvConfig{Pads: [4]int{1, 1, 1, 1}}

// ImageNet has one of everything that works on images.
func ImageNet(t testing.TB, dt tensor.Dtype, batch int) *Net {
	m := New(t, dt, "images")
	h := m.Act(m.BatchNorm(m.Conv(m.Input("x", batch, 2, 7, 6), "conv1", 4, 3, Pad1, op.Identity), "norm1"), op.LeakyReLU)
	h = Must(op.MaxPool2D(h, op.PoolConfig{Kernel: [2]int{2, 2}, CeilMode: true}))
	h = m.Conv(h, "depthwise", 4, 3, op.ConvConfig{Groups: 4, Pads: [4]int{1, 1, 1, 1}}, op.GELU)
	h = m.Conv(h, "grouped", 6, 2, op.ConvConfig{Groups: 2}, op.Tanh)
	h = Must(op.AvgPool2D(h, op.PoolConfig{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}}))
	h = Must(op.GlobalAvgPool(h))
	h = m.Act(m.BatchNorm(h, "norm2"), op.GELU)
	return m.Done(m.Dense(h, "head", 3, op.Identity))
}

// NormNet has batch norms that can be folded, behind a convolution with and without bias, a depthwise one and a dense
// layer, and three that cannot: behind an activation, behind a pool and behind a layer that is read twice.
func NormNet(m *Maker) *Net {
	x := m.Input("x", 3, 2, 9, 9)
	bare := Must(op.Conv2D(x, m.Param("bare.weight", 4, 2, 3, 3), nil, Pad1, op.Identity, 0))
	h := m.Act(m.BatchNorm(bare, "norm1"), op.ReLU)
	h = m.BatchNorm(m.Conv(h, "depthwise", 4, 3, op.ConvConfig{Groups: 4}, op.Identity), "norm2")
	h = m.Act(m.BatchNorm(m.Conv(h, "conv", 5, 2, op.ConvConfig{}, op.Identity), "norm3"), op.LeakyReLU)
	h = m.BatchNorm(m.Conv(h, "active", 4, 2, op.ConvConfig{}, op.Tanh), "stays1")
	h = m.BatchNorm(Must(op.GlobalAvgPool(h)), "stays2")
	twice := m.Dense(h, "twice", 4, op.Identity)
	h = Must(gorgonia.Add(twice, m.BatchNorm(twice, "stays3")))
	h = m.Act(m.BatchNorm(m.Dense(h, "dense", 2, op.Identity), "norm4"), op.GELU)
	return m.Done(m.Dense(h, "head", 3, op.Identity))
}

// Over is a dense layer over the last axis of a tensor of any rank.
func (m *Maker) Over(x *gorgonia.Node, name string, units int, act op.Activation) *gorgonia.Node {
	in := x.Shape()[x.Dims()-1]
	n := Must(op.Dense(x, m.Param(name+".weight", in, units), m.Param(name+".bias", units), act, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

func (m *Maker) Number(f float64) *gorgonia.Node {
	if m.Dtype == tensor.Float32 {
		return gorgonia.NewConstant(float32(f))
	}
	return gorgonia.NewConstant(f)
}

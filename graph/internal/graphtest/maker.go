package graphtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Maker builds networks and graphs out of seeded numbers that are the same in both dtypes.
type Maker struct {
	T     testing.TB
	Dtype tensor.Dtype
	Rand  *rand.Rand
	Net   *Net
}

func New(t testing.TB, dt tensor.Dtype, purpose ...string) *Maker {
	return &Maker{t, dt, random.New(7, purpose...), &Net{Graph: gorgonia.NewGraph()}}
}

func Must(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}

// Normal draws numbers that are the same in float32 and float64, away from ReLU's kink.
func (m *Maker) Normal() float64 {
	for {
		if v := float64(float32(m.Rand.NormFloat64())); math.Abs(v) > 0.05 {
			return v
		}
	}
}

func (m *Maker) Floats(n int) []float64 {
	f := make([]float64, n)
	for i := range f {
		f[i] = m.Normal()
	}
	return f
}

func NewDense(dt tensor.Dtype, f []float64, shape ...int) *tensor.Dense {
	d := tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
	Fill(d, f)
	return d
}

func Fill(v gorgonia.Value, f []float64) {
	switch x := v.(type) {
	case *gorgonia.F32:
		*x = gorgonia.F32(f[0])
	case *gorgonia.F64:
		*x = gorgonia.F64(f[0])
	case *tensor.Dense:
		switch x.Dtype() {
		case tensor.Float32:
			for i, v := range f {
				x.Float32s()[i] = float32(v)
			}
		case tensor.Float64:
			copy(x.Float64s(), f)
		}
	}
}

// Node is an input with a value.
func (m *Maker) Node(name string, shape ...int) *gorgonia.Node {
	if len(shape) == 0 {
		v, _ := op.NewValue(m.Dtype, nil)
		Fill(v, m.Floats(1))
		return gorgonia.NewScalar(m.Net.Graph, m.Dtype, gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	return gorgonia.NewTensor(m.Net.Graph, m.Dtype, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(NewDense(m.Dtype, m.Floats(tensor.Shape(shape).TotalSize()), shape...)))
}

func (m *Maker) Input(name string, shape ...int) *gorgonia.Node {
	n := m.Node(name, shape...)
	m.Net.Inputs = append(m.Net.Inputs, n)
	return n
}

func (m *Maker) Param(name string, shape ...int) *gorgonia.Node {
	n := m.Node(name, shape...)
	m.Net.Params = append(m.Net.Params, n)
	return n
}

func (m *Maker) Constant(name string, f []float64) *gorgonia.Node {
	n := m.Node(name, len(f))
	Fill(n.Value(), f)
	m.Net.Constants = append(m.Net.Constants, n)
	return n
}

// Dense is a layer of ours with parameters called after it.
func (m *Maker) Dense(x *gorgonia.Node, name string, units int, act op.Activation) *gorgonia.Node {
	n := Must(op.Dense(x, m.Param(name+".weight", x.Shape()[1], units), m.Param(name+".bias", units), act, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

// Plain is the same layer as Gorgonia's users write it.
func (m *Maker) Plain(x *gorgonia.Node, name string, units int) *gorgonia.Node {
	w, b := m.Param(name+".weight", x.Shape()[1], units), m.Param(name+".bias", units)
	return Must(gorgonia.BroadcastAdd(Must(gorgonia.Mul(x, w)), b, nil, []byte{0}))
}

func (m *Maker) Done(outputs ...*gorgonia.Node) *Net {
	m.Net.Outputs = outputs
	return m.Net
}

// MLP has one dense layer for each of units; all but the last are activated.
func MLP(t testing.TB, dt tensor.Dtype, batch, features int, act op.Activation, units ...int) *Net {
	m := New(t, dt, "mlp")
	x := m.Input("input", batch, features)
	for i, u := range units {
		a := act
		if i == len(units)-1 {
			a = op.Identity
		}
		x = m.Dense(x, fmt.Sprintf("dense%d", i+1), u, a)
	}
	return m.Done(x)
}

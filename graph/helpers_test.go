package graph

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

// maker builds networks and graphs out of seeded numbers that are the same in both dtypes.
type maker struct {
	t   testing.TB
	dt  tensor.Dtype
	rng *rand.Rand
	net *Network
}

func newMaker(t testing.TB, dt tensor.Dtype, purpose ...string) *maker {
	return &maker{t, dt, random.New(7, purpose...), &Network{Graph: gorgonia.NewGraph()}}
}

func must(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}

// normal draws numbers that are the same in float32 and float64, away from ReLU's kink.
func (m *maker) normal() float64 {
	for {
		if v := float64(float32(m.rng.NormFloat64())); math.Abs(v) > 0.05 {
			return v
		}
	}
}

func (m *maker) floats(n int) []float64 {
	f := make([]float64, n)
	for i := range f {
		f[i] = m.normal()
	}
	return f
}

func newDense(dt tensor.Dtype, f []float64, shape ...int) *tensor.Dense {
	d := tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
	fill(d, f)
	return d
}

func fill(v gorgonia.Value, f []float64) {
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

// node is an input with a value.
func (m *maker) node(name string, shape ...int) *gorgonia.Node {
	if len(shape) == 0 {
		v, _ := op.NewValue(m.dt, nil)
		fill(v, m.floats(1))
		return gorgonia.NewScalar(m.net.Graph, m.dt, gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	return gorgonia.NewTensor(m.net.Graph, m.dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(newDense(m.dt, m.floats(tensor.Shape(shape).TotalSize()), shape...)))
}

func (m *maker) input(name string, shape ...int) *gorgonia.Node {
	n := m.node(name, shape...)
	m.net.Inputs = append(m.net.Inputs, n)
	return n
}

func (m *maker) param(name string, shape ...int) *gorgonia.Node {
	n := m.node(name, shape...)
	m.net.Params = append(m.net.Params, n)
	return n
}

func (m *maker) constant(name string, f []float64) *gorgonia.Node {
	n := m.node(name, len(f))
	fill(n.Value(), f)
	m.net.Constants = append(m.net.Constants, n)
	return n
}

// dense is a layer of ours with parameters called after it.
func (m *maker) dense(x *gorgonia.Node, name string, units int, act op.Activation) *gorgonia.Node {
	n := must(op.Dense(x, m.param(name+".weight", x.Shape()[1], units), m.param(name+".bias", units), act, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

// plain is the same layer as Gorgonia's users write it.
func (m *maker) plain(x *gorgonia.Node, name string, units int) *gorgonia.Node {
	w, b := m.param(name+".weight", x.Shape()[1], units), m.param(name+".bias", units)
	return must(gorgonia.BroadcastAdd(must(gorgonia.Mul(x, w)), b, nil, []byte{0}))
}

func (m *maker) done(outputs ...*gorgonia.Node) *Network {
	m.net.Outputs = outputs
	return m.net
}

// mlp has one dense layer for each of units; all but the last are activated.
func mlp(t testing.TB, dt tensor.Dtype, batch, features int, act op.Activation, units ...int) *Network {
	m := newMaker(t, dt, "mlp")
	x := m.input("input", batch, features)
	for i, u := range units {
		a := act
		if i == len(units)-1 {
			a = op.Identity
		}
		x = m.dense(x, fmt.Sprintf("dense%d", i+1), u, a)
	}
	return m.done(x)
}

func compile(t testing.TB, g *gorgonia.ExprGraph, opts ...Option) *Program {
	t.Helper()
	p, err := Compile(g, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t testing.TB, vm gorgonia.VM) {
	t.Helper()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// numbers copies a value's elements.
func numbers(t testing.TB, v gorgonia.Value) []float64 {
	t.Helper()
	switch d := v.(type) {
	case nil:
		t.Fatal("no value")
	case *tensor.Dense:
		c, err := op.Materialize(d)
		if err != nil {
			t.Fatal(err)
		}
		v = c
	}
	var r []float64
	switch d := v.Data().(type) {
	case float32:
		return []float64{float64(d)}
	case float64:
		return []float64{d}
	case bool:
		return numbersOf([]bool{d})
	case []float32:
		for _, x := range d {
			r = append(r, float64(x))
		}
	case []float64:
		return append(r, d...)
	case []int:
		for _, x := range d {
			r = append(r, float64(x))
		}
	case []bool:
		return numbersOf(d)
	default:
		t.Fatalf("value of %T", d)
	}
	return r
}

func numbersOf(b []bool) []float64 {
	r := make([]float64, len(b))
	for i, v := range b {
		if v {
			r[i] = 1
		}
	}
	return r
}

func tolerance(dt tensor.Dtype) float64 {
	if dt == tensor.Float64 {
		return 1e-12
	}
	return 1e-5
}

// equal fails the test where two lists differ by more than tol, relative to numbers above 1.
func equal(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*math.Max(1, math.Abs(want[i]))) && got[i] != want[i] {
			t.Fatalf("%s, element %d: %.17g, want %.17g", what, i, got[i], want[i])
		}
	}
}

// eval runs a network on rows for each of its inputs, row-major, and returns its outputs.
func eval(t testing.TB, net *Network, rows ...[]float64) [][]float64 {
	t.Helper()
	for i, in := range net.Inputs {
		if err := gorgonia.Let(in, newDense(in.Dtype(), rows[i], in.Shape()...)); err != nil {
			t.Fatal(err)
		}
	}
	run(t, compile(t, net.Graph, Outputs(net.Outputs...)))
	var out [][]float64
	for _, o := range net.Outputs {
		out = append(out, numbers(t, o.Value()))
	}
	return out
}

// rowsFor makes inputs for every input of a network.
func rowsFor(net *Network, purpose ...string) [][]float64 {
	rng := random.New(3, purpose...)
	var rows [][]float64
	for _, in := range net.Inputs {
		f := make([]float64, in.Shape().TotalSize())
		for i := range f {
			f[i] = float64(float32(rng.NormFloat64()))
		}
		rows = append(rows, f)
	}
	return rows
}

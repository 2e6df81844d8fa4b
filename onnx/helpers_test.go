package onnx_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// builder puts networks together; the first error fails the test.
type builder struct {
	t   testing.TB
	dt  tensor.Dtype
	net *network.Network
}

func newBuilder(t testing.TB, dt tensor.Dtype) *builder {
	return &builder{t, dt, &network.Network{Graph: gorgonia.NewGraph()}}
}

func (b *builder) must(n *gorgonia.Node, err error) *gorgonia.Node {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *builder) input(name string, features int) *gorgonia.Node {
	n := gorgonia.NewMatrix(b.net.Graph, b.dt, gorgonia.WithName(name), gorgonia.WithShape(4, features))
	b.net.Inputs = append(b.net.Inputs, n)
	return n
}

// leaf makes a tensor of seeded numbers in (low, high).
func (b *builder) leaf(name string, low, high float64, shape ...int) *gorgonia.Node {
	v := numbers(b.dt, "leaf "+name, low, high, shape...)
	return gorgonia.NewTensor(b.net.Graph, b.dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(v))
}

func (b *builder) param(name string, shape ...int) *gorgonia.Node {
	n := b.leaf(name, -1, 1, shape...)
	b.net.Params = append(b.net.Params, n)
	return n
}

func (b *builder) constant(name string, low, high float64, shape ...int) *gorgonia.Node {
	n := b.leaf(name, low, high, shape...)
	b.net.Constants = append(b.net.Constants, n)
	return n
}

func (b *builder) dense(x *gorgonia.Node, name string, units int, act op.Activation, slope float64) *gorgonia.Node {
	b.t.Helper()
	in := x.Shape()[1]
	return b.must(op.Dense(x, b.param(name+".weight", in, units), b.param(name+".bias", units), act, slope))
}

func (b *builder) done(out ...*gorgonia.Node) *network.Network {
	b.net.Outputs = out
	return b.net
}

func numbers(dt tensor.Dtype, purpose string, low, high float64, shape ...int) *tensor.Dense {
	r := random.New(7, purpose)
	size := tensor.Shape(shape).TotalSize()
	if dt == tensor.Float64 {
		x := make([]float64, size)
		for i := range x {
			x[i] = low + (high-low)*r.Float64()
		}
		return tensor.New(tensor.WithBacking(x), tensor.WithShape(shape...))
	}
	x := make([]float32, size)
	for i := range x {
		x[i] = float32(low + (high-low)*r.Float64())
	}
	return tensor.New(tensor.WithBacking(x), tensor.WithShape(shape...))
}

// examples draws a batch for every input, (name → value).
func examples(t testing.TB, net *network.Network, batch int) map[string]*tensor.Dense {
	t.Helper()
	in := map[string]*tensor.Dense{}
	for _, n := range net.Inputs {
		shape := n.Shape().Clone()
		shape[0] = batch
		in[n.Name()] = numbers(n.Dtype(), fmt.Sprint("input ", n.Name(), batch), -3, 3, shape...)
	}
	return in
}

// forward computes the outputs, in the form in which predictions are made.
func forward(t testing.TB, net *network.Network, in map[string]*tensor.Dense) []*tensor.Dense {
	t.Helper()
	batch := 0
	for _, v := range in {
		batch = v.Shape()[0]
	}
	net, err := net.Rebatch(batch)
	if err == nil {
		net, err = net.Inference()
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(net.Graph, graph.Outputs(net.Outputs...))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range net.Inputs {
		if err := gorgonia.Let(n, in[n.Name()]); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	var out []*tensor.Dense
	for _, o := range net.Outputs {
		out = append(out, o.Value().(*tensor.Dense).Clone().(*tensor.Dense))
	}
	return out
}

func float64s(d *tensor.Dense) []float64 {
	if d.Dtype() == tensor.Float64 {
		return d.Float64s()
	}
	out := make([]float64, d.DataSize())
	for i, v := range d.Float32s() {
		out[i] = float64(v)
	}
	return out
}

func ortValues(in map[string]*tensor.Dense) ortcheck.Values {
	out := ortcheck.Values{}
	for name, v := range in {
		x := ortcheck.Tensor{Dims: v.Shape()}
		if v.Dtype() == tensor.Float64 {
			x.Float64 = v.Float64s()
		} else {
			x.Float32 = v.Float32s()
		}
		out[name] = x
	}
	return out
}

func ortFloats(v ortcheck.Tensor) []float64 {
	if v.Float64 != nil {
		return v.Float64
	}
	var out []float64
	for _, x := range v.Float32 {
		out = append(out, float64(x))
	}
	return out
}

// agree compares to an absolute and relative tolerance.
func agree(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func sameBits(t testing.TB, what string, got, want *tensor.Dense) {
	t.Helper()
	a, b := float64s(got), float64s(want)
	if !got.Shape().Eq(want.Shape()) || len(a) != len(b) {
		t.Fatalf("%s: shape %v, want %v", what, got.Shape(), want.Shape())
	}
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, a[i], b[i])
		}
	}
}

func save(t testing.TB, net *network.Network, meta onnx.Meta) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := onnx.Save(path, net, meta); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, path string) (*network.Network, *onnx.Meta) {
	t.Helper()
	net, meta, err := onnx.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return net, meta
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// outputNames lists the outputs of a file in order.
func outputNames(t testing.TB, path string) []string {
	t.Helper()
	var names []string
	for _, o := range decode(t, read(t, path)).GetGraph().GetOutput() {
		names = append(names, o.GetName())
	}
	return names
}

func operatorsOf(t testing.TB, path string) []string {
	t.Helper()
	var ops []string
	for _, n := range decode(t, read(t, path)).GetGraph().GetNode() {
		ops = append(ops, n.GetOpType())
	}
	return ops
}

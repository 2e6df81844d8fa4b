package op_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

//go:embed testdata/torch.json
var torchJSON []byte

// torchCase is what PyTorch 1.13 computes; testdata/generate.py writes it and says how.
type torchCase struct {
	Op, Name string
	Config   torchConfig
	Shapes   [][]int // of x and the parameters
	NaN      []int   // where x is NaN
	Out      []int
	Y        []*float64 // nil for NaN
	Grads    [][]*float64
}

type torchConfig struct {
	Stride, Dilation, Kernel [2]int
	Pads                     [4]int
	Groups, Axis, Steps      int
	Ceil, Count, Eval        bool
	Eps, Momentum            float64
	Running                  [][]*float64 // mean and variance after each step
}

func (c torchConfig) conv() op.ConvConfig {
	return op.ConvConfig{Stride: c.Stride, Dilation: c.Dilation, Pads: c.Pads, Groups: c.Groups}
}

func (c torchConfig) pool() op.PoolConfig {
	return op.PoolConfig{Kernel: c.Kernel, Stride: c.Stride, Dilation: c.Dilation, Pads: c.Pads, CeilMode: c.Ceil,
		CountIncludePad: c.Count}
}

// torchValue is element i of the k-th tensor of a case.
func torchValue(k, i int) float64 { return float64((31*i*i+37*i+17*k)%101)/50 - 1 }

func torchValues(k int, shape []int) []float64 {
	f := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range f {
		f[i] = torchValue(k, i)
	}
	return f
}

// torchRun is a case in one type; our float32, too, is compared with PyTorch's float64.
type torchRun struct {
	torchCase
	dt     tensor.Dtype
	g      *gorgonia.ExprGraph
	states gorgonia.Nodes // of batch norm
}

func (c *torchRun) leaf(name string, f []float64, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(c.g, c.dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(dense(c.dt, f, shape...)))
}

// put replaces the numbers of a leaf.
func put(n *gorgonia.Node, f []float64) {
	switch v := n.Value().Data().(type) {
	case []float64:
		copy(v, f)
	case []float32:
		for i, x := range f {
			v[i] = float32(x)
		}
	}
}

func (c *torchRun) build(leaf gorgonia.Nodes) (*gorgonia.Node, error) {
	switch x := leaf[0]; c.Op {
	case "Conv2D", "Conv1D":
		conv := op.Conv2D
		if c.Op == "Conv1D" {
			conv = op.Conv1D
		}
		return conv(x, leaf[1], append(leaf, nil)[2], c.Config.conv(), op.Identity, 0)
	case "MaxPool2D":
		return op.MaxPool2D(x, c.Config.pool())
	case "AvgPool2D":
		return op.AvgPool2D(x, c.Config.pool())
	case "BatchNorm":
		n := c.Shapes[1][0]
		c.states = gorgonia.Nodes{c.leaf("mean", make([]float64, n), n), c.leaf("variance", slices.Repeat([]float64{1}, n), n)}
		return op.Apply(op.BatchNormLayer{Eps: c.Config.Eps, Momentum: c.Config.Momentum, Eval: c.Config.Eval},
			append(leaf, c.states...)...)
	case "LayerNorm":
		return op.LayerNorm(x, leaf[1], leaf[2], c.Config.Axis, c.Config.Eps)
	}
	return nil, fmt.Errorf("the fixture has an unknown operation %q", c.Op)
}

func TestTorch(t *testing.T) {
	var cases []torchCase
	if err := json.Unmarshal(torchJSON, &cases); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, c := range cases {
		seen[c.Op]++
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(c.Op, "/", c.Name, "/", dt), func(t *testing.T) {
				(&torchRun{torchCase: c, dt: dt, g: gorgonia.NewGraph()}).check(t)
			})
		}
	}
	for _, want := range []string{"Conv2D", "Conv1D", "MaxPool2D", "AvgPool2D", "BatchNorm", "LayerNorm"} {
		if seen[want] == 0 {
			t.Errorf("the fixture has no %s", want)
		}
	}
}

func (c *torchRun) check(t *testing.T) {
	var leaf gorgonia.Nodes
	for k, s := range c.Shapes {
		leaf = append(leaf, c.leaf(fmt.Sprint("in", k), torchValues(k, s), s...))
	}
	y, err := c.build(leaf)
	if err != nil {
		t.Fatal(err)
	}
	if !y.Shape().Eq(tensor.Shape(c.Out)) {
		t.Fatalf("output %v, PyTorch has %v", y.Shape(), c.Out)
	}
	r := c.leaf("r", torchValues(len(c.Shapes), c.Out), c.Out...)
	grads, err := gorgonia.Grad(must(gorgonia.Sum(must(gorgonia.HadamardProd(y, r)))), leaf...)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := graph.Compile(c.g)
	if err != nil {
		t.Fatal(err)
	}
	x := torchValues(0, c.Shapes[0])
	for _, i := range c.NaN {
		x[i] = math.NaN()
	}
	put(leaf[0], x)
	for step := range max(c.Config.Steps, 1) {
		if c.states != nil {
			c.prepare(leaf[0], step)
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		if c.states != nil && !c.Config.Eval {
			running := c.Config.Running[step]
			c.same(t, fmt.Sprint("mean after step ", step), data(t, c.states[0]), running[:len(running)/2])
			c.same(t, fmt.Sprint("variance after step ", step), data(t, c.states[1]), running[len(running)/2:])
		}
	}
	c.same(t, "y", data(t, y), c.Y)
	for k, n := range grads {
		c.same(t, fmt.Sprint("gradient ", k), data(t, n), c.Grads[k])
	}
}

// prepare gives a training step its batch, or an evaluation the statistics that training ended with.
func (c *torchRun) prepare(x *gorgonia.Node, step int) {
	last := c.Config.Steps - 1
	switch {
	case c.Config.Eval:
		for i, s := range c.states {
			n := len(c.Config.Running[last]) / 2
			put(s, numbers(c.Config.Running[last][i*n:][:n]))
		}
	case step < last:
		put(x, torchValues(10+step, c.Shapes[0]))
	default:
		put(x, torchValues(0, c.Shapes[0]))
	}
}

// numbers are those of the fixture, nil standing for NaN.
func numbers(f []*float64) []float64 {
	r := make([]float64, len(f))
	for i, v := range f {
		if r[i] = math.NaN(); v != nil {
			r[i] = *v
		}
	}
	return r
}

func (c *torchRun) same(t *testing.T, what string, got []float64, fixture []*float64) {
	t.Helper()
	tol := 1e-9 // for the digits that the fixture leaves out
	if c.dt == tensor.Float32 {
		tol = 5e-5
	}
	want := numbers(fixture)
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, PyTorch has %d", what, len(got), len(want))
	}
	for i, w := range want {
		if !near(got[i], w, tol) && !(math.IsNaN(w) && math.IsNaN(got[i])) {
			t.Errorf("%s, element %d: %.12g, PyTorch has %.12g", what, i, got[i], w)
		}
	}
}

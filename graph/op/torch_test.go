package op_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
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
	Running                  [][]float64 // mean and variance after each step
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

func torchTensor(k int, shape []int) *tensor.Dense {
	f := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range f {
		f[i] = torchValue(k, i)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(f))
}

func (c torchCase) build(leaf gorgonia.Nodes) (*gorgonia.Node, error) {
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
		states := make(gorgonia.Nodes, 2)
		for i := range states {
			states[i] = gorgonia.NewVector(x.Graph(), tensor.Float64, gorgonia.WithName(fmt.Sprint("state", i)),
				gorgonia.WithShape(c.Shapes[1]...), gorgonia.WithInit(gorgonia.ValuesOf(float64(i))))
		}
		return op.Apply(op.BatchNormLayer{Eps: c.Config.Eps, Momentum: c.Config.Momentum, Eval: c.Config.Eval},
			append(leaf, states...)...)
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
		t.Run(c.Op+"/"+c.Name, func(t *testing.T) { c.check(t) })
	}
	for _, want := range []string{"Conv2D", "Conv1D", "MaxPool2D", "AvgPool2D", "BatchNorm", "LayerNorm"} {
		if seen[want] == 0 {
			t.Errorf("the fixture has no %s", want)
		}
	}
}

func (c torchCase) check(t *testing.T) {
	g := gorgonia.NewGraph()
	var leaf gorgonia.Nodes
	for k, s := range c.Shapes {
		leaf = append(leaf, gorgonia.NewTensor(g, tensor.Float64, len(s), gorgonia.WithName(fmt.Sprint("in", k)),
			gorgonia.WithShape(s...), gorgonia.WithValue(torchTensor(k, s))))
	}
	y, err := c.build(leaf)
	if err != nil {
		t.Fatal(err)
	}
	if !y.Shape().Eq(tensor.Shape(c.Out)) {
		t.Fatalf("output %v, PyTorch has %v", y.Shape(), c.Out)
	}
	r := gorgonia.NewTensor(g, tensor.Float64, len(c.Out), gorgonia.WithName("r"), gorgonia.WithShape(c.Out...),
		gorgonia.WithValue(torchTensor(len(c.Shapes), c.Out)))
	cost := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, r))))
	grads, err := gorgonia.Grad(cost, leaf...)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := graph.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	x := leaf[0].Value().Data().([]float64)
	for _, i := range c.NaN {
		x[i] = math.NaN()
	}
	for step := range max(c.Config.Steps, 1) {
		if c.Op == "BatchNorm" {
			if c.Config.Eval { // the states are where training left them
				c.setStates(g)
			} else if step < c.Config.Steps-1 {
				copy(x, torchTensor(10+step, c.Shapes[0]).Float64s())
			} else {
				copy(x, torchTensor(0, c.Shapes[0]).Float64s())
			}
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		if c.Op == "BatchNorm" && !c.Config.Eval {
			c.checkStates(t, g, step)
		}
	}
	sameAsTorch(t, "y", data(t, y), c.Y)
	for k, n := range grads {
		sameAsTorch(t, fmt.Sprint("gradient ", k), data(t, n), c.Grads[k])
	}
}

func states(g *gorgonia.ExprGraph) (s []float64) {
	for i := range 2 {
		s = append(s, g.ByName(fmt.Sprint("state", i))[0].Value().Data().([]float64)...)
	}
	return s
}

func (c torchCase) setStates(g *gorgonia.ExprGraph) {
	last := c.Config.Running[c.Config.Steps-1]
	for i := range 2 {
		copy(g.ByName(fmt.Sprint("state", i))[0].Value().Data().([]float64), last[i*len(last)/2:])
	}
}

func (c torchCase) checkStates(t *testing.T, g *gorgonia.ExprGraph, step int) {
	t.Helper()
	for i, got := range states(g) {
		if want := c.Config.Running[step][i]; !near(got, want, 1e-9) {
			t.Errorf("step %d, running statistic %d: %.12g, PyTorch has %.12g", step, i, got, want)
		}
	}
}

// sameAsTorch allows for the digits that the fixture leaves out.
func sameAsTorch(t *testing.T, what string, got []float64, want []*float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, PyTorch has %d", what, len(got), len(want))
	}
	for i, w := range want {
		if w == nil && !math.IsNaN(got[i]) {
			t.Errorf("%s, element %d: %.12g, PyTorch has NaN", what, i, got[i])
		}
		if w != nil && !near(got[i], *w, 1e-9) {
			t.Errorf("%s, element %d: %.12g, PyTorch has %.12g", what, i, got[i], *w)
		}
	}
}

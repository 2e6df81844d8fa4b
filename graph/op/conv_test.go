package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// convCase is a small convolution with something in it that the others lack.
type convCase struct {
	name    string
	x, w    []int
	c       op.ConvConfig
	act     op.Activation
	noBias  bool
	wantOut []int
}

var convCases = []convCase{
	{"plain", []int{2, 3, 5, 4}, []int{2, 3, 3, 2}, op.ConvConfig{}, op.Identity, false, []int{2, 2, 3, 3}},
	{"no bias", []int{2, 2, 4, 4}, []int{3, 2, 2, 2}, op.ConvConfig{}, op.Identity, true, []int{2, 3, 3, 3}},
	{"1x1", []int{2, 4, 3, 3}, []int{3, 4, 1, 1}, op.ConvConfig{}, op.ReLU, false, []int{2, 3, 3, 3}},
	{"stride", []int{1, 2, 7, 8}, []int{2, 2, 3, 3}, op.ConvConfig{Stride: [2]int{2, 3}}, op.Tanh, false, []int{1, 2, 3, 2}},
	{"four pads", []int{1, 2, 4, 5}, []int{2, 2, 3, 3}, op.ConvConfig{Pads: [4]int{1, 2, 0, 1}}, op.ReLU, false,
		[]int{1, 2, 3, 6}},
	{"dilation", []int{1, 2, 7, 6}, []int{2, 2, 3, 2}, op.ConvConfig{Dilation: [2]int{2, 3}, Pads: [4]int{1, 1, 1, 1}},
		op.LeakyReLU, false, []int{1, 2, 5, 5}},
	{"groups", []int{2, 4, 4, 3}, []int{6, 2, 2, 2}, op.ConvConfig{Groups: 2, Pads: [4]int{0, 1, 1, 0}}, op.Sigmoid, false,
		[]int{2, 6, 4, 3}},
	{"depthwise", []int{2, 3, 5, 5}, []int{3, 1, 3, 3}, op.ConvConfig{Groups: 3, Pads: [4]int{1, 1, 1, 1},
		Stride: [2]int{2, 2}}, op.ReLU, false, []int{2, 3, 3, 3}},
	{"depthwise, two filters a channel", []int{1, 3, 4, 4}, []int{6, 1, 2, 3}, op.ConvConfig{Groups: 3}, op.Softplus, true,
		[]int{1, 6, 3, 2}},
	{"gelu", []int{1, 2, 4, 4}, []int{2, 2, 3, 3}, op.ConvConfig{Pads: [4]int{1, 1, 1, 1}}, op.GELU, false,
		[]int{1, 2, 4, 4}},
	{"kernel of the padded image's size", []int{2, 1, 3, 2}, []int{2, 1, 5, 4}, op.ConvConfig{Pads: [4]int{1, 1, 1, 1}},
		op.Identity, false, []int{2, 2, 1, 1}},
}

func (c convCase) build(b *builder) *gorgonia.Node {
	x, w := b.x(c.x...), b.x(c.w...)
	var bias *gorgonia.Node
	if !c.noBias {
		bias = b.x(c.w[0])
	}
	return must(op.Conv2D(x, w, bias, c.c, c.act, 0.1))
}

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, c := range convCases {
			add("Conv2D", c.name, c.build)
		}
		for i, c := range []op.ConvConfig{{}, {Stride: [2]int{0, 2}, Pads: [4]int{0, 1, 0, 2}}, {Dilation: [2]int{1, 2}},
			{Groups: 2}} {
			add("Conv1D", fmt.Sprint(i), func(b *builder) *gorgonia.Node {
				return must(op.Conv1D(b.x(2, 4, 7), b.x(2, 4/max(c.Groups, 1), 3), b.x(2), c, op.Tanh, 0))
			})
		}
		add("Conv1D", "no bias", func(b *builder) *gorgonia.Node {
			return must(op.Conv1D(b.x(1, 2, 5), b.x(3, 2, 2), nil, op.ConvConfig{}, op.GELU, 0))
		})
	})
}

func image(g *gorgonia.ExprGraph, name string, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
}

func TestConvShapes(t *testing.T) {
	for _, c := range convCases {
		g := gorgonia.NewGraph()
		y := must(op.Conv2D(image(g, "x", c.x...), image(g, "w", c.w...), nil, c.c, c.act, 0.1))
		if !y.Shape().Eq(tensor.Shape(c.wantOut)) {
			t.Errorf("%s: output %v, want %v", c.name, y.Shape(), c.wantOut)
		}
	}
}

func TestConvWrongUse(t *testing.T) {
	for _, c := range []struct {
		name, want string
		x, w       []int
		c          op.ConvConfig
	}{
		{"channels", "2 channels", []int{1, 2, 4, 4}, []int{2, 3, 3, 3}, op.ConvConfig{}},
		{"rank", "rank 4", []int{1, 2, 4}, []int{2, 2, 3}, op.ConvConfig{}},
		{"filters in groups", "multiples of the 2 groups", []int{1, 4, 4, 4}, []int{3, 2, 3, 3}, op.ConvConfig{Groups: 2}},
		{"negative groups", "groups is -1", []int{1, 4, 4, 4}, []int{3, 4, 3, 3}, op.ConvConfig{Groups: -1}},
		{"kernel", "does not fit", []int{1, 1, 3, 3}, []int{1, 1, 4, 4}, op.ConvConfig{}},
		{"stride", "stride is -1", []int{1, 1, 3, 3}, []int{1, 1, 2, 2}, op.ConvConfig{Stride: [2]int{-1, 1}}},
		{"padding", "padding at the left", []int{1, 1, 3, 3}, []int{1, 1, 2, 2}, op.ConvConfig{Pads: [4]int{0, -1, 0, 0}}},
	} {
		g := gorgonia.NewGraph()
		_, err := op.Conv2D(image(g, "x", c.x...), image(g, "w", c.w...), nil, c.c, op.ReLU, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
	g := gorgonia.NewGraph()
	x, w := image(g, "x", 1, 2, 4, 4), image(g, "w", 3, 2, 3, 3)
	if _, err := op.Conv2D(x, w, image(g, "b", 2), op.ConvConfig{}, op.ReLU, 0); err == nil {
		t.Error("a bias of 2 for 3 filters is accepted")
	}
	if _, err := op.Conv2D(x, nil, nil, op.ConvConfig{}, op.ReLU, 0); err == nil {
		t.Error("a convolution without weights is accepted")
	}
	line, taps := image(g, "line", 1, 2, 4), image(g, "taps", 3, 2, 3)
	if _, err := op.Conv1D(line, taps, nil, op.ConvConfig{Stride: [2]int{2, 1}}, op.ReLU, 0); err == nil {
		t.Error("Conv1D ignores a vertical stride")
	}
}

// The zero value of a geometry is the same operation as the ones that it stands for.
func TestConvConfigZeroValue(t *testing.T) {
	g := gorgonia.NewGraph()
	x, w := image(g, "x", 1, 2, 4, 4), image(g, "w", 3, 2, 3, 3)
	a := must(op.Conv2D(x, w, nil, op.ConvConfig{}, op.ReLU, 0))
	b := must(op.Conv2D(x, w, nil, op.ConvConfig{Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1}, op.ReLU, 0))
	if !op.SameOp(a.Op(), b.Op()) {
		t.Errorf("%v and %v differ", a.Op(), b.Op())
	}
}

func TestConvMACs(t *testing.T) {
	conv := op.ConvLayer{ConvConfig: op.ConvConfig{Groups: 2}}
	in := []tensor.Shape{{2, 4, 6, 6}, {6, 2, 3, 3}}
	out, err := conv.Shape(in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := conv.MACs(in, out), int64(2*6*4*4*2*3*3); got != want {
		t.Errorf("%d MACs, want %d", got, want)
	}
}

// kept is what a removal leaves of a depthwise convolution.
type kept map[op.Axis][]int

func (k kept) Dims(arg int) tensor.Shape {
	return map[int]tensor.Shape{0: {1, 3, 4, 4}, 1: {6, 1, 3, 3}, op.Output: {1, 6, 2, 2}}[arg]
}
func (k kept) Keep(a op.Axis) []int { return k[a] }

// A depthwise convolution has as many groups as channels are left.
func TestCutDepthwise(t *testing.T) {
	conv := op.ConvLayer{ConvConfig: op.ConvConfig{Groups: 3}}
	g := gorgonia.NewGraph()
	in := gorgonia.Nodes{image(g, "x", 1, 2, 4, 4), image(g, "w", 4, 1, 3, 3)}
	k := kept{op.In(0, 1): {0, 2}, op.In(1, 0): {0, 1, 4, 5}}
	y, err := conv.Cut(in, k)
	if err != nil {
		t.Fatal(err)
	}
	if got := y.Op().(*op.Operation).Definition.(op.ConvLayer).Groups; got != 2 || !y.Shape().Eq(tensor.Shape{1, 4, 2, 2}) {
		t.Errorf("%d groups, output %v", got, y.Shape())
	}
	k[op.In(1, 0)] = []int{0, 1, 4}
	if _, err := conv.Cut(in, k); err == nil || !strings.Contains(err.Error(), "2 filters a channel") {
		t.Errorf("error %v for a channel that lost one of its filters", err)
	}
}

package op_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var poolCases = []struct {
	name string
	x    []int
	c    op.PoolConfig
	out  []int
}{
	{"2x2", []int{2, 2, 4, 6}, op.PoolConfig{Kernel: [2]int{2, 2}}, []int{2, 2, 2, 3}},
	{"2x2 of odd size", []int{1, 2, 5, 7}, op.PoolConfig{Kernel: [2]int{2, 2}}, []int{1, 2, 2, 3}},
	{"overlapping", []int{1, 2, 6, 5}, op.PoolConfig{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}}, []int{1, 2, 2, 4}},
	{"padding", []int{1, 2, 5, 5}, op.PoolConfig{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pads: [4]int{1, 1, 1, 1}},
		[]int{1, 2, 3, 3}},
	{"four pads", []int{1, 1, 4, 4}, op.PoolConfig{Kernel: [2]int{3, 3}, Stride: [2]int{2, 1}, Pads: [4]int{2, 0, 1, 1}},
		[]int{1, 1, 3, 3}},
	{"ceil", []int{1, 2, 5, 6}, op.PoolConfig{Kernel: [2]int{2, 3}, Stride: [2]int{2, 2}, CeilMode: true},
		[]int{1, 2, 3, 3}},
	{"ceil with padding", []int{1, 1, 5, 6}, op.PoolConfig{Kernel: [2]int{3, 3}, Stride: [2]int{3, 2},
		Pads: [4]int{1, 1, 1, 1}, CeilMode: true}, []int{1, 1, 2, 4}},
	// Rounded up there would be 3 windows, but the last would start behind the image.
	{"ceil cut short", []int{1, 1, 3, 3}, op.PoolConfig{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Pads: [4]int{1, 1, 1, 1},
		CeilMode: true}, []int{1, 1, 2, 2}},
}

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, c := range poolCases {
			add("MaxPool2D", c.name, func(b *builder) *gorgonia.Node { return must(op.MaxPool2D(b.x(c.x...), c.c)) })
			for _, count := range []bool{false, true} {
				cfg, name := c.c, c.name
				if cfg.CountIncludePad = count; count {
					name += ", padding counted"
				}
				add("AvgPool2D", name, func(b *builder) *gorgonia.Node { return must(op.AvgPool2D(b.x(c.x...), cfg)) })
			}
		}
		add("MaxPool2D", "dilation", func(b *builder) *gorgonia.Node {
			return must(op.MaxPool2D(b.x(1, 2, 6, 7), op.PoolConfig{Kernel: [2]int{2, 3}, Stride: [2]int{1, 2},
				Dilation: [2]int{3, 2}, Pads: [4]int{1, 1, 0, 1}}))
		})
		add("GlobalAvgPool", "", func(b *builder) *gorgonia.Node { return must(op.GlobalAvgPool(b.x(2, 3, 4, 5))) })
		add("GlobalAvgPool", "line", func(b *builder) *gorgonia.Node { return must(op.GlobalAvgPool(b.x(2, 3, 5))) })
		add("GlobalAvgPool", "1x1", func(b *builder) *gorgonia.Node { return must(op.GlobalAvgPool(b.x(2, 3, 1, 1))) })
	})
}

func TestPoolShapes(t *testing.T) {
	for _, c := range poolCases {
		g := gorgonia.NewGraph()
		y := must(op.MaxPool2D(image(g, "x", c.x...), c.c))
		if !y.Shape().Eq(tensor.Shape(c.out)) {
			t.Errorf("%s: output %v, want %v", c.name, y.Shape(), c.out)
		}
	}
}

func TestPoolWrongUse(t *testing.T) {
	g := gorgonia.NewGraph()
	x := image(g, "x", 1, 2, 4, 4)
	two := [2]int{2, 2}
	for _, c := range []struct {
		name, want string
		f          func() (*gorgonia.Node, error)
	}{
		{"no kernel", "kernel height is 0", func() (*gorgonia.Node, error) { return op.MaxPool2D(x, op.PoolConfig{}) }},
		{"padding", "not smaller", func() (*gorgonia.Node, error) {
			return op.MaxPool2D(x, op.PoolConfig{Kernel: two, Pads: [4]int{2, 0, 0, 0}})
		}},
		{"too large", "does not fit", func() (*gorgonia.Node, error) {
			return op.AvgPool2D(x, op.PoolConfig{Kernel: [2]int{5, 5}})
		}},
		{"counted padding", "counts no padding", func() (*gorgonia.Node, error) {
			return op.MaxPool2D(x, op.PoolConfig{Kernel: two, CountIncludePad: true})
		}},
		{"dilated average", "an average has none", func() (*gorgonia.Node, error) {
			return op.AvgPool2D(x, op.PoolConfig{Kernel: two, Dilation: two})
		}},
		{"rank", "", func() (*gorgonia.Node, error) { return op.MaxPool2D(image(g, "m", 4, 4), op.PoolConfig{Kernel: two}) }},
		{"global rank", "", func() (*gorgonia.Node, error) { return op.GlobalAvgPool(image(g, "n", 4, 4)) }},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
}

// A NaN in a window is its maximum; the others are not touched by it, nor is a window of −∞.
func TestMaxPoolNaN(t *testing.T) {
	g := gorgonia.NewGraph()
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	x := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithName("x"), gorgonia.WithShape(1, 1, 2, 6),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1, 1, 2, 6), tensor.WithBacking([]float32{
			nan, 1, 3, inf, inf, inf,
			2, nan, -1, inf, inf, inf,
		}))))
	y := must(op.MaxPool2D(x, op.PoolConfig{Kernel: [2]int{2, 2}}))
	vm, err := graph.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	got := data(t, y)
	if !math.IsNaN(got[0]) || got[1] != 3 || !math.IsInf(got[2], -1) {
		t.Errorf("got %v, want NaN, 3, -Inf", got)
	}
}

package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for axis := range 3 {
			add("Concat", fmt.Sprint("axis ", axis), func(b *builder) *gorgonia.Node {
				sizes := [3][]int{{2, 3, 2}, {2, 3, 2}, {2, 3, 2}}
				sizes[1][axis], sizes[2][axis] = 1, 4
				return must(op.Concat(axis, b.x(sizes[0]...), b.x(sizes[1]...), b.x(sizes[2]...)))
			})
		}
		add("Concat", "one input", func(b *builder) *gorgonia.Node { return must(op.Concat(-1, b.x(2, 3))) })
		add("Concat", "an input twice", func(b *builder) *gorgonia.Node { x := b.x(4); return must(op.Concat(0, x, x)) })
		for name, s := range map[string][4]int{"middle": {1, 1, 3, 1}, "step 2": {1, 0, 5, 2}, "from the end": {-1, -2, op.End, 1},
			"rows": {0, 1, 3, 1}, "strided rows": {0, 0, 4, 3}, "all": {1, 0, 5, 1}, "up to −1": {2, 0, -1, 2}} {
			add("Slice", name, func(b *builder) *gorgonia.Node { return must(op.Slice(b.x(4, 5, 3), s[0], s[1], s[2], s[3])) })
		}
		add("Split", "in three, used twice and not at all", func(b *builder) *gorgonia.Node {
			p, err := op.Split(b.x(3, 6), 1, 2, 3, 1)
			must(nil, err)
			return must(op.Mul(p[0], must(op.Mul(p[0], p[2]))))
		})
		for name, s := range map[string][]int{"order": {2, 0, 1, 3}, "some": {1, 3}, "twice": {0, 2, 0, 0}, "one": {3}} {
			for axis := range 3 {
				add("Select", fmt.Sprint(name, " axis ", axis), func(b *builder) *gorgonia.Node {
					return must(op.Select(b.x(4, 4, 4), axis-3, s...))
				})
			}
		}
		for _, perm := range [][]int{nil, {0, 2, 1, 3}, {3, 2, 1, 0}, {0, 2, 3, 1}, {0, 1, 2, 3}, {-1, 0, 1, 2}} {
			add("Transpose", fmt.Sprint(perm), func(b *builder) *gorgonia.Node { return must(op.Transpose(b.x(2, 3, 4, 5), perm...)) })
		}
		add("Transpose", "matrix", func(b *builder) *gorgonia.Node { return must(op.Transpose(b.x(37, 41))) })
	})
}

func runAll(t *testing.T, g *gorgonia.ExprGraph) {
	t.Helper()
	vm, err := graph.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// counted is an input that holds 0, 1, 2, …
func (b *builder) counted(shape ...int) *gorgonia.Node {
	next := -1.0
	return b.input(true, func() float64 { next++; return next }, shape...)
}

// The values themselves, by hand.
func TestShapeOps(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	x := b.counted(2, 3)
	for _, c := range []struct {
		name  string
		n     *gorgonia.Node
		shape tensor.Shape
		want  []float64
	}{
		{"transpose", must(op.Transpose(x)), tensor.Shape{3, 2}, []float64{0, 3, 1, 4, 2, 5}},
		{"slice", must(op.Slice(x, 1, 1, op.End, 1)), tensor.Shape{2, 2}, []float64{1, 2, 4, 5}},
		{"slice by 2", must(op.Slice(x, -1, 0, 3, 2)), tensor.Shape{2, 2}, []float64{0, 2, 3, 5}},
		{"select", must(op.Select(x, 1, 2, 0, 2)), tensor.Shape{2, 3}, []float64{2, 0, 2, 5, 3, 5}},
		{"concat", must(op.Concat(1, x, must(op.Slice(x, 1, 0, 1, 1)))), tensor.Shape{2, 4}, []float64{0, 1, 2, 0, 3, 4, 5, 3}},
		{"concat rows", must(op.Concat(0, x, x)), tensor.Shape{4, 3}, []float64{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}},
		{"reshape", must(op.Reshape(x, 3, -1)), tensor.Shape{3, 2}, []float64{0, 1, 2, 3, 4, 5}},
		{"unsqueeze", must(op.Unsqueeze(x, 0, -1)), tensor.Shape{1, 2, 3, 1}, []float64{0, 1, 2, 3, 4, 5}},
		{"flatten", must(op.Flatten(x, 2)), tensor.Shape{6, 1}, []float64{0, 1, 2, 3, 4, 5}},
		{"sum", must(op.Reduce(op.ReduceSum, x, false, 0)), tensor.Shape{3}, []float64{3, 5, 7}},
		{"mean", must(op.Reduce(op.ReduceMean, x, true, 1)), tensor.Shape{2, 1}, []float64{1, 4}},
		{"broadcast", must(op.Sub(x, must(op.Reduce(op.ReduceMax, x, true, 1)))), tensor.Shape{2, 3}, []float64{-2, -1, 0, -2, -1, 0}},
	} {
		runAll(t, b.g)
		if !c.n.Shape().Eq(c.shape) || len(c.n.Shape()) != len(c.shape) {
			t.Errorf("%s: shape %v, want %v", c.name, c.n.Shape(), c.shape)
		}
		for i, w := range c.want {
			if got := data(t, c.n)[i]; got != w {
				t.Errorf("%s: element %d is %v, want %v", c.name, i, got, w)
			}
		}
	}
}

func TestShapeOpsRefuse(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	x, y := b.counted(2, 3), b.counted(3, 2)
	for _, c := range []struct {
		want string
		f    func() (*gorgonia.Node, error)
	}{
		{"axis 1 differs", func() (*gorgonia.Node, error) { return op.Concat(0, x, y) }},
		{"nothing to join", func() (*gorgonia.Node, error) { return op.Concat(0) }},
		{"axis 2 is outside", func() (*gorgonia.Node, error) { return op.Concat(2, x, x) }},
		{"empty or leaves", func() (*gorgonia.Node, error) { return op.Slice(x, 1, 2, 2, 1) }},
		{"empty or leaves", func() (*gorgonia.Node, error) { return op.Slice(x, 1, 0, 4, 1) }},
		{"empty or leaves", func() (*gorgonia.Node, error) { return op.Slice(x, 1, 0, 3, -1) }},
		{"add up to 2", func() (*gorgonia.Node, error) { _, err := op.Split(x, 1, 1, 1); return nil, err }},
		{"size 0", func() (*gorgonia.Node, error) { _, err := op.Split(x, 1, 0, 3); return nil, err }},
		{"index 3 is outside", func() (*gorgonia.Node, error) { return op.Select(x, 1, 3) }},
		{"no index", func() (*gorgonia.Node, error) { return op.Select(x, 1) }},
		{"no order", func() (*gorgonia.Node, error) { return op.Transpose(x, 0) }},
		{"no order", func() (*gorgonia.Node, error) { return op.Transpose(x, 0, 0) }},
		{"does not divide", func() (*gorgonia.Node, error) { return op.Reshape(x, 4, -1) }},
		{"elements", func() (*gorgonia.Node, error) { return op.Reshape(x, 3) }},
		{"more than one", func() (*gorgonia.Node, error) { return op.Reshape(x, -1, -1) }},
		{"not there", func() (*gorgonia.Node, error) { return op.Reshape(x, 2, 3, 0) }},
		{"no size", func() (*gorgonia.Node, error) { return op.Reshape(x, -2, 3) }},
		{"has size 2", func() (*gorgonia.Node, error) { return op.Squeeze(x, 0) }},
		{"no axis 3", func() (*gorgonia.Node, error) { return op.Flatten(x, 3) }},
		{"axis 4 is outside", func() (*gorgonia.Node, error) { return op.Unsqueeze(x, 4) }},
		{"nil", func() (*gorgonia.Node, error) { return op.Transpose(nil) }},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that contains %q", err, c.want)
		}
	}
}

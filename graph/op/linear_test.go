package op_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, act := range op.Activations() {
			add("Dense", fmt.Sprint(act, " over sequences"), func(b *builder) *gorgonia.Node {
				return must(op.Dense(b.x(2, 3, 4), b.x(4, 5), b.x(5), act, 0.1))
			})
			add("Linear", fmt.Sprint(act, " without bias"), func(b *builder) *gorgonia.Node {
				return must(op.Linear(b.x(2, 3, 4), b.x(4, 5), nil, act, 0.1))
			})
		}
		add("Linear", "matrix", func(b *builder) *gorgonia.Node { return must(op.Linear(b.x(3, 4), b.x(4, 2), b.x(2), op.Tanh, 0)) })
		add("Linear", "rank 4", func(b *builder) *gorgonia.Node {
			return must(op.Linear(b.x(2, 1, 3, 4), b.x(4, 2), b.x(2), op.Identity, 0))
		})
		for _, trans := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
			for name, lead := range map[string][2][]int{"one batch": {{3}, {3}}, "heads": {{2, 3}, {2, 3}}, "one matrix on the right": {{2, 3}, {}},
				"one matrix on the left": {{}, {3}}, "broadcast": {{2, 1}, {1, 3}}, "repeated rows": {{1, 2}, {3, 2}}} {
				add("BatchMatMul", fmt.Sprint(name, trans), func(b *builder) *gorgonia.Node {
					x, y := []int{4, 5}, []int{5, 2}
					if trans[0] {
						x = []int{5, 4}
					}
					if trans[1] {
						y = []int{2, 5}
					}
					return must(op.BatchMatMul(b.x(append(append([]int{}, lead[0]...), x...)...), b.x(append(append([]int{}, lead[1]...), y...)...),
						trans[0], trans[1]))
				})
			}
			add("BatchMatMul", fmt.Sprint("matrices", trans), func(b *builder) *gorgonia.Node {
				return must(op.BatchMatMul(b.x(3, 3), b.x(3, 3), trans[0], trans[1]))
			})
		}
		for axis := -3; axis < 3; axis++ {
			add("SoftmaxAxis", fmt.Sprint(axis), func(b *builder) *gorgonia.Node { return must(op.SoftmaxAxis(b.x(3, 4, 2), axis)) })
			add("LogSoftmax", fmt.Sprint(axis), func(b *builder) *gorgonia.Node { return must(op.LogSoftmax(b.x(3, 4, 2), axis)) })
		}
		add("SoftmaxAxis", "matrix", func(b *builder) *gorgonia.Node { return must(op.SoftmaxAxis(b.x(3, 4), 1)) })
		add("LogSoftmax", "matrix", func(b *builder) *gorgonia.Node { return must(op.LogSoftmax(b.x(3, 4), 1)) })
		add("SoftmaxAxis", "vector", func(b *builder) *gorgonia.Node { return must(op.SoftmaxAxis(b.x(6), 0)) })
		for _, shape := range [][]int{{2, 3}, {2, 1, 3}} {
			add("Embedding", fmt.Sprint(shape), func(b *builder) *gorgonia.Node {
				return must(op.Embedding(b.x(5, 4), b.input(false, func() float64 { return float64(b.rng.IntN(5)) }, shape...)))
			})
		}
		add("Embedding", "of int", func(b *builder) *gorgonia.Node { return must(op.Embedding(b.x(5, 4), b.labels(5, 9))) })
		add("Clip", "both", func(b *builder) *gorgonia.Node { return must(op.Clip(b.x(5, 7), -0.51234, 0.73)) })
		add("Clip", "above", func(b *builder) *gorgonia.Node { return must(op.Clip(b.x(5, 7), math.Inf(-1), 0.73)) })
		add("Clip", "below", func(b *builder) *gorgonia.Node { return must(op.Clip(b.x(5, 7), 0, math.Inf(1))) })
		for name, shapes := range map[string][3][]int{"same": {{3, 4}, {3, 4}, {3, 4}}, "rows": {{4}, {3, 4}, {3, 4}},
			"all broadcast": {{2, 1, 1}, {1, 3, 1}, {1, 1, 4}}, "wider": {{2, 3, 4}, {4}, {3, 1}}} {
			add("Where", name, func(b *builder) *gorgonia.Node {
				mask := b.input(false, func() float64 { return float64(b.rng.IntN(2)) }, shapes[0]...)
				return must(op.Where(mask, b.x(shapes[1]...), b.x(shapes[2]...)))
			})
		}
		add("Unscale", "", func(b *builder) *gorgonia.Node { return must(op.Unscale(b.x(5, 7), -3.25, 17.5, false)) })
		add("Unscale", "wide", func(b *builder) *gorgonia.Node { return must(op.Unscale(b.x(5, 1), 0.75, 1.25, true)) })
		for _, p := range []float64{0, 1, 2, 3, 0.5, -1, -0.5, 1.7} {
			add("Pow", fmt.Sprint(p), func(b *builder) *gorgonia.Node { return must(op.Pow(b.input(true, b.positive, 3, 4), p)) })
		}
		for _, name := range []string{"Abs", "Cos", "Erf", "Exp", "Neg", "Sin"} {
			add("Unary", name, func(b *builder) *gorgonia.Node { return must(op.Unary(name, b.x(3, 4))) })
		}
		for _, name := range []string{"Log", "Sqrt", "Reciprocal"} {
			add("Unary", name, func(b *builder) *gorgonia.Node { return must(op.Unary(name, b.input(true, b.positive, 3, 4))) })
		}
		add("Pad", "images", func(b *builder) *gorgonia.Node { return must(op.Pad(b.x(2, 1, 3, 3), 0.5, 0, 0, 1, 2, 0, 0, 0, 1)) })
		add("Pad", "channels", func(b *builder) *gorgonia.Node { return must(op.Pad(b.x(2, 3), 0, 0, 2, 0, 1)) })
		add("Pad", "nothing", func(b *builder) *gorgonia.Node { return must(op.Pad(b.x(2, 3), 0, 0, 0, 0, 0)) })
	})
}

// The values themselves, by hand.
func TestSequenceOps(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	x := b.counted(2, 3)
	for _, c := range []struct {
		name string
		n    *gorgonia.Node
		want []float64
	}{
		{"softmax of equals", must(op.SoftmaxAxis(must(op.Mul(x, must(op.Sub(x, x)))), 0)), []float64{.5, .5, .5, .5, .5, .5}},
		{"embedding", must(op.Embedding(x, must(op.Clip(must(op.Slice(x, 0, 0, 1, 1)), 0, 1)))), []float64{0, 1, 2, 3, 4, 5, 3, 4, 5}},
		{"pad", must(op.Pad(x, 9, 0, 1, 1, 0)), []float64{9, 0, 1, 2, 9, 3, 4, 5, 9, 9, 9, 9}},
		{"clip", must(op.Clip(x, 1, 4)), []float64{1, 1, 2, 3, 4, 4}},
		{"pow", must(op.Pow(x, 2)), []float64{0, 1, 4, 9, 16, 25}},
		{"product", must(op.BatchMatMul(x, x, false, true)), []float64{5, 14, 14, 50}},
	} {
		runOne(t, b.g, c.n)
		for i, w := range c.want {
			if got := data(t, c.n)[i]; !near(got, w, 1e-15) {
				t.Errorf("%s: element %d is %v, want %v", c.name, i, got, w)
			}
		}
	}
}

// runOne computes one node alone.
func runOne(t *testing.T, g *gorgonia.ExprGraph, n *gorgonia.Node) {
	t.Helper()
	vm, err := graph.Compile(g, graph.Outputs(n))
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// Softmax of large numbers neither overflows nor underflows, whatever the axis.
func TestSoftmaxOfLargeNumbers(t *testing.T) {
	for axis := range 3 {
		b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1)}
		x := b.input(false, func() float64 { return 1e4 * b.rng.NormFloat64() }, 3, 4, 5)
		y, l := must(op.SoftmaxAxis(x, axis)), must(op.LogSoftmax(x, axis))
		sum := must(op.Reduce(op.ReduceSum, y, false, axis))
		runAll(t, b.g)
		for i, v := range data(t, sum) {
			if !near(v, 1, 1e-6) {
				t.Errorf("axis %d: sum %d is %v", axis, i, v)
			}
		}
		for i, v := range data(t, l) {
			if math.IsInf(v, 0) || math.IsNaN(v) || v > 0 {
				t.Errorf("axis %d: logarithm %d is %v", axis, i, v)
			}
		}
	}
}

func TestIdsOutOfRange(t *testing.T) {
	for id, want := range map[float64]string{5: "id 1 is 5; the table has 5 rows", -6: "id 1 is -6; the table has 5 rows", 1.5: "no whole number",
		math.NaN(): "no whole number"} {
		b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1)}
		next := []float64{0, id}
		ids := b.input(false, func() float64 { v := next[0]; next = next[1:]; return v }, 1, 2)
		must(op.Embedding(b.x(5, 4), ids))
		vm, err := graph.Compile(b.g)
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Embedding") {
			t.Errorf("error %v, want one that names the node and contains %q", err, want)
		}
	}
}

// A negative id counts from the end of the table, as in ONNX.
func TestNegativeIds(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64, rng: random.New(1)}
	next := []float64{-1, 4, -5, 0}
	ids := b.input(false, func() float64 { v := next[0]; next = next[1:]; return v }, 2, 2)
	y := must(op.Embedding(b.x(5, 4), ids))
	runAll(t, b.g)
	rows := data(t, y)
	for i := range 4 {
		if rows[i] != rows[4+i] || rows[8+i] != rows[12+i] || rows[i] == rows[8+i] {
			t.Errorf("rows of ids −1, 4, −5 and 0 are %v", rows)
		}
	}
}

// Where does not look at what it does not take.
func TestWhereOfInfinities(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64, rng: random.New(1)}
	leaf := func(v ...float64) *gorgonia.Node {
		return b.input(false, func() float64 { x := v[0]; v = v[1:]; return x }, len(v))
	}
	inf := math.Inf(-1)
	y := must(op.Where(leaf(1, 0, 1, 0), leaf(inf, math.NaN(), 2, inf), leaf(math.NaN(), 3, math.NaN(), 4)))
	runAll(t, b.g)
	for i, want := range []float64{inf, 3, 2, 4} {
		if got := data(t, y)[i]; got != want {
			t.Errorf("number %d is %v, want %v", i, got, want)
		}
	}
}

func TestSequenceOpsRefuse(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	x, y := b.counted(2, 3), b.counted(2, 3, 4)
	for _, c := range []struct {
		want string
		f    func() (*gorgonia.Node, error)
	}{
		{"inner dimensions", func() (*gorgonia.Node, error) { return op.BatchMatMul(x, y, false, true) }},
		{"cannot be broadcast", func() (*gorgonia.Node, error) { return op.BatchMatMul(y, b.counted(3, 4, 3), false, false) }},
		{"do not fit", func() (*gorgonia.Node, error) { return op.Dense(y, x, b.counted(3), op.ReLU, 0) }},
		{"outside", func() (*gorgonia.Node, error) { return op.SoftmaxAxis(x, 2) }},
		{"in order", func() (*gorgonia.Node, error) { return op.Clip(x, 1, 0) }},
		{"in order", func() (*gorgonia.Node, error) { return op.Clip(x, math.NaN(), 0) }},
		{"no number", func() (*gorgonia.Node, error) { return op.Pow(x, math.Inf(1)) }},
		{"unknown function", func() (*gorgonia.Node, error) { return op.Unary("Gamma", x) }},
		{"want two for each", func() (*gorgonia.Node, error) { return op.Pad(x, 0, 1, 1) }},
		{"negative", func() (*gorgonia.Node, error) { return op.Pad(x, 0, 1, 1, 1, -1) }},
		{"nil", func() (*gorgonia.Node, error) { return op.Embedding(x, nil) }},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that contains %q", err, c.want)
		}
	}
}

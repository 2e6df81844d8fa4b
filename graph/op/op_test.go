package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/op/optest"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// example builds one use of an operation. Every row of op.All has at least one.
type example struct {
	op    string // row of op.All
	name  string
	build func(b *builder) *gorgonia.Node
}

// builder makes inputs that hold the same numbers whatever their dtype.
type builder struct {
	g   *gorgonia.ExprGraph
	dt  tensor.Dtype
	rng *rand.Rand
	wrt gorgonia.Nodes // inputs that must have a right gradient
	n   int
}

func (b *builder) input(wrt bool, draw func() float64, shape ...int) *gorgonia.Node {
	b.n++
	size := tensor.Shape(shape).TotalSize()
	f := make([]float64, size)
	for i := range f {
		f[i] = float64(float32(draw())) // the same number in both dtypes
	}
	n := gorgonia.NewTensor(b.g, b.dt, len(shape), gorgonia.WithName(fmt.Sprintf("in%d", b.n)), gorgonia.WithShape(shape...),
		gorgonia.WithValue(dense(b.dt, f, shape...)))
	if wrt {
		b.wrt = append(b.wrt, n)
	}
	return n
}

func dense(dt tensor.Dtype, f []float64, shape ...int) *tensor.Dense {
	if dt == tensor.Float64 {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(f))
	}
	f32 := make([]float32, len(f))
	for i, v := range f {
		f32[i] = float32(v)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(f32))
}

// normal draws away from 0, where ReLU's derivative jumps.
func (b *builder) normal() float64 {
	for {
		if v := b.rng.NormFloat64(); math.Abs(v) > 0.05 {
			return v
		}
	}
}
func (b *builder) positive() float64 { return 0.5 + b.rng.Float64() }
func (b *builder) x(shape ...int) *gorgonia.Node {
	return b.input(true, b.normal, shape...)
}
func (b *builder) labels(classes, n int) *gorgonia.Node {
	v := make([]int, n)
	for i := range v {
		v[i] = b.rng.IntN(classes)
	}
	return gorgonia.NewVector(b.g, tensor.Int, gorgonia.WithName("labels"), gorgonia.WithShape(n),
		gorgonia.WithValue(tensor.New(tensor.WithBacking(v), tensor.WithShape(n))))
}

func must(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}

// exampleSets are the examples that stand beside their operation, in its own test file; init functions add to it.
var exampleSets []func(add func(op, name string, build func(b *builder) *gorgonia.Node))

func examples() []example {
	var ex []example
	add := func(opName, name string, build func(b *builder) *gorgonia.Node) {
		ex = append(ex, example{opName, name, build})
	}
	for _, set := range exampleSets {
		set(add)
	}
	for _, act := range op.Activations() {
		for _, s := range [][3]int{{5, 4, 3}, {1, 7, 1}, {3, 1, 9}} {
			add("Dense", fmt.Sprintf("%v %v", act, s), func(b *builder) *gorgonia.Node {
				return must(op.Dense(b.x(s[0], s[1]), b.x(s[1], s[2]), b.x(s[2]), act, 0.1))
			})
		}
		add("Activate", act.String(), func(b *builder) *gorgonia.Node { return must(op.Activate(b.x(3, 5), act, 0.2)) })
		add("Activate", act.String()+" rank 1", func(b *builder) *gorgonia.Node { return must(op.Activate(b.x(17), act, 0.2)) })
		add("Activate", act.String()+" rank 3", func(b *builder) *gorgonia.Node { return must(op.Activate(b.x(2, 3, 4), act, 0.2)) })
	}
	add("Softmax", "", func(b *builder) *gorgonia.Node { return must(op.Softmax(b.x(4, 6))) })
	add("Softmax", "one row", func(b *builder) *gorgonia.Node { return must(op.Softmax(b.x(1, 3))) })
	for _, t := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		add("MatMul", fmt.Sprint(t), func(b *builder) *gorgonia.Node {
			sa, sb := []int{3, 4}, []int{4, 5}
			if t[0] {
				sa = []int{4, 3}
			}
			if t[1] {
				sb = []int{5, 4}
			}
			return must(op.Apply(op.MatMul{TransA: t[0], TransB: t[1]}, b.x(sa...), b.x(sb...)))
		})
	}
	add("Standardise", "", func(b *builder) *gorgonia.Node {
		return must(op.Standardize(b.x(4, 3), b.input(false, b.normal, 3), b.input(false, b.positive, 3)))
	})
	for _, subtract := range []bool{false, true} {
		add("RowShift", fmt.Sprint("subtract ", subtract), func(b *builder) *gorgonia.Node {
			return must(op.Apply(op.RowShift{Subtract: subtract}, b.x(4, 6), b.x(6)))
		})
	}
	for _, p := range []float64{0, 0.3, 0.9} {
		add("Dropout", fmt.Sprint(p), func(b *builder) *gorgonia.Node {
			return must(op.Dropout(b.x(6, 7), p, &op.DropoutState{Seed: 5, Step: 3}))
		})
	}
	for _, eps := range []float64{0, 0.1} {
		add("SoftmaxCrossEntropy", fmt.Sprint(eps), func(b *builder) *gorgonia.Node {
			return must(op.SoftmaxCrossEntropy(b.x(7, 4), b.labels(4, 7), eps))
		})
	}
	add("SoftmaxCrossEntropy", "one row", func(b *builder) *gorgonia.Node {
		return must(op.SoftmaxCrossEntropy(b.x(1, 3), b.labels(3, 1), 0))
	})
	for _, shape := range [][]int{{5, 1}, {4, 3}, {6}} {
		add("MSE", fmt.Sprint(shape), func(b *builder) *gorgonia.Node {
			return must(op.MSE(b.x(shape...), b.input(false, b.normal, shape...)))
		})
		add("Huber", fmt.Sprint(shape), func(b *builder) *gorgonia.Node {
			return must(op.Huber(b.x(shape...), b.input(false, b.normal, shape...), 0.7))
		})
		add("BCEWithLogits", fmt.Sprint(shape), func(b *builder) *gorgonia.Node {
			return must(op.BCEWithLogits(b.x(shape...), b.input(false, b.rng.Float64, shape...)))
		})
	}
	return ex
}

// check is the example as package optest checks it.
func (e example) check() optest.Case {
	return optest.Case{Name: e.op + " " + e.name, Build: func(in *optest.Inputs) (*gorgonia.Node, error) {
		in.Rand = random.New(1, e.op, e.name)
		b := &builder{g: in.Graph, dt: in.Dtype, rng: in.Rand}
		n := e.build(b)
		in.Wrt = b.wrt
		return n, nil
	}}
}

func data(t *testing.T, n *gorgonia.Node) []float64 {
	t.Helper()
	switch v := n.Value().Data().(type) {
	case []float64:
		return v
	case float64:
		return []float64{v}
	case []float32:
		r := make([]float64, len(v))
		for i, x := range v {
			r[i] = float64(x)
		}
		return r
	case float32:
		return []float64{float64(v)}
	}
	t.Fatalf("node %v has %T", n, n.Value().Data())
	return nil
}

func near(got, want, tol float64) bool {
	return math.Abs(got-want) <= tol*math.Max(1, math.Max(math.Abs(got), math.Abs(want)))
}

// Every gradient agrees with a fourth-order central difference to 1e-6 relative in float64.
func TestGradients(t *testing.T) { checkAll(t, optest.Case.Gradient) }

// float32 gives what float64 gives.
func TestFloat32(t *testing.T) { checkAll(t, optest.Case.Float32) }

// The operations are Gorgonia's citizens: TapeMachine gives the same numbers.
func TestTapeMachine(t *testing.T) { checkAll(t, optest.Case.TapeMachine) }

func checkAll(t *testing.T, check func(optest.Case) error) {
	t.Helper()
	for _, e := range examples() {
		t.Run(e.op+"/"+e.name, func(t *testing.T) {
			if err := check(e.check()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEveryOpHasAnExample(t *testing.T) {
	have := map[string]bool{}
	for _, e := range examples() {
		have[e.op] = true
	}
	for _, row := range op.All() {
		if !have[row.Name] {
			t.Errorf("op %s has no example", row.Name)
		}
		if row.Summary == "" {
			t.Errorf("op %s has no summary", row.Name)
		}
	}
}

func TestWrongUse(t *testing.T) {
	g := gorgonia.NewGraph()
	mat := func(name string, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	}
	x, w, b := mat("x", 2, 3), mat("w", 4, 5), mat("b", 5)
	for _, c := range []struct {
		name, want string
		f          func() (*gorgonia.Node, error)
	}{
		{"shapes", "do not fit", func() (*gorgonia.Node, error) { return op.Dense(x, w, b, op.ReLU, 0) }},
		{"nil", "nil", func() (*gorgonia.Node, error) { return op.Dense(x, nil, b, op.ReLU, 0) }},
		{"activation", "the compiler alone makes it", func() (*gorgonia.Node, error) { return op.Activate(x, op.Rectify, 0) }},
		{"slope", "outside [0, 1)", func() (*gorgonia.Node, error) { return op.Activate(x, op.LeakyReLU, 1.5) }},
		{"dropout", "outside [0, 1)", func() (*gorgonia.Node, error) { return op.Dropout(x, 1, &op.DropoutState{}) }},
		{"dropout state", "nil", func() (*gorgonia.Node, error) { return op.Dropout(x, 0.5, nil) }},
		{"smoothing", "outside [0, 1)", func() (*gorgonia.Node, error) { return op.SoftmaxCrossEntropy(x, b, math.NaN()) }},
		{"delta", "positive", func() (*gorgonia.Node, error) { return op.Huber(x, x, 0) }},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
}

// A label out of range is an error of the run, naming the node.
func TestLabelOutOfRange(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1)}
	x, y := b.x(3, 2), b.labels(2, 3)
	y.Value().Data().([]int)[1] = 2
	must(op.SoftmaxCrossEntropy(x, y, 0))
	vm, err := graph.Compile(b.g)
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), "SoftmaxCrossEntropy") {
		t.Errorf("error %v, want one that names the node", err)
	}
}

// Each training step draws another mask; the same step draws the same one.
func TestDropoutMask(t *testing.T) {
	state := &op.DropoutState{Seed: 9}
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1)}
	ones := b.input(false, func() float64 { return 1 }, 1000)
	y := must(op.Dropout(ones, 0.25, state))
	vm, err := graph.Compile(b.g)
	if err != nil {
		t.Fatal(err)
	}
	run := func(step uint64) []float64 {
		state.Step = step
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return data(t, y)
	}
	a, again, other := run(1), run(1), run(2)
	dropped, differ := 0, 0
	for i := range a {
		if a[i] != again[i] {
			t.Fatalf("element %d differs between two runs of one step", i)
		}
		if a[i] != other[i] {
			differ++
		}
		if a[i] == 0 {
			dropped++
		}
	}
	// 250 expected; the standard deviation is 13.7.
	if dropped < 195 || dropped > 305 {
		t.Errorf("%d of 1000 dropped at p = 0.25", dropped)
	}
	if differ < 250 {
		t.Errorf("two steps differ in only %d places", differ)
	}
	state.Eval = true
	for i, v := range run(1) {
		if v != 1 {
			t.Fatalf("evaluation changed element %d to %v", i, v)
		}
	}
}

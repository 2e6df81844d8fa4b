package graph

import (
	"errors"
	"fmt"
	"hash"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// regression is a program as Gorgonia's users write it: cost of a network of their own operations.
type regression struct {
	name  string
	build func(m *maker) (cost *gorgonia.Node)
}

func regressions() []regression {
	return []regression{
		{"linear", func(m *maker) *gorgonia.Node {
			x, y := m.input("x", 12, 4), m.input("y", 12)
			pred := must(gorgonia.Add(must(gorgonia.Mul(x, m.param("w", 4))), m.param("b")))
			return must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Sub(pred, y))))))
		}},
		{"logistic", func(m *maker) *gorgonia.Node {
			x, y := m.input("x", 12, 4), m.input("y", 12)
			fill(y.Value(), []float64{1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1})
			p := must(gorgonia.Sigmoid(must(gorgonia.Add(must(gorgonia.Mul(x, m.param("w", 4))), m.param("b")))))
			return must(gorgonia.Mean(must(gorgonia.BinaryXent(p, y))))
		}},
		{"multilayer", func(m *maker) *gorgonia.Node {
			x, y := m.input("x", 6, 4), m.input("y", 6, 3)
			fill(y.Value(), []float64{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1})
			h := must(gorgonia.Rectify(m.plain(x, "one", 5)))
			p := must(gorgonia.SoftMax(m.plain(h, "two", 3)))
			logp := must(gorgonia.HadamardProd(must(gorgonia.Log(p)), y))
			return must(gorgonia.Neg(must(gorgonia.Mean(must(gorgonia.Sum(logp, 1))))))
		}},
	}
}

// Training with Gorgonia's own solvers goes as it does under TapeMachine.
func TestProgramTrainsLikeTapeMachine(t *testing.T) {
	solvers := map[string]func() gorgonia.Solver{
		"vanilla": func() gorgonia.Solver { return gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1)) },
		"adam":    func() gorgonia.Solver { return gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.1)) },
	}
	for _, r := range regressions() {
		for name, solver := range solvers {
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				t.Run(fmt.Sprint(r.name, " ", name, " ", dt), func(t *testing.T) {
					train := func(ours bool) (losses []float64) {
						m := newMaker(t, dt, r.name)
						cost := r.build(m)
						var read gorgonia.Value
						gorgonia.Read(cost, &read)
						if _, err := gorgonia.Grad(cost, m.net.Params...); err != nil {
							t.Fatal(err)
						}
						var vm gorgonia.VM = NewMachine(m.net.Graph)
						if !ours {
							vm = gorgonia.NewTapeMachine(m.net.Graph, gorgonia.BindDualValues(m.net.Params...))
						}
						defer vm.Close()
						s := solver()
						for range 20 {
							run(t, vm)
							losses = append(losses, numbers(t, read)[0])
							if err := s.Step(gorgonia.NodesToValueGrads(m.net.Params)); err != nil {
								t.Fatal(err)
							}
							vm.Reset()
						}
						return losses
					}
					want := train(false)
					if !(want[19] < want[0]) {
						t.Fatalf("no training to compare: %v", want)
					}
					equal(t, "losses", train(true), want, 100*tolerance(dt))
				})
			}
		}
	}
}

// Inputs may be given a new tensor at each run, of any layout.
func TestLet(t *testing.T) {
	for _, ours := range []bool{true, false} { // operations of ours, and Gorgonia's
		m := newMaker(t, tensor.Float32)
		x := m.input("x", 3, 4)
		var y *gorgonia.Node
		if ours {
			y = m.dense(x, "dense", 2, op.Tanh)
		} else {
			y = must(gorgonia.Tanh(m.plain(x, "plain", 2)))
		}
		p := compile(t, m.net.Graph)
		transposed := newDense(tensor.Float32, m.floats(12), 4, 3)
		if err := transposed.T(); err != nil {
			t.Fatal(err)
		}
		wide := newDense(tensor.Float32, m.floats(3*9), 3, 9)
		columns, err := wide.Slice(nil, gorgonia.S(2, 6))
		if err != nil {
			t.Fatal(err)
		}
		fortran := tensor.New(tensor.WithShape(3, 4), tensor.AsFortran(newDense(tensor.Float32, m.floats(12), 12).Float32s()))
		for _, v := range []gorgonia.Value{newDense(tensor.Float32, m.floats(12), 3, 4), transposed, columns.(*tensor.Dense),
			fortran,
			newDense(tensor.Float32, m.floats(12), 3, 4), transposed} {
			if err := gorgonia.Let(x, v); err != nil {
				t.Fatal(err)
			}
			run(t, p)
			got := numbers(t, y.Value())
			plain := make([]float64, 0, 12)
			for i := range 3 {
				for j := range 4 {
					e, err := v.(*tensor.Dense).At(i, j)
					if err != nil {
						t.Fatal(err)
					}
					plain = append(plain, float64(e.(float32)))
				}
			}
			if err := gorgonia.Let(x, newDense(tensor.Float32, plain, 3, 4)); err != nil {
				t.Fatal(err)
			}
			run(t, p)
			equal(t, "output", got, numbers(t, y.Value()), 0)
		}
		if err := gorgonia.Let(x, newDense(tensor.Float32, m.floats(12), 4, 3)); err == nil {
			t.Error("a value of another shape was bound")
		}
	}
}

func TestNoValue(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("pixels"), gorgonia.WithShape(2, 2))
	y := must(gorgonia.Tanh(x))
	p := compile(t, g)
	if err := p.RunAll(); !errors.Is(err, ErrNoValue) || !strings.Contains(err.Error(), `"pixels"`) {
		t.Errorf("error %v, want ErrNoValue that names the input", err)
	}
	if err := gorgonia.Let(x, newDense(tensor.Float32, []float64{0, 0, 0, 0}, 2, 2)); err != nil {
		t.Fatal(err)
	}
	run(t, p)
	equal(t, "tanh 0", numbers(t, y.Value()), []float64{0, 0, 0, 0}, 0)
}

// fragile is an op from outside that panics, or fails.
type fragile struct{ err error }

func (fragile) Arity() int    { return 1 }
func (fragile) Type() hm.Type { a := hm.TypeVariable('a'); return hm.NewFnType(a, a) }
func (fragile) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape), nil
}
func (f fragile) Do(...gorgonia.Value) (gorgonia.Value, error) {
	if f.err != nil {
		return nil, f.err
	}
	panic("index out of range [7]")
}
func (fragile) ReturnsPtr() bool        { return true }
func (fragile) CallsExtern() bool       { return false }
func (fragile) OverwritesInput() int    { return -1 }
func (f fragile) WriteHash(h hash.Hash) { fmt.Fprintf(h, "fragile %v", f.err) }
func (fragile) Hashcode() uint32        { return 7 }
func (fragile) String() string          { return "fragile" }

func TestFailingOp(t *testing.T) {
	broken := errors.New("broken")
	for _, f := range []fragile{{}, {broken}} {
		m := newMaker(t, tensor.Float32)
		n := must(gorgonia.ApplyOp(f, m.input("x", 2)))
		gorgonia.WithName("culprit")(n)
		must(gorgonia.Tanh(n))
		err := NewMachine(m.net.Graph).RunAll()
		if err == nil || !strings.Contains(err.Error(), `"culprit"`) {
			t.Errorf("error %v, want one that names the node", err)
		}
		if f.err != nil && !errors.Is(err, broken) {
			t.Errorf("error %v does not wrap the op's", err)
		}
	}
}

// Two programs over one graph may take turns: each shows its own results.
func TestTwoPrograms(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x, w := m.input("x", 3), m.param("w", 3)
	y := must(gorgonia.HadamardProd(x, w))
	cost := must(gorgonia.Sum(must(gorgonia.Square(y))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		t.Fatal(err)
	}
	a, b := compile(t, m.net.Graph), compile(t, m.net.Graph, Outputs(y))
	for k, p := range []*Program{a, b, a, a, b} {
		f := m.floats(3)
		if err := gorgonia.Let(x, newDense(tensor.Float64, f, 3)); err != nil {
			t.Fatal(err)
		}
		run(t, p)
		wv := numbers(t, w.Value())
		want, dw := make([]float64, 3), make([]float64, 3)
		for i := range f {
			want[i], dw[i] = f[i]*wv[i], 2*f[i]*f[i]*wv[i]
		}
		equal(t, fmt.Sprint("value of run ", k), numbers(t, y.Value()), want, 1e-14)
		equal(t, fmt.Sprint("gradient of run ", k), grad(t, w), dw, 1e-14)
		step(t, gorgonia.NewVanillaSolver(), w)
	}
}

// What Outputs names is kept, and gradients are right.
func TestOutputs(t *testing.T) {
	net := mlp(t, tensor.Float64, 16, 8, op.Tanh, 32, 32, 32, 4)
	o, err := net.Objective(16, CrossEntropy(0))
	if err != nil {
		t.Fatal(err)
	}
	setBatch(t, o, "outputs")
	all := compile(t, o.Graph)
	run(t, all)
	hidden := Children(o.Outputs[0])[0]
	hiddenWant, cost := numbers(t, hidden.Value()), numbers(t, o.Cost.Value())
	var want [][]float64
	for _, p := range o.Params {
		want = append(want, grad(t, p))
	}
	for _, n := range o.Graph.AllNodes() { // forget everything
		if n.Op() != nil && n.Value() != nil && !isConstant(n.Op()) {
			v, err := newBuffer(n.Dtype(), n.Shape())
			if err != nil {
				t.Fatal(err)
			}
			if err := gorgonia.UnsafeLet(n, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	some := compile(t, o.Graph, Outputs(o.Cost, hidden))
	for range 2 {
		run(t, some)
		equal(t, "cost", numbers(t, o.Cost.Value()), cost, 0)
		equal(t, "hidden", numbers(t, hidden.Value()), hiddenWant, 0)
		for i, p := range o.Params {
			equal(t, p.Name(), grad(t, p), want[i], 0)
		}
	}
}

// setBatch binds seeded data to an objective's inputs and target.
func setBatch(t testing.TB, o *Objective, purpose string) {
	t.Helper()
	for i, f := range rowsFor(o.Network, purpose) {
		if err := gorgonia.Let(o.Inputs[i], newDense(o.Inputs[i].Dtype(), f, o.Inputs[i].Shape()...)); err != nil {
			t.Fatal(err)
		}
	}
	rng := random.New(4, purpose)
	target := tensor.New(tensor.Of(o.Target.Dtype()), tensor.WithShape(o.Target.Shape()...))
	if target.Dtype() == tensor.Int {
		classes := o.Outputs[0].Shape()[1]
		for i := range target.Ints() {
			target.Ints()[i] = rng.IntN(classes)
		}
	} else {
		f := make([]float64, target.DataSize())
		for i := range f {
			f[i] = rng.Float64()
		}
		fill(target, f)
	}
	if err := gorgonia.Let(o.Target, target); err != nil {
		t.Fatal(err)
	}
}

// Gorgonia builds gradients of inputs that nobody asked for. They are not computed.
func TestDeadGradients(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := m.input("x", 5, 4)
	net := m.done(m.dense(m.dense(x, "one", 3, op.ReLU), "two", 2, op.Identity))
	o, err := net.Objective(5, CrossEntropy(0))
	if err != nil {
		t.Fatal(err)
	}
	// forward: 2 layers and the loss; backward: the loss's, two weights', two biases', the activation's and the inner dx
	const want = 3 + 7
	for _, p := range []*Program{compile(t, o.Graph), compile(t, o.Graph, Outputs(o.Cost))} {
		if p.Len() != want {
			t.Errorf("%d instructions, want %d", p.Len(), want)
		}
	}
}

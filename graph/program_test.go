package graph

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/op"
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
			x, y := m.Input("x", 12, 4), m.Input("y", 12)
			pred := must(gorgonia.Add(must(gorgonia.Mul(x, m.Param("w", 4))), m.Param("b")))
			return must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Sub(pred, y))))))
		}},
		{"logistic", func(m *maker) *gorgonia.Node {
			x, y := m.Input("x", 12, 4), m.Input("y", 12)
			fill(y.Value(), []float64{1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1})
			p := must(gorgonia.Sigmoid(must(gorgonia.Add(must(gorgonia.Mul(x, m.Param("w", 4))), m.Param("b")))))
			return must(gorgonia.Mean(must(gorgonia.BinaryXent(p, y))))
		}},
		{"multilayer", func(m *maker) *gorgonia.Node {
			x, y := m.Input("x", 6, 4), m.Input("y", 6, 3)
			fill(y.Value(), []float64{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1})
			h := must(gorgonia.Rectify(m.Plain(x, "one", 5)))
			p := must(gorgonia.SoftMax(m.Plain(h, "two", 3)))
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
						if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
							t.Fatal(err)
						}
						var vm gorgonia.VM = NewMachine(m.Net.Graph)
						if !ours {
							vm = gorgonia.NewTapeMachine(m.Net.Graph, gorgonia.BindDualValues(m.Net.Params...))
						}
						defer vm.Close()
						s := solver()
						for range 20 {
							run(t, vm)
							losses = append(losses, numbers(t, read)[0])
							if err := s.Step(gorgonia.NodesToValueGrads(m.Net.Params)); err != nil {
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
		x := m.Input("x", 3, 4)
		var y *gorgonia.Node
		if ours {
			y = m.Dense(x, "dense", 2, op.Tanh)
		} else {
			y = must(gorgonia.Tanh(m.Plain(x, "plain", 2)))
		}
		p := compile(t, m.Net.Graph)
		transposed := newDense(tensor.Float32, m.Floats(12), 4, 3)
		if err := transposed.T(); err != nil {
			t.Fatal(err)
		}
		wide := newDense(tensor.Float32, m.Floats(3*9), 3, 9)
		columns, err := wide.Slice(nil, gorgonia.S(2, 6))
		if err != nil {
			t.Fatal(err)
		}
		fortran := tensor.New(tensor.WithShape(3, 4), tensor.AsFortran(newDense(tensor.Float32, m.Floats(12), 12).Float32s()))
		for _, v := range []gorgonia.Value{newDense(tensor.Float32, m.Floats(12), 3, 4), transposed, columns.(*tensor.Dense),
			fortran,
			newDense(tensor.Float32, m.Floats(12), 3, 4), transposed} {
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
		if err := gorgonia.Let(x, newDense(tensor.Float32, m.Floats(12), 4, 3)); err == nil {
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

func TestFailingOp(t *testing.T) {
	broken := errors.New("broken")
	for _, f := range []graphtest.Fragile{{}, {Err: broken}} {
		m := newMaker(t, tensor.Float32)
		n := must(gorgonia.ApplyOp(f, m.Input("x", 2)))
		gorgonia.WithName("culprit")(n)
		must(gorgonia.Tanh(n))
		err := NewMachine(m.Net.Graph).RunAll()
		if err == nil || !strings.Contains(err.Error(), `"culprit"`) {
			t.Errorf("error %v, want one that names the node", err)
		}
		if f.Err != nil && !errors.Is(err, broken) {
			t.Errorf("error %v does not wrap the op's", err)
		}
	}
}

// Two programs over one graph may take turns: each shows its own results.
func TestTwoPrograms(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x, w := m.Input("x", 3), m.Param("w", 3)
	y := must(gorgonia.HadamardProd(x, w))
	cost := must(gorgonia.Sum(must(gorgonia.Square(y))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		t.Fatal(err)
	}
	a, b := compile(t, m.Net.Graph), compile(t, m.Net.Graph, Outputs(y))
	for k, p := range []*Program{a, b, a, a, b} {
		f := m.Floats(3)
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
	o, err := ObjectiveOf(net, 16, "cross-entropy")
	if err != nil {
		t.Fatal(err)
	}
	setBatch(t, o, "outputs")
	all := compile(t, o.Graph)
	run(t, all)
	hidden := op.Children(o.Outputs[0])[0]
	hiddenWant, cost := numbers(t, hidden.Value()), numbers(t, o.Cost.Value())
	var want [][]float64
	for _, p := range o.Params {
		want = append(want, grad(t, p))
	}
	for _, n := range o.Graph.AllNodes() { // forget everything
		if n.Op() != nil && n.Value() != nil && !op.IsConstant(n.Op()) {
			v, err := op.NewBuffer(n.Dtype(), n.Shape())
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

// Gorgonia builds gradients of inputs that nobody asked for. They are not computed.
func TestDeadGradients(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := m.Input("x", 5, 4)
	net := m.Done(m.Dense(m.Dense(x, "one", 3, op.ReLU), "two", 2, op.Identity))
	o, err := ObjectiveOf(net, 5, "cross-entropy")
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

package graph

import (
	"fmt"
	"hash"
	"log"
	"math"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// NewMachine puts operations with a training form into it, or with EvalMode into the other, as NewTapeMachine does.
func TestMachineModes(t *testing.T) {
	batchNorm := func(w *witness, m *maker, x *gorgonia.Node) (*gorgonia.Node, *gorgonia.BatchNormOp) {
		w.t.Helper()
		s := append([]int{1}, x.Shape()[1:]...)
		if len(s) == 4 {
			s[2], s[3] = 1, 1
		}
		y, _, _, o, err := gorgonia.BatchNorm(x, m.param("scale", s...), m.param("shift", s...), 0.9, 1e-5)
		if err != nil {
			w.t.Fatal(err)
		}
		return y, o
	}
	stats := func(w *witness, o *gorgonia.BatchNormOp) {
		mean, variance := o.Stats()
		w.see("running mean", mean)
		w.see("running variance", variance)
	}
	for name, program := range map[string]func(w *witness){
		"dropout in evaluation": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			y := must(gorgonia.Dropout(m.node("x", 4, 1), 0.5))
			vm := w.on(m.net.Graph, gorgonia.EvalMode())
			for range 3 {
				w.run(vm)
				w.value(y)
			}
		},
		"EvalMode of this package, and dropout twice": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			y := must(gorgonia.Dropout(must(gorgonia.Square(must(gorgonia.Dropout(m.node("x", 3, 3), 0.9)))), 0.1))
			w.run(w.on(m.net.Graph, EvalMode()))
			w.value(y)
		},
		"batch norm trains, then evaluates": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("x", 6, 3, 2, 2)
			y, o := batchNorm(w, m, x)
			vm := w.on(m.net.Graph)
			for range 4 {
				let(w.t, x, newDense(tensor.Float64, m.floats(72), 6, 3, 2, 2))
				w.run(vm)
				w.value(y)
				stats(w, o)
			}
			evaluation := w.on(m.net.Graph, gorgonia.EvalMode())
			for range 2 {
				w.run(evaluation)
				w.value(y)
				stats(w, o)
			}
		},
		"of rows of features": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("x", 5, 4)
			y, _, _, o, err := gorgonia.BatchNorm(x, m.param("scale", 5, 4), m.param("shift", 5, 4), 0.5, 1e-3)
			if err != nil {
				w.t.Fatal(err)
			}
			w.run(w.on(m.net.Graph))
			stats(w, o)
			w.run(w.on(m.net.Graph, gorgonia.EvalMode()))
			w.value(y)
			stats(w, o)
		},
		"the operation says so itself after the machine is made": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			y, o := batchNorm(w, m, m.node("x", 6, 3, 2, 2))
			vm := w.on(m.net.Graph)
			w.run(vm)
			if err := o.SetTraining(false); err != nil {
				w.t.Fatal(err)
			}
			w.run(vm)
			w.value(y)
			stats(w, o)
		},
		"a new machine trains again": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			_, o := batchNorm(w, m, m.node("x", 6, 3, 2, 2))
			w.run(w.on(m.net.Graph, gorgonia.EvalMode()))
			stats(w, o)
			w.run(w.on(m.net.Graph))
			stats(w, o)
		},
		"gradients of a batch norm that trains": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 6, 3, 2, 2)
			y, _ := batchNorm(w, m, x)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.HadamardProd(must(gorgonia.Square(y)), m.node("r", 6, 3, 2, 2))))), m.net.Params...)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(m.net.Params...))
			for range 2 {
				w.run(vm)
				for _, p := range m.net.Params {
					w.grad(p)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

// counted is an operation of a user whose gradient reads what the operation left in state that both hold.
type counted struct{ state *float64 }

func (o *counted) Arity() int    { return 1 }
func (o *counted) Type() hm.Type { a := hm.TypeVariable('a'); return hm.NewFnType(a, a) }
func (o *counted) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (o *counted) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	*o.state = in[0].(*tensor.Dense).Float64s()[0] + 10**o.state
	return gorgonia.CloneValue(in[0])
}
func (o *counted) ReturnsPtr() bool      { return false }
func (o *counted) CallsExtern() bool     { return false }
func (o *counted) OverwritesInput() int  { return -1 }
func (o *counted) WriteHash(h hash.Hash) { fmt.Fprintf(h, "counted %p", o) }
func (o *counted) Hashcode() uint32      { return 1 }
func (o *counted) String() string        { return fmt.Sprintf("counted %p", o) }
func (o *counted) DiffWRT(int) []bool    { return []bool{true} }
func (o *counted) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	n, err := gorgonia.ApplyOp(&countedDiff{counted{o.state}}, grad)
	return gorgonia.Nodes{n}, err
}

type countedDiff struct{ counted }

func (o *countedDiff) String() string        { return fmt.Sprintf("countedDiff %p", o.state) }
func (o *countedDiff) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o *countedDiff) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	v, err := gorgonia.CloneValue(in[0])
	if err == nil {
		v.(*tensor.Dense).Float64s()[0] = *o.state
	}
	return v, err
}

// Operations that hold state in common run in Gorgonia's order, with and without outputs, and none of them is left out.
func TestMachineCommonState(t *testing.T) {
	ints := func(g *gorgonia.ExprGraph, name string, v []int, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, gorgonia.Int, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
	}
	ctc := func(m *maker, p *gorgonia.Node, target []int, reduction gorgonia.Reduction) *gorgonia.Node {
		g := m.net.Graph
		steps, batch := p.Shape()[0], p.Shape()[1]
		lengths, targets := make([]int, batch), make([]int, batch)
		for i := range batch {
			lengths[i], targets[i] = steps, len(target)/batch
		}
		return must(gorgonia.CTCLoss(must(gorgonia.LogSoftMax(p)), ints(g, "target"+p.Name(), target, batch, len(target)/batch),
			ints(g, "inLen"+p.Name(), lengths, batch), ints(g, "targetLen"+p.Name(), targets, batch), reduction))
	}
	for name, program := range map[string]func(w *witness){
		"CTC loss": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			p := m.param("p", 4, 1, 3)
			c := ctc(m, p, []int{1, 2}, gorgonia.ReductionMean)
			w.differentiate(c, p)
			vm := w.on(m.net.Graph)
			for range 3 {
				let(w.t, p, newDense(tensor.Float64, m.floats(12), 4, 1, 3))
				w.run(vm)
				w.value(c)
				w.grad(p)
			}
		},
		"CTC loss of a batch, summed, with a step": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			p := m.param("p", 6, 2, 4)
			c := ctc(m, p, []int{1, 2, 3, 1}, gorgonia.ReductionSum)
			w.differentiate(c, p)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(p))
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(p)
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5)), p)
			}
		},
		"CTC loss of a layer": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.node("x", 5, 4), m.param("w", 4, 3)
			h := must(gorgonia.Reshape(must(gorgonia.Mul(x, p)), tensor.Shape{5, 1, 3}))
			c := ctc(m, h, []int{2, 1}, gorgonia.ReductionMean)
			w.differentiate(c, p)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(p))
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(p)
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5)), p)
			}
		},
		"an operation and a gradient that share a pointer": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 3)
			y := must(gorgonia.ApplyOp(&counted{new(float64)}, x))
			c := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, m.node("r", 3)))))
			w.differentiate(c, x)
			vm := w.on(m.net.Graph)
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(x)
			}
		},
		"the pointer of three operations in a row": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			state := new(float64)
			x := m.param("x", 3)
			y := x
			for range 3 {
				y = must(gorgonia.Tanh(must(gorgonia.ApplyOp(&counted{state}, y))))
			}
			c := must(gorgonia.Sum(y))
			w.differentiate(c, x)
			vm := w.on(m.net.Graph)
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(x)
			}
		},
		"group norm": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 2, 4, 3, 3)
			y := must(gorgonia.GroupNorm(x, m.param("scale", 1, 4, 1, 1), m.param("shift", 1, 4, 1, 1), 2, 4, 1e-5))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(must(gorgonia.Tanh(y)))))), m.net.Params...)
			vm := w.on(m.net.Graph)
			for range 2 {
				let(w.t, x, newDense(tensor.Float64, m.floats(72), 2, 4, 3, 3))
				w.run(vm)
				for _, p := range m.net.Params {
					w.grad(p)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
	t.Run("what leaves the state is computed though nothing reads it", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		state := 0.0
		x := m.param("x", 3)
		y := must(gorgonia.ApplyOp(&counted{&state}, x))
		if _, err := gorgonia.Grad(must(gorgonia.Sum(y)), x); err != nil {
			t.Fatal(err)
		}
		run(t, compile(t, m.net.Graph, Outputs()))
		if want := numbers(t, x.Value())[0]; state != want || grad(t, x)[0] != want {
			t.Errorf("state %v and gradient %v, want %v", state, grad(t, x)[0], want)
		}
	})
}

func groupNorm(n, _, _ *gorgonia.Node, _ *gorgonia.GroupNormOp, err error) (*gorgonia.Node, error) {
	return n, err
}

// Options of gorgonia.NewTapeMachine do what they do there, or are refused by name.
func TestMachineOptions(t *testing.T) {
	build := func(m *maker) (x, y *gorgonia.Node) {
		x = m.param("x", 3)
		y = must(gorgonia.Log(x))
		gorgonia.WithName("log of x")(y)
		return x, y
	}
	t.Run("WithNaNWatch and WithInfWatch", func(t *testing.T) {
		for _, c := range []struct {
			x    float64
			opt  gorgonia.VMOpt
			want string
		}{
			{-1, gorgonia.WithNaNWatch(), "NaN"}, {0, gorgonia.WithInfWatch(), "Inf"}, {-1, gorgonia.WithInfWatch(), ""},
			{0, gorgonia.WithNaNWatch(), ""}, {2, gorgonia.WithNaNWatch(), ""},
		} {
			m := newMaker(t, tensor.Float64)
			x, _ := build(m)
			fill(x.Value(), []float64{1, c.x, 1})
			err := NewMachine(m.net.Graph, c.opt).RunAll()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), "log of x")) {
				t.Errorf("log of %v: error %v, want %q", c.x, err, c.want)
			}
		}
	})
	t.Run("WithLogger, WithWatchlist and WithValueFmt", func(t *testing.T) {
		for _, list := range []string{"all", "node", "none"} {
			m := newMaker(t, tensor.Float64)
			x, y := build(m)
			must(gorgonia.Neg(y))
			fill(x.Value(), []float64{1, math.E, 1})
			var out strings.Builder
			opts := []gorgonia.VMOpt{gorgonia.WithLogger(log.New(&out, "", 0)), gorgonia.WithValueFmt("%1.2f")}
			switch list {
			case "all":
				opts = append(opts, gorgonia.WithWatchlist())
			case "node":
				opts = append(opts, gorgonia.WithWatchlist(y))
			}
			run(t, NewMachine(m.net.Graph, opts...))
			lines := strings.Count(out.String(), "\n")
			if want := map[string]int{"all": 2, "node": 1, "none": 0}[list]; lines != want ||
				want > 0 && !strings.Contains(out.String(), "log of x") || want > 0 && !strings.Contains(out.String(), "1.00") {
				t.Errorf("watching %s: %d lines, want %d:\n%s", list, lines, want, out.String())
			}
		}
	})
	t.Run("WithPrecompiled computes what its program does", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x, y := build(m)
		fill(x.Value(), []float64{1, 2, 3})
		z := gorgonia.NewVector(m.net.Graph, tensor.Float64, gorgonia.WithName("z"), gorgonia.WithShape(3)) // has no value
		sum := must(gorgonia.Add(y, z))
		prog, at, err := gorgonia.CompileFunction(m.net.Graph, gorgonia.Nodes{x}, gorgonia.Nodes{y})
		if err != nil {
			t.Fatal(err)
		}
		run(t, NewMachine(m.net.Graph, gorgonia.WithPrecompiled(prog, at)))
		equal(t, "y", numbers(t, y.Value()), []float64{0, math.Log(2), math.Log(3)}, 1e-15)
		if sum.Value() != nil {
			t.Error("what is not in the program was computed")
		}
	})
	t.Run("without effect here as there", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		build(m)
		run(t, NewMachine(m.net.Graph, gorgonia.UseCudaFor("mul"), gorgonia.WithManualGradient(), gorgonia.WithLogger(nil),
			gorgonia.WithPointerWatch(), gorgonia.TraceExec(), gorgonia.WithEngine(tensor.Float64Engine{})))
	})
	for want, opts := range map[string][]gorgonia.VMOpt{
		"ExecuteFwdOnly":      {gorgonia.ExecuteFwdOnly()},
		"LogBothDir":          {gorgonia.LogBothDir()},
		"registers":           {gorgonia.WithWatchlist(3)},
		"WithEngine":          {gorgonia.WithEngine(strangeEngine{})},
		"option 1 is nil":     {gorgonia.TraceExec(), nil},
		"option 0 is not one": {func(gorgonia.VM) { panic("what is this") }},
	} {
		m := newMaker(t, tensor.Float64)
		build(m)
		if err := NewMachine(m.net.Graph, opts...).RunAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	t.Run("Compile refuses what a Program does not do", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x, _ := build(m)
		prog, at, err := gorgonia.Compile(m.net.Graph)
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range map[string]gorgonia.VMOpt{"BindDualValues": gorgonia.BindDualValues(x), "WithNaNWatch": gorgonia.WithNaNWatch(),
			"WithInfWatch": gorgonia.WithInfWatch(), "TraceExec": gorgonia.TraceExec(), "WithWatchlist": gorgonia.WithWatchlist(x),
			"WithLogger": gorgonia.WithLogger(log.Default()), "WithPrecompiled": gorgonia.WithPrecompiled(prog, at)} {
			if _, err := Compile(m.net.Graph, o); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("error %v lacks %s", err, name)
			}
		}
	})
	t.Run("Compile takes EvalMode", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x := m.node("x", 5, 5)
		y := must(gorgonia.Dropout(x, 0.5))
		run(t, compile(t, m.net.Graph, Outputs(y), EvalMode()))
		equal(t, "dropout", numbers(t, y.Value()), numbers(t, x.Value()), 0)
	})
	t.Run("Gorgonia's machine refuses ours", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		_, y := build(m)
		defer func() {
			if r := fmt.Sprint(recover()); !strings.Contains(r, "graph.Outputs is an option of graph.Compile") {
				t.Errorf("panic %q", r)
			}
		}()
		gorgonia.NewTapeMachine(m.net.Graph, Outputs(y))
	})
}

type strangeEngine struct{ tensor.StdEng }

// A machine of a subgraph computes what is in it, and not what its nodes know besides.
func TestMachineOfSubgraph(t *testing.T) {
	build := func(w *witness) (m *maker, x, p, y, pred, cost *gorgonia.Node) {
		m = newMaker(w.t, tensor.Float64)
		x, p = m.node("x", 4, 3), m.param("w", 3, 2)
		y = gorgonia.NewMatrix(m.net.Graph, tensor.Float64, gorgonia.WithName("y"), gorgonia.WithShape(4, 2)) // has no value yet
		pred = must(gorgonia.Tanh(must(gorgonia.Mul(x, p))))
		cost = must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Sub(pred, y))))))
		w.differentiate(cost, p)
		return m, x, p, y, pred, cost
	}
	for name, program := range map[string]func(w *witness){
		"predictions, before there are labels": func(w *witness) {
			m, _, _, _, pred, _ := build(w)
			w.run(w.on(m.net.Graph.SubgraphRoots(pred)))
			w.value(pred)
		},
		"predictions of exactly these roots": func(w *witness) {
			m, _, _, _, pred, _ := build(w)
			w.run(w.on(m.net.Graph.ExactSubgraphRoots(pred)))
			w.value(pred)
		},
		"training and predicting in turn": func(w *witness) {
			m, x, p, y, pred, cost := build(w)
			let(w.t, y, newDense(tensor.Float64, m.floats(8), 4, 2))
			training, predicting := w.on(m.net.Graph, gorgonia.BindDualValues(p)), w.on(m.net.Graph.SubgraphRoots(pred))
			for range 3 {
				w.run(training)
				w.value(cost)
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1)), p)
				let(w.t, x, newDense(tensor.Float64, m.floats(12), 4, 3))
				w.run(predicting)
				w.value(pred)
				w.grad(p)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

// Let and Set do what TapeMachine's do.
func TestMachineLetAndSet(t *testing.T) {
	type letting interface {
		gorgonia.VM
		Let(n *gorgonia.Node, v any) error
		Set(a, b *gorgonia.Node) error
	}
	sameAsTape(t, func(w *witness) {
		m := newMaker(w.t, tensor.Float64)
		x := gorgonia.NewScalar(m.net.Graph, tensor.Float64, gorgonia.WithName("x"))
		y := must(gorgonia.Square(x))
		var vm letting
		switch on := w.on(m.net.Graph).(type) {
		case letting:
			vm = on
		default:
			w.t.Fatalf("%T has no Let or no Set", on)
		}
		if err := vm.Let(x, 3.0); err != nil {
			w.t.Fatal(err)
		}
		for range 3 {
			w.run(vm)
			w.value(y)
			if err := vm.Set(x, y); err != nil {
				w.t.Fatal(err)
			}
		}
	})
	m := newMaker(t, tensor.Float64)
	a, b := m.node("a", 2), gorgonia.NewVector(m.net.Graph, tensor.Float64, gorgonia.WithName("b"), gorgonia.WithShape(2))
	must(gorgonia.Add(a, b))
	vm := NewMachine(m.net.Graph)
	other := gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithName("other"))
	far := newMaker(t, tensor.Float64).net.Graph
	for range 10 {
		other = gorgonia.NewScalar(far, tensor.Float64, gorgonia.WithName(fmt.Sprint("other", far.AllNodes().Len())))
	}
	for want, err := range map[string]error{"not of the machine's graph": vm.Let(other, 1.0), "not of": vm.Set(a, other),
		`node "b": run the machine first`: vm.Set(a, b)} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

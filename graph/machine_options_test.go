package graph

import (
	"fmt"
	"log"
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Options of gorgonia.NewTapeMachine do what they do there, or are refused by name.
func TestMachineOptions(t *testing.T) {
	build := func(m *maker) (x, y *gorgonia.Node) {
		x = m.Param("x", 3)
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
			err := NewMachine(m.Net.Graph, c.opt).RunAll()
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
			run(t, NewMachine(m.Net.Graph, opts...))
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
		z := gorgonia.NewVector(m.Net.Graph, tensor.Float64, gorgonia.WithName("z"), gorgonia.WithShape(3)) // has no value
		sum := must(gorgonia.Add(y, z))
		prog, at, err := gorgonia.CompileFunction(m.Net.Graph, gorgonia.Nodes{x}, gorgonia.Nodes{y})
		if err != nil {
			t.Fatal(err)
		}
		run(t, NewMachine(m.Net.Graph, gorgonia.WithPrecompiled(prog, at)))
		equal(t, "y", numbers(t, y.Value()), []float64{0, math.Log(2), math.Log(3)}, 1e-15)
		if sum.Value() != nil {
			t.Error("what is not in the program was computed")
		}
	})
	t.Run("without effect here as there", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		build(m)
		run(t, NewMachine(m.Net.Graph, gorgonia.UseCudaFor("mul"), gorgonia.WithManualGradient(), gorgonia.WithLogger(nil),
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
		if err := NewMachine(m.Net.Graph, opts...).RunAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	t.Run("Compile refuses what a Program does not do", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x, _ := build(m)
		prog, at, err := gorgonia.Compile(m.Net.Graph)
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range map[string]gorgonia.VMOpt{"BindDualValues": gorgonia.BindDualValues(x), "WithNaNWatch": gorgonia.WithNaNWatch(),
			"WithInfWatch": gorgonia.WithInfWatch(), "TraceExec": gorgonia.TraceExec(), "WithWatchlist": gorgonia.WithWatchlist(x),
			"WithLogger": gorgonia.WithLogger(log.Default()), "WithPrecompiled": gorgonia.WithPrecompiled(prog, at)} {
			if _, err := Compile(m.Net.Graph, o); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("error %v lacks %s", err, name)
			}
		}
	})
	t.Run("Compile takes EvalMode", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		x := m.Node("x", 5, 5)
		y := must(gorgonia.Dropout(x, 0.5))
		run(t, compile(t, m.Net.Graph, Outputs(y), EvalMode()))
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
		gorgonia.NewTapeMachine(m.Net.Graph, Outputs(y))
	})
}

type strangeEngine struct{ tensor.StdEng }

// Let and Set do what TapeMachine's do.
func TestMachineLetAndSet(t *testing.T) {
	type letting interface {
		gorgonia.VM
		Let(n *gorgonia.Node, v any) error
		Set(a, b *gorgonia.Node) error
	}
	sameAsTape(t, func(w *witness) {
		m := newMaker(w.t, tensor.Float64)
		x := gorgonia.NewScalar(m.Net.Graph, tensor.Float64, gorgonia.WithName("x"))
		y := must(gorgonia.Square(x))
		var vm letting
		switch on := w.on(m.Net.Graph).(type) {
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
	a, b := m.Node("a", 2), gorgonia.NewVector(m.Net.Graph, tensor.Float64, gorgonia.WithName("b"), gorgonia.WithShape(2))
	must(gorgonia.Add(a, b))
	vm := NewMachine(m.Net.Graph)
	other := gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithName("other"))
	far := newMaker(t, tensor.Float64).Net.Graph
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

package graph_test

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// line fits y = w·x + b: the program in the README.
func line(w, b *gorgonia.Node, g *gorgonia.ExprGraph) error {
	vm := graph.NewMachine(g, gorgonia.BindDualValues(w, b)) // was gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w, b))
	defer vm.Close()
	solver := &optimizers.Adam{LearningRate: 0.05} // was gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05))
	for range 200 {
		if err := vm.RunAll(); err != nil {
			return err
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w, b})); err != nil {
			return err
		}
		vm.Reset()
	}
	return nil
}

// The same on Gorgonia's machine with Gorgonia's solver.
func lineThere(w, b *gorgonia.Node, g *gorgonia.ExprGraph) error {
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w, b))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05))
	for range 200 {
		if err := vm.RunAll(); err != nil {
			return err
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w, b})); err != nil {
			return err
		}
		vm.Reset()
	}
	return nil
}

func TestReadmeProgram(t *testing.T) {
	var results [2][]float64
	for i, fit := range []func(w, b *gorgonia.Node, g *gorgonia.ExprGraph) error{line, lineThere} {
		g := gorgonia.NewGraph()
		vector := func(name string, v ...float64) *gorgonia.Node {
			return gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithShape(len(v)),
				gorgonia.WithValue(tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(v))))
		}
		x, y := vector("x", 1, 2, 3, 4), vector("y", 3, 5, 7, 9)
		w := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithValue(0.5))
		b := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("b"), gorgonia.WithValue(0.0))
		pred := gorgonia.Must(gorgonia.Add(gorgonia.Must(gorgonia.Mul(x, w)), b))
		cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(pred, y))))))
		if _, err := gorgonia.Grad(cost, w, b); err != nil {
			t.Fatal(err)
		}
		if err := fit(w, b, g); err != nil {
			t.Fatal(err)
		}
		results[i] = []float64{w.Value().Data().(float64), b.Value().Data().(float64)}
	}
	for k, want := range results[1] {
		if got := results[0][k]; math.Abs(got-want) > 1e-9 || math.Abs(got-[]float64{2, 1}[k]) > 0.2 {
			t.Errorf("parameter %d is %v, on TapeMachine %v", k, got, want)
		}
	}
}

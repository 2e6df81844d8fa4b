package optimizers_test

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// descend is a cost whose gradient is a vector, half of it steep: what a solver of Gorgonia does in twenty steps, and what
// an optimizer does with the options that docs/gorgonia.md gives for it.
func descend(t *testing.T, s gorgonia.Solver) []float64 {
	t.Helper()
	g := gorgonia.NewGraph()
	w := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(4),
		gorgonia.WithValue(dense(tensor.Float64, []int{4}, []float64{1, -0.5, 0.3, -2})))
	scale := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("scale"), gorgonia.WithShape(4),
		gorgonia.WithValue(dense(tensor.Float64, []int{4}, []float64{8, 0.1, 3, 0.7})))
	far := gorgonia.Must(gorgonia.Sub(w, gorgonia.NewConstant(0.25)))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(scale, gorgonia.Must(gorgonia.Square(far))))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		t.Fatal(err)
	}
	vm := graph.NewMachine(g, gorgonia.BindDualValues(w))
	for range 20 {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		if err := s.Step([]gorgonia.ValueGrad{w}); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
	}
	return w.Value().Data().([]float64)
}

// What docs/gorgonia.md says of a solver's options gives the same steps.
func TestGorgoniaOptions(t *testing.T) {
	const λ = 0.02
	common := func(n, clip float64) optimizers.Common {
		return optimizers.Common{BatchSize: n, Clip: optimizers.Clip{Value: clip}}
	}
	for name, c := range map[string]struct {
		theirs gorgonia.Solver
		ours   optimizers.Optimizer
	}{
		"Vanilla": {gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.01)), &optimizers.GD{LearningRate: 0.01}},
		"Vanilla, WithBatchSize": {gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1), gorgonia.WithBatchSize(10)),
			&optimizers.GD{LearningRate: 0.1, Common: common(10, 0)}},
		"Vanilla, WithBatchSize and WithClip": {
			gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1), gorgonia.WithBatchSize(4), gorgonia.WithClip(0.5)),
			&optimizers.GD{LearningRate: 0.1, Common: common(4, 0.5)}},
		"Vanilla, WithL2Reg": {gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.01), gorgonia.WithL2Reg(λ)),
			&optimizers.SGD{LearningRate: 0.01, WeightDecay: λ}},
		"Vanilla, WithL2Reg and WithBatchSize": {
			gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.05), gorgonia.WithL2Reg(λ), gorgonia.WithBatchSize(8)),
			&optimizers.SGD{LearningRate: 0.05, WeightDecay: λ / 8, Common: common(8, 0)}},
		"Momentum": {gorgonia.NewMomentum(gorgonia.WithLearnRate(0.01), gorgonia.WithMomentum(0.8)),
			&optimizers.SGD{LearningRate: 0.01, Momentum: 0.8}},
		"Adam": {gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05), gorgonia.WithBeta1(0.8), gorgonia.WithBeta2(0.95)),
			&optimizers.Adam{LearningRate: 0.05, Beta1: 0.8, Beta2: 0.95}},
		"Adam, WithBatchSize, WithL2Reg and WithEps": {
			gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05), gorgonia.WithBatchSize(16), gorgonia.WithL2Reg(λ), gorgonia.WithEps(1e-4)),
			&optimizers.Adam{LearningRate: 0.05, WeightDecay: λ / 16, Epsilon: 1e-4, Common: common(16, 0)}},
		"Adam, WithClip": {gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05), gorgonia.WithClip(0.3)),
			&optimizers.Adam{LearningRate: 0.05, Common: common(0, 0.3)}},
		"RMSProp": {gorgonia.NewRMSPropSolver(),
			&optimizers.RMSProp{LearningRate: 0.001, Alpha: 0.999, EpsilonInside: true}},
		"RMSProp, WithRho and WithEps": {gorgonia.NewRMSPropSolver(gorgonia.WithLearnRate(0.01), gorgonia.WithRho(0.9), gorgonia.WithEps(0.1)),
			&optimizers.RMSProp{LearningRate: 0.01, Alpha: 0.9, Epsilon: 0.1, EpsilonInside: true}},
		"RMSProp, WithL2Reg": {gorgonia.NewRMSPropSolver(gorgonia.WithLearnRate(0.01), gorgonia.WithRho(0.9), gorgonia.WithL2Reg(λ)),
			&optimizers.RMSProp{LearningRate: 0.01, Alpha: 0.9, EpsilonInside: true, WeightDecay: λ / 0.01, Decoupled: true}},
		"RMSProp ignores WithBatchSize": {gorgonia.NewRMSPropSolver(gorgonia.WithBatchSize(64)),
			&optimizers.RMSProp{LearningRate: 0.001, Alpha: 0.999, EpsilonInside: true}},
	} {
		want, got := descend(t, c.theirs), descend(t, c.ours)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-12 {
				t.Errorf("%s: weight %d is %.15g, want %.15g", name, i, got[i], want[i])
			}
		}
	}
}

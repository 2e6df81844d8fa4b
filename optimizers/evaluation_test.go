package optimizers_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The averages of ASGD are PyTorch's "ax" at every recorded step, also through a wrapper, and loading them disturbs
// nothing: the trajectory goes on from the weights.
func TestAveragesEqualPyTorch(t *testing.T) {
	f := readTorch(t)
	if len(f.Averages) < 10 {
		t.Fatal("too few fixtures")
	}
	for _, c := range f.Averages {
		for _, wrapped := range []bool{false, true} {
			t.Run(fmt.Sprint(c.Options, c.DType, wrapped), func(t *testing.T) {
				opt := mustNew(t, "asgd", c.Options)
				if wrapped {
					opt = optimizers.Wrap(opt, optimizers.Common{})
				}
				dt, tol := tensor.Float64, torchTol64
				if c.DType == "float32" {
					dt, tol = tensor.Float32, torchTol32
				}
				a, ok := optimizers.EvaluationWeightsOf(opt)
				if !ok {
					t.Fatal("no averager")
				}
				p := newProblem(dt)
				for i, step := range f.Record {
					p.steps(t, opt, step-p.t)
					before := p.weights()
					w, b := clone(p.w.w), clone(p.b.w)
					if err := a.LoadEvaluationWeights(p.model()); err != nil {
						t.Fatal(err)
					}
					if d := distance(p.weights(), c.X[i]); !(d <= tol) {
						t.Fatalf("step %d: off by %.3g\n got %v\nwant %v", step, d, p.weights(), c.X[i])
					}
					put(p.w.w, w)
					put(p.b.w, b)
					if !slices.Equal(before, p.weights()) {
						t.Fatal("the test does not put the weights back")
					}
				}
			})
		}
	}
}

func clone(v gorgonia.Value) *tensor.Dense { return v.(*tensor.Dense).Clone().(*tensor.Dense) }

func put(to gorgonia.Value, from *tensor.Dense) {
	if err := tensor.Copy(to.(*tensor.Dense), from); err != nil {
		panic(err)
	}
}

// Only ASGD averages; frozen and unseen parameters keep their weights, masked entries stay zero, and what does not fit is an
// error that names the parameter.
func TestLoadEvaluationWeights(t *testing.T) {
	for _, info := range optimizers.All() {
		_, ok := optimizers.EvaluationWeightsOf(info.New())
		if _, wrapped := optimizers.EvaluationWeightsOf(optimizers.Wrap(info.New(), optimizers.Common{})); ok != wrapped ||
			ok != (info.Name == "asgd") {
			t.Errorf("%s averages: %v", info.Name, ok)
		}
	}
	if _, ok := optimizers.EvaluationWeightsOf(optimizers.Wrap(gorgonia.NewVanillaSolver(), optimizers.Common{})); ok {
		t.Error("a solver of another package averages")
	}

	for _, wrapped := range []bool{false, true} {
		asgd := &optimizers.ASGD{Start: optimizers.Zero, LearningRate: 0.1}
		var opt optimizers.Optimizer = asgd
		asgd.Groups = []optimizers.ParamGroup{optimizers.Freeze(func(name string) bool { return name == "b" })}
		if wrapped {
			asgd.Groups = nil
			opt = optimizers.Wrap(asgd, optimizers.Common{Groups: []optimizers.ParamGroup{
				optimizers.Freeze(func(name string) bool { return name == "b" })}})
		}
		a, _ := optimizers.EvaluationWeightsOf(opt)
		p := newProblem(tensor.Float64)
		start := p.weights()
		if err := a.LoadEvaluationWeights(p.model()); err != nil || !slices.Equal(start, p.weights()) {
			t.Errorf("before the first step: %v", err)
		}
		p.steps(t, opt, 5)
		keep := make([]bool, 12)
		keep[3], keep[7] = true, true
		if err := opt.SetMask("w", optimizers.Mask{Shape: []int{3, 4}, Keep: keep}); err != nil {
			t.Fatal(err)
		}
		p.steps(t, opt, 1) // the average still has what the mask took away
		if err := a.LoadEvaluationWeights(p.model()); err != nil {
			t.Fatal(err)
		}
		for i, v := range p.weights() {
			switch {
			case i < 12 && (v != 0) != keep[i]:
				t.Errorf("wrapped %v: masked entry %d is %v", wrapped, i, v)
			case i >= 12 && v != start[i]:
				t.Errorf("wrapped %v: frozen entry %d is %v, was %v", wrapped, i, v, start[i])
			}
		}
		small := newParam("w", tensor.Float64, []int{2, 2}, make([]float64, 4))
		if err := a.LoadEvaluationWeights([]gorgonia.ValueGrad{small}); !errors.Is(err, optimizers.ErrState) {
			t.Errorf("another shape: %v", err)
		}
	}
}

func TestLoadEvaluationWeightsAllocatesNothing(t *testing.T) {
	opt := &optimizers.ASGD{Start: optimizers.Zero}
	p := newProblem(tensor.Float32)
	p.steps(t, opt, 3)
	model := p.model()
	if n := testing.AllocsPerRun(20, func() {
		if err := opt.LoadEvaluationWeights(model); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

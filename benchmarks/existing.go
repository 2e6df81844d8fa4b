package benchmarks

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Existing is a program that somebody has written for Gorgonia.
type Existing struct {
	Name string
	New  func() (*Program, error)
	FLOP float64 // of the matrix products of a step
}

// ExistingPrograms are those that are timed.
func ExistingPrograms() []Existing {
	small, lenet := Networks()[0], Networks()[1]
	return []Existing{
		{"iris-logistic-regression", NewIris, perceptron("", 4, 3).TrainingFLOP(150)},
		{small.Name + "/batch=32", func() (*Program, error) { return NewProgram(small, 32, true) }, small.TrainingFLOP(32)},
		{lenet.Name + "/batch=32", func() (*Program, error) { return NewProgram(lenet, 32, true) }, lenet.TrainingFLOP(32)},
	}
}

// NewIris is multinomial logistic regression on all 150 irises at once.
func NewIris() (*Program, error) {
	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		return nil, err
	}
	rows, classes := len(iris.Labels), len(iris.Classes)
	weights := []tensor.Tensor{
		tensor.New(tensor.WithShape(iris.Width(), classes), tensor.Of(tensor.Float32)),
		tensor.New(tensor.WithShape(classes), tensor.Of(tensor.Float32)),
	}
	y := Data{Labels: iris.Labels}.OneHot(classes)
	return write(weights, tensor.New(tensor.WithShape(rows, iris.Width()), tensor.WithBacking(slices.Clone(iris.X))),
		tensor.New(tensor.WithShape(rows, classes), tensor.WithBacking(y)), true)
}

// Machine is a way to run an existing program.
type Machine struct {
	Name string
	On   func(p *Program, rate float64) error // rate is Adam's
}

// Machines go from what a Gorgonia program does by itself, line by line, to all that it can get from here.
func Machines() []Machine {
	tape := func(blas gorgonia.BLAS) func(*Program, float64) error {
		return func(p *Program, rate float64) error {
			gorgonia.Use(blas)
			vm := gorgonia.NewTapeMachine(p.Graph, gorgonia.BindDualValues(p.Params...))
			p.On(vm, gorgonia.NewAdamSolver(gorgonia.WithLearnRate(rate)))
			return nil
		}
	}
	return []Machine{
		{"tapemachine", tape(gonum.Implementation{})},
		{"tapemachine+blas", tape(graph.BLAS())},
		{"machine", func(p *Program, rate float64) error {
			p.On(graph.NewMachine(p.Graph), gorgonia.NewAdamSolver(gorgonia.WithLearnRate(rate)))
			return nil
		}},
		{"machine+adam", func(p *Program, rate float64) error {
			vm, err := graph.Compile(p.Graph, graph.Outputs(p.Cost))
			if err != nil {
				return errors.Wrap(err, "existing program")
			}
			adam := &optimizers.Adam{LearningRate: rate}
			adam.Options().KeepGradients = true // every run writes them anew
			p.On(vm, adam)
			return nil
		}},
	}
}

package extending_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/op/optest"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/gorgonia"
)

// steep is x·σ(2x). Export spells it in ONNX operators, for models that are to be saved.
var steep, errSteep = op.NewActivation(op.Nonlinearity{
	Name:  "steep",
	Value: func(x, _ float64) float64 { return x / (1 + math.Exp(-2*x)) },
	Derivative: func(x, _ float64) float64 {
		s := 1 / (1 + math.Exp(-2*x))
		return s * (1 + 2*x*(1-s))
	},
	Export: func(em op.Emitter, x, out string, _ float64) error {
		double, open := em.Temp("double"), em.Temp("open")
		em.Node("Add", []string{x, x}, double)
		em.Node("Sigmoid", []string{double}, open)
		em.Node("Mul", []string{x, open}, out)
		return nil
	},
})

// An activation of your own: its derivative holds against finite differences, and it stands in layers as others do.
func Example_activation() {
	if errSteep != nil {
		log.Fatal(errSteep)
	}
	err := optest.Case{Name: "steep", Build: func(in *optest.Inputs) (*gorgonia.Node, error) {
		return op.Activate(in.Normal(3, 4), steep, 0)
	}}.Check()
	fmt.Println("wrong:", err)

	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(16, models.Activation(steep))), iris,
		training.FitConfig{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := f.Evaluate("test")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accurate:", result.Metrics.Accuracy > 0.8)

	dir, err := os.MkdirTemp("", "steep")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.onnx")
	if err := f.Model.Save(path); err != nil {
		log.Fatal(err)
	}
	_, err = models.Load(path)
	fmt.Println("loaded:", err)
	// Output:
	// wrong: <nil>
	// accurate: true
	// loaded: <nil>
}

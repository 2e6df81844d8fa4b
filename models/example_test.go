package models_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/models"
)

// A residual block: the sum of what a convolution makes of an image and of the image itself.
func ExampleGraph() {
	spec := models.Graph([]models.Layer{
		models.Input(1, 8, 8),
		models.Conv2D(8, 3, models.Same, models.ReLU, models.Named("stem")),
		models.Conv2D(8, 3, models.Same, models.WithoutBias()),
		models.BatchNorm(models.Named("norm")),
		models.Add([]string{"norm", "stem"}, models.ReLU),
		models.GlobalAvgPool(),
		models.Dense(10),
		models.Softmax(),
	})
	net, err := spec.Build(models.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range append(net.Params, net.States...) {
		fmt.Println(p.Name(), p.Shape())
	}
	// Output:
	// stem.weight (8, 1, 3, 3)
	// stem.bias (8)
	// conv2d2.weight (8, 8, 3, 3)
	// norm.weight (8)
	// norm.bias (8)
	// dense1.weight (8, 10)
	// dense1.bias (10)
	// norm.running_mean (8)
	// norm.running_var (8)
}

func ExampleSequential() {
	spec := models.Sequential(
		models.Input(100),
		models.Dense(64, models.ReLU),
		models.Dense(32, models.ReLU),
		models.Dense(10),
		models.Softmax(),
	)
	net, err := spec.Build(models.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range net.Params {
		fmt.Println(p.Name(), p.Shape())
	}
	total, _ := net.ParamCount()
	fmt.Println(total, "parameters; output", net.Outputs[0].Shape())
	// Output:
	// dense1.weight (100, 64)
	// dense1.bias (64)
	// dense2.weight (64, 32)
	// dense2.bias (32)
	// dense3.weight (32, 10)
	// dense3.bias (10)
	// 8874 parameters; output (1, 10)
}

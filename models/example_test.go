package models_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/models"
)

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

package onnx_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
)

// A network is written as a file that ONNX Runtime and others read, with what else is known of it, and read back.
func Example() {
	net, err := models.Sequential(models.Input(4), models.Dense(8, models.ReLU), models.Dense(3), models.Softmax()).
		Build(models.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	file, err := onnx.Marshal(net, onnx.Meta{})
	if err != nil {
		log.Fatal(err)
	}
	again, _, err := onnx.Unmarshal(file)
	if err != nil {
		log.Fatal(err)
	}
	n, _ := again.ParamCount()
	fmt.Println(n, "parameters in", len(again.Params), "tensors, output", again.Outputs[0].Shape()[1:])
	// Output: 67 parameters in 4 tensors, output (3)
}

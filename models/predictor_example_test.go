package models_test

import (
	_ "embed"
	"fmt"
	"log"

	"github.com/gtrain/gtrain/models"
)

// Made by gtrain train --data iris --model mlp:8 --epochs 60 --optimizer adam --lr 0.01 --seed 1.
//
//go:embed testdata/iris.onnx
var iris []byte

// A model that is part of the program classifies a raw record.
func ExampleModel_Predictor() {
	model, err := models.Unmarshal(iris)
	if err != nil {
		log.Fatal(err)
	}
	predictor, err := model.Predictor()
	if err != nil {
		log.Fatal(err)
	}
	x, err := model.Schema.Encode(map[string]string{
		"sepal_length": "6.3", "sepal_width": "2.7", "petal_length": "4.9", "petal_width": "1.8",
	})
	if err != nil {
		log.Fatal(err)
	}
	classes, err := predictor.Classify(x) // [virginica]
	if err != nil {
		log.Fatal(err)
	}
	probabilities, err := predictor.Predict(x) // in the order of model.Classes
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(classes, len(probabilities) == len(model.Classes))
	// Output: [virginica] true
}

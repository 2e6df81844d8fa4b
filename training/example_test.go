package training_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
)

// A network of 100 inputs, two hidden layers and ten classes, trained by Adam for ten epochs in batches of 32.
func Example() {
	spec := models.Sequential(
		models.Input(100),
		models.Dense(64, models.ReLU),
		models.Dense(32, models.ReLU),
		models.Dense(10),
		models.Softmax(),
	)
	cfg := training.Config{Epochs: 10, Batch: 32, Optimizer: &optimizers.Adam{}, Seed: 1}
	fitted, err := training.Fit(context.Background(), spec, clusters(2000, 100, 10), training.FitConfig{Config: cfg})
	if err != nil {
		log.Fatal(err)
	}
	test, err := fitted.Evaluate("test")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d epochs, accuracy on %d test rows above 0.9: %v\n", len(fitted.History.Epochs), test.Metrics.N,
		test.Metrics.Accuracy > 0.9)
	// Output: 10 epochs, accuracy on 400 test rows above 0.9: true
}

// clusters draws rows around one random centre for each class.
func clusters(rows, features, classes int) *data.Dataset {
	r := random.New(1, "clusters")
	centres := make([]float64, classes*features)
	for i := range centres {
		centres[i] = 0.5 * r.NormFloat64()
	}
	var names, classNames []string
	for f := range features {
		names = append(names, fmt.Sprintf("x%d", f))
	}
	for c := range classes {
		classNames = append(classNames, fmt.Sprintf("class %d", c))
	}
	x, labels := make([]float32, rows*features), make([]int, rows)
	for i := range labels {
		labels[i] = i % classes
		for f := range features {
			x[i*features+f] = float32(centres[labels[i]*features+f] + r.NormFloat64())
		}
	}
	d, err := data.NewClassification("clusters", names, x, classNames, labels)
	if err != nil {
		log.Fatal(err)
	}
	return d
}

package extending_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/gorgonia"
)

// pinball is the loss of predicting a quantile: the mean of q·e for targets above the prediction and (1−q)·e for those below.
func pinball(q float64) *network.Loss {
	return &network.Loss{Name: "pinball", Targets: network.Values,
		Build: func(output, target *gorgonia.Node) (*gorgonia.Node, error) {
			above, err := beyond(target, output, q)
			if err != nil {
				return nil, err
			}
			below, err := beyond(output, target, 1-q)
			if err != nil {
				return nil, err
			}
			sum, err := op.Add(above, below)
			if err != nil {
				return nil, err
			}
			return op.Reduce(op.ReduceMean, sum, false)
		}}
}

// beyond is factor·max(a − b, 0).
func beyond(a, b *gorgonia.Node, factor float64) (*gorgonia.Node, error) {
	d, err := op.Sub(a, b)
	if err != nil {
		return nil, err
	}
	if d, err = op.Activate(d, op.ReLU, 0); err != nil {
		return nil, err
	}
	return op.Unscale(d, 0, factor, false) // d·factor + 0
}

// A loss of your own says what it compares outputs with, so that data which has something else is refused in one line.
func Example_loss() {
	diabetes, err := data.Load("diabetes", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(8, models.Tanh)), diabetes,
		training.FitConfig{Config: training.Config{Loss: pinball(0.9)}})
	if err != nil {
		log.Fatal(err)
	}
	e, err := training.NewEvaluator(f.Model, pinball(0.9))
	if err != nil {
		log.Fatal(err)
	}
	predicted, err := e.Predict(f.Data, f.Parts.Train)
	if err != nil {
		log.Fatal(err)
	}
	below := 0
	for i, row := range f.Parts.Train {
		if f.Data.Targets[row] < predicted[i] {
			below++
		}
	}
	share := float64(below) / float64(len(predicted))
	fmt.Println("nine of ten targets lie below:", share > 0.8 && share < 0.97)

	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = training.Fit(context.Background(), models.Sequential(models.Dense(8, models.Tanh)), iris,
		training.FitConfig{Config: training.Config{Loss: pinball(0.9)}})
	fmt.Println(err)
	// Output:
	// nine of ten targets lie below: true
	// loss pinball compares values, one for each of 3 outputs, and iris has classes: take a loss of class indices, such as cross-entropy, or one with one column a class
}

// RegisterLoss lets files name it: a model that was trained with it, its options included, finds it again.
func Example_lossByName() {
	err := models.RegisterLoss(models.LossInfo{Name: "pinball", Summary: "of the 0.9 quantile", Task: data.Regression,
		Make: func(models.LossOptions) *network.Loss { return pinball(0.9) }})
	if err != nil {
		log.Fatal(err)
	}
	loss, err := models.Loss("pinball", data.Regression, models.LossOptions{})
	fmt.Println(loss.Name, loss.Targets, err)
	// Output: pinball values <nil>
}

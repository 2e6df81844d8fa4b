package optimizers

import "github.com/gtrain/gtrain/optimizers/transform"

// GD is gradient descent: with the gradient of the loss J over the whole data set,
//
//	θ ← θ − η·∇J(θ)
//
// It keeps no state but the step count. What makes it GD instead of plain [SGD] is the gradient that it is given, so
// its entry in the table says FullBatch. Source: Cauchy 1847, Comptes Rendus 25.
type GD struct {
	LearningRate float64 // η; default 0.01
	Common
	method[GD]
}

func (o *GD) define() (definition, error) {
	return definition{
		name:     "gd",
		settings: []setting{learningRate(&o.LearningRate, 0.01)},
		links:    []transform.Transform{&transform.Rate{}},
	}, nil
}

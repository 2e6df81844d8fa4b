package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Sigmoid is 1/(1 + e^−x).
var Sigmoid = Activation{&Nonlinearity{
	Name:       "sigmoid",
	Formula:    "1/(1 + e^−x)",
	Value:      func(x, _ float64) float64 { return sigmoid(x) },
	FromOutput: func(y, _ float64) float64 { return y * (1 - y) },
	Gain:       1,
	ONNX:       &Operator{Name: "Sigmoid"},
	kernel:     kernels.Sigmoid,
}}

// sigmoid is 1/(1 + e^−x) without overflow.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

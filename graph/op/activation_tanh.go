package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Tanh is (e^x − e^−x)/(e^x + e^−x).
var Tanh = Activation{&Nonlinearity{
	Name:       "tanh",
	Formula:    "(e^x − e^−x)/(e^x + e^−x)",
	Value:      func(x, _ float64) float64 { return math.Tanh(x) },
	FromOutput: func(y, _ float64) float64 { return (1 - y) * (1 + y) },
	Gain:       5.0 / 3,
	ONNX:       &Operator{Name: "Tanh"},
	kernel:     kernels.Tanh,
}}

package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Softplus is ln(1 + e^x).
var Softplus = Activation{&Nonlinearity{
	Name:       "softplus",
	Formula:    "ln(1 + e^x)",
	Value:      func(x, _ float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
	FromOutput: func(y, _ float64) float64 { return -math.Expm1(-y) }, // σ(x) = 1 − e^−y
	ONNX:       &Operator{Name: "Softplus"},
	kernel:     kernels.Softplus,
}}

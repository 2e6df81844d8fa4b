package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
)

// ReLU is max(x, 0); derivative 0 at 0.
var ReLU = Activation{&Nonlinearity{
	Name:    "relu",
	Formula: "max(x, 0)",
	Value:   func(x, _ float64) float64 { return max(x, 0) },
	FromOutput: func(y, _ float64) float64 {
		if y > 0 {
			return 1
		}
		return 0
	},
	Rectifies: true,
	Gain:      math.Sqrt2,
	ONNX:      &Operator{Name: "Relu"},
	kernel:    kernels.ReLU,
}}

// Rectify is gorgonia.Rectify as the compiler fuses it: x·[x ≥ 0], with derivative 1 at 0 where ReLU has 0. It is not
// among Activations, for a model is to have one of the two.
var Rectify = Activation{&Nonlinearity{
	Name:    "rectify",
	Formula: "x·[x ≥ 0]",
	Value: func(x, _ float64) float64 {
		if x >= 0 {
			return x + 0 // −0 becomes +0
		}
		return x * 0 // −0 where x is negative: the gradient tells by the sign
	},
	FromOutput: func(y, _ float64) float64 {
		if y >= 0 && !math.Signbit(y) {
			return 1
		}
		return 0
	},
	Export: func(em Emitter, x, out string, _ float64) error { // the two differ in the gradient alone
		em.Node("Relu", []string{x}, out)
		return nil
	},
	kernel: kernels.Rectify,
	hidden: true,
}}

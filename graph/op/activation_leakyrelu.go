package op

import "github.com/gtrain/gtrain/internal/kernels"

// DefaultSlope is leaky ReLU's slope for negative inputs (Maas et al. 2013, and PyTorch's default).
const DefaultSlope = 0.01

// LeakyReLU is x if x > 0, otherwise slope·x, for a slope in [0, 1).
var LeakyReLU = Activation{&Nonlinearity{
	Name:    "leaky_relu",
	Formula: "x if x > 0, otherwise slope·x",
	Source:  "Maas et al. 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models",
	Value: func(x, slope float64) float64 {
		if x > 0 {
			return x
		}
		return slope * x
	},
	FromOutput: func(y, slope float64) float64 {
		if y > 0 {
			return 1
		}
		return slope
	},
	Slope:     &SlopeRange{Default: DefaultSlope, Min: 0, Below: 1},
	Rectifies: true,
	Gain:      1.4141428569978354, // √(2/(1 + slope²)) of the default slope
	ONNX:      &Operator{Name: "LeakyRelu", Alpha: 0.01},
	kernel:    kernels.LeakyReLU,
}}

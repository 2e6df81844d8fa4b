package op

import "math"

// ELU is x if x > 0, otherwise α·(e^x − 1) (Clevert et al. 2016, arXiv:1511.07289). α is its slope, the one that it has at 0
// from below: 1 by default, not negative.
var ELU = Activation{&Nonlinearity{
	Name:    "elu",
	Formula: "x if x > 0, otherwise slope·(e^x − 1)",
	Source:  "Clevert et al. 2016, arXiv:1511.07289",
	Value: func(x, alpha float64) float64 {
		if x > 0 {
			return x
		}
		return alpha * math.Expm1(x)
	},
	FromOutput: func(y, alpha float64) float64 {
		if y > 0 {
			return 1
		}
		return y + alpha
	},
	Slope:     &SlopeRange{Default: 1, Min: 0, Below: math.Inf(1)},
	Rectifies: true,
	ONNX:      &Operator{Name: "Elu", Alpha: 1},
}}

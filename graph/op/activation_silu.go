package op

// SiLU is x·σ(x), also called swish (Elfwing et al. 2018, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941).
var SiLU = Activation{&Nonlinearity{
	Name:    "silu",
	Formula: "x·σ(x), σ the sigmoid",
	Source:  "Elfwing et al. 2018, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941 (swish)",
	Value: func(x, _ float64) float64 {
		if x < -745 { // σ underflows; −∞·0 would be NaN
			return 0
		}
		return x * sigmoid(x)
	},
	Derivative: func(x, _ float64) float64 {
		if x < -745 {
			return 0
		}
		s := sigmoid(x)
		if s == 1 { // ∞·0 would be NaN
			return 1
		}
		return s * (1 + x*(1-s))
	},
	Rectifies: true,
	Form:      FormOf("Mul", X, FormOf("Sigmoid", X)),
}}

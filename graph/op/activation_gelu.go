package op

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
)

// GELU is x·Φ(x), the exact form with erf (Hendrycks & Gimpel 2016, arXiv:1606.08415).
var GELU = Activation{&Nonlinearity{
	Name:    "gelu",
	Formula: "x·Φ(x), Φ the standard normal distribution function",
	Source:  "Hendrycks & Gimpel 2016, arXiv:1606.08415; the exact form",
	Value: func(x, _ float64) float64 {
		if x < -40 { // Φ underflows; −∞·0 would be NaN
			return 0
		}
		return x * normalCDF(x)
	},
	Derivative: func(x, _ float64) float64 {
		if math.IsInf(x, 0) {
			return max(0, sign(x))
		}
		return normalCDF(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	},
	Rectifies: true,
	Export:    emitGELU,
	kernel:    kernels.GELU,
}}

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// emitGELU writes 0.5·x·(1 + erf(x/√2)): opset 17 has no operator for it.
func emitGELU(em Emitter, x, out string, _ float64) error {
	scalar := func(hint string, v float64) string { return em.Const(hint, gorgonia.NewF64(v)) }
	scaled, erf, plus, half := em.Temp("gelu_scaled"), em.Temp("gelu_erf"), em.Temp("gelu_plus"), em.Temp("gelu_half")
	em.Node("Div", []string{x, scalar("gelu_sqrt2", math.Sqrt2)}, scaled)
	em.Node("Erf", []string{scaled}, erf)
	em.Node("Add", []string{erf, scalar("gelu_one", 1)}, plus)
	em.Node("Mul", []string{x, plus}, half)
	em.Node("Mul", []string{half, scalar("gelu_0_5", 0.5)}, out)
	return nil
}

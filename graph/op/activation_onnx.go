package op

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// emitActivation writes an activation in opset 17. GELU has no operator of its own there and is written out as
// 0.5·x·(1+erf(x/√2)).
func emitActivation(em Emitter, act Activation, slope float64, in, out string) error {
	switch act {
	case Identity:
		em.Node("Identity", []string{in}, out)
	case ReLU, Rectify: // they differ in the gradient
		em.Node("Relu", []string{in}, out)
	case LeakyReLU:
		em.Node("LeakyRelu", []string{in}, out, Attr{"alpha", float32(slope)})
	case Sigmoid:
		em.Node("Sigmoid", []string{in}, out)
	case Tanh:
		em.Node("Tanh", []string{in}, out)
	case Softplus:
		em.Node("Softplus", []string{in}, out)
	case GELU:
		scalar := func(hint string, v float64) string { return em.Const(hint, gorgonia.NewF64(v)) }
		scaled, erf, plus, half := em.Temp("gelu_scaled"), em.Temp("gelu_erf"), em.Temp("gelu_plus"), em.Temp("gelu_half")
		em.Node("Div", []string{in, scalar("gelu_sqrt2", math.Sqrt2)}, scaled)
		em.Node("Erf", []string{scaled}, erf)
		em.Node("Add", []string{erf, scalar("gelu_one", 1)}, plus)
		em.Node("Mul", []string{in, plus}, half)
		em.Node("Mul", []string{half, scalar("gelu_0_5", 0.5)}, out)
	default:
		return errors.Errorf("activation %v has no ONNX form", act)
	}
	return nil
}

package kernels

import "strconv"

// Activation is an elementwise non-linearity, computed in one pass after a matrix product or by itself.
type Activation uint8

// The activations. slope is the argument of that name of the functions that take an Activation.
const (
	Identity  Activation = iota // x
	ReLU                        // max(x, 0)
	LeakyReLU                   // x where x > 0, else slope·x, slope ≥ 0
	Sigmoid                     // 1/(1 + e^−x)
	Tanh                        // tanh x
	GELU                        // x·Φ(x), Φ the standard normal distribution function: the exact (erf) form
	Softplus                    // ln(1 + e^x)
	Rectify                     // x·[x ≥ 0]; see below

	NumActivations = int(Rectify) + 1
)

var activationNames = [NumActivations]string{
	"identity", "relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softplus", "rectify",
}

// Rectify differs from ReLU where numbers are not finite, and by its derivative, which is 1 at 0. Its value is the
// product, as IEEE 754 has it: −0 where x < 0, NaN for −∞; but +0 for x = −0. So the sign of a zero tells whether x was
// negative, and the gradient needs no more than the value.

func (a Activation) String() string {
	if int(a) < NumActivations {
		return activationNames[a]
	}
	return "activation(" + strconv.Itoa(int(a)) + ")"
}

func NeedActivation(fn string, a Activation) {
	if int(a) >= NumActivations {
		panic("kernels: " + fn + ": unknown " + a.String())
	}
}

// Activate computes dst = act(x) over len(dst) elements. slope is used by LeakyReLU alone.
//
// Error bounds in float32: Sigmoid, Tanh and Softplus 2.5 ulp; GELU 4.5 ulp for x ≥ −5; below, where the result
// vanishes like e^(−x²/2), the error is small in absolute terms only. float64 has the error of package math.
func Activate[T Float](act Activation, slope T, dst, x []T) {
	NeedActivation("Activate", act)
	act = Plain(act, slope)
	scalar("Activate", OpsOf[T]().Act[act], dst, x, slope)
}

// ActivateGrad computes dst = dy·act'(x) over len(dst) elements, given the activation's output y; only GELU needs its
// input x instead. The one that is not needed may be nil. The derivative of ReLU at 0 is 0, that of LeakyReLU slope.
// Rectify multiplies dy by 0 or 1, so that NaN stays. dst may be dy.
func ActivateGrad[T Float](act Activation, slope T, dst, dy, x, y []T) {
	NeedActivation("ActivateGrad", act)
	act = Plain(act, slope)
	n := len(dst)
	Need("ActivateGrad", "dy", len(dy), n)
	v, what := y, "y"
	switch act {
	case GELU:
		v, what = x, "x"
	case Identity:
		v = dy // the derivative is 1
	}
	Need("ActivateGrad", what, len(v), n)
	f := OpsOf[T]().ActGrad[act]
	if j := borrowElements[T](n); j != nil {
		j.grad, j.dst, j.a, j.b, j.s = f, dst, dy[:n], v[:n], slope
		j.runAndReturn(n)
		return
	}
	f(dst, dy[:n], v[:n], slope)
}

// Plain turns a LeakyReLU of slope 0 into ReLU, which has no 0·∞.
func Plain[T Float](act Activation, slope T) Activation {
	if act == LeakyReLU && slope == 0 {
		return ReLU
	}
	return act
}

package kernels

import "math"

func identityGo[T Float](dst, x []T, _ T) { copy(dst, x) }

func PortableReLU[T Float](dst, x []T, _ T) { maxScalarGo(dst, x, 0) }

func leakyReLUGo[T Float](dst, x []T, slope T) {
	x = x[:len(dst)]
	for i, v := range x {
		if v > 0 {
			dst[i] = v
		} else {
			dst[i] = slope * v
		}
	}
}

func rectifyGo[T Float](dst, x []T, _ T) {
	x = x[:len(dst)]
	for i, v := range x {
		if v >= 0 {
			dst[i] = v + 0 // −0 becomes +0
		} else {
			dst[i] = v * 0
		}
	}
}

func sigmoidGo[T Float](dst, x []T, _ T) {
	for i, v := range x[:len(dst)] {
		dst[i] = T(sigmoid(float64(v)))
	}
}

func tanhGo[T Float](dst, x []T, _ T) {
	for i, v := range x[:len(dst)] {
		dst[i] = T(math.Tanh(float64(v)))
	}
}

func geluGo[T Float](dst, x []T, _ T) {
	for i, v := range x[:len(dst)] {
		if v < -40 { // Φ underflows; −∞·0 would be NaN
			dst[i] = 0
			continue
		}
		dst[i] = T(float64(v) * normalCDF(float64(v)))
	}
}

func softplusGo[T Float](dst, x []T, _ T) {
	for i, v := range x[:len(dst)] {
		dst[i] = T(softplus(float64(v)))
	}
}

func identityGradGo[T Float](dst, dy, _ []T, _ T) { copy(dst, dy) }

func reluGradGo[T Float](dst, dy, y []T, _ T) {
	dy, y = dy[:len(dst)], y[:len(dst)]
	for i := range dst {
		if y[i] > 0 {
			dst[i] = dy[i]
		} else {
			dst[i] = 0
		}
	}
}

func rectifyGradGo[T Float](dst, dy, y []T, _ T) {
	dy, y = dy[:len(dst)], y[:len(dst)]
	for i, v := range y {
		if v >= 0 && !math.Signbit(float64(v)) {
			dst[i] = dy[i]
		} else {
			dst[i] = dy[i] * 0
		}
	}
}

func leakyReLUGradGo[T Float](dst, dy, y []T, slope T) {
	dy, y = dy[:len(dst)], y[:len(dst)]
	for i := range dst {
		if y[i] > 0 {
			dst[i] = dy[i]
		} else {
			dst[i] = slope * dy[i]
		}
	}
}

func sigmoidGradGo[T Float](dst, dy, y []T, _ T) {
	dy, y = dy[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = dy[i] * (y[i] * (1 - y[i]))
	}
}

func tanhGradGo[T Float](dst, dy, y []T, _ T) {
	dy, y = dy[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = dy[i] * ((1 - y[i]) * (1 + y[i]))
	}
}

func geluGradGo[T Float](dst, dy, x []T, _ T) {
	dy, x = dy[:len(dst)], x[:len(dst)]
	for i := range dst {
		dst[i] = T(float64(dy[i]) * geluDerivative(float64(x[i])))
	}
}

func softplusGradGo[T Float](dst, dy, y []T, _ T) {
	dy, y = dy[:len(dst)], y[:len(dst)]
	for i := range dst {
		// σ(x) = 1 − e^−y, for y = ln(1 + e^x)
		dst[i] = T(float64(dy[i]) * -math.Expm1(-float64(y[i])))
	}
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// geluDerivative is Φ(x) + x·φ(x), φ the standard normal density.
func geluDerivative(x float64) float64 {
	if math.IsInf(x, 0) {
		return max(0, math.Copysign(1, x))
	}
	return normalCDF(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

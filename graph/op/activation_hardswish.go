package op

// HardSwish is x·min(max(x/6 + ½, 0), 1), SiLU without an exponential (Howard et al. 2019, arXiv:1905.02244). Its derivative
// is 0 at −3 and 1 at 3.
var HardSwish = Activation{&Nonlinearity{
	Name:       "hardswish",
	Formula:    "x·min(max(x/6 + ½, 0), 1)",
	Source:     "Howard et al. 2019, Searching for MobileNetV3, arXiv:1905.02244",
	Value:      func(x, _ float64) float64 { return hardSwish(x) },
	Derivative: func(x, _ float64) float64 { return hardSwishSlope(x) },
	Loops32:    &Loops[float32]{Value: hardSwishLoop[float32], Gradient: hardSwishGradient[float32]},
	Loops64:    &Loops[float64]{Value: hardSwishLoop[float64], Gradient: hardSwishGradient[float64]},
	Rectifies:  true,
	ONNX:       &Operator{Name: "HardSwish", Since: 14},
}}

func hardSwish[T Float](x T) T {
	switch {
	case x <= -3:
		return 0
	case x >= 3:
		return x
	}
	return x * (x/6 + 0.5)
}

func hardSwishSlope[T Float](x T) T {
	switch {
	case x <= -3:
		return 0
	case x >= 3:
		return 1
	}
	return x/3 + 0.5
}

func hardSwishLoop[T Float](dst, x []T, _ T) {
	for i, v := range x {
		dst[i] = hardSwish(v)
	}
}

func hardSwishGradient[T Float](dst, dy, x []T, _ T) {
	for i, v := range x {
		dst[i] = dy[i] * hardSwishSlope(v)
	}
}

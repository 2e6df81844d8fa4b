package kernels

import "math"

// Pow computes dst = x^p over len(dst) elements, in float64 but for the exponents that need no more than arithmetic.
func Pow[T Float](dst, x []T, p float64) {
	o := OpsOf[T]()
	x = x[:len(dst)]
	switch p {
	case 2:
		o.Square(dst, x)
	case 0.5:
		o.Sqrt(dst, x)
	case 1:
		copy(dst, x)
	case -1:
		for i, v := range x {
			dst[i] = 1 / v
		}
	default:
		for i, v := range x {
			dst[i] = T(math.Pow(float64(v), p))
		}
	}
}

// PowGrad computes dst = dy·p·x^(p−1) over len(dst) elements, 0 where p is 0.
func PowGrad[T Float](dst, x, dy []T, p float64) {
	x, dy = x[:len(dst)], dy[:len(dst)]
	switch p {
	case 0:
		clear(dst)
	case 2:
		for i, v := range x {
			dst[i] = 2 * v * dy[i]
		}
	default:
		for i, v := range x {
			dst[i] = T(p * math.Pow(float64(v), p-1) * float64(dy[i]))
		}
	}
}

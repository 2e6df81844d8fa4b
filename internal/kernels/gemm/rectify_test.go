package gemm

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Rectify's zeroes tell by their sign what the gradient is, computed by itself or behind a product of any shape, and
// gradients that are not finite are multiplied, not replaced.
func TestRectifyZeroes(t *testing.T) {
	t.Run("float32", rectifyZeroes[float32])
	t.Run("float64", rectifyZeroes[float64])
}

func rectifyZeroes[T kernels.Float](t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	values := []float64{0, math.Copysign(0, -1), -1, 1, nan, -nan, inf, -inf, 1e-300, -1e-300}
	gradients := []float64{2, -3, 0, inf, nan}
	forEachISA(t, func(t *testing.T) {
		var x, dy []T
		for _, v := range values {
			for _, d := range gradients {
				x, dy = append(x, T(v)), append(dy, T(d))
			}
		}
		n := len(x)
		y, dx := make([]T, n), make([]T, n)
		check := func(what string) {
			t.Helper()
			for i, v := range x {
				gate := T(0)
				if v >= 0 {
					gate = 1
				}
				if want := v * gate; y[i] != want && want == want || want != want && y[i] == y[i] {
					t.Errorf("%s: Rectify(%v) = %v, want %v", what, v, y[i], want)
				}
				if v <= 0 && math.Signbit(float64(y[i])) != (v < 0) {
					t.Errorf("%s: Rectify(%v) is %v: the sign of the zero is wrong", what, v, y[i])
				}
				if want := dy[i] * gate; dx[i] != want && want == want || want != want && dx[i] == dx[i] {
					t.Errorf("%s: %v behind Rectify(%v) gives %v, want %v", what, dy[i], v, dx[i], want)
				}
			}
		}
		kernels.Activate(kernels.Rectify, 0, y, x)
		kernels.ActivateGrad(kernels.Rectify, 0, dx, dy, nil, y)
		check("by itself")
		// x = 1·x + bias with a bias of +0 and of −0; a row of 1 and k − 1 zeroes takes every kind of kernel.
		for _, k := range []int{1, 3, 70} {
			for _, rows := range []int{1, 2, 7, 13} {
				for _, zero := range []float64{0, math.Copysign(0, -1)} {
					a, b, bias := make([]T, rows*k), make([]T, k*n), make([]T, n)
					for r := range rows {
						a[r*k] = 1
					}
					copy(b, x)
					for i := range bias {
						bias[i] = T(zero)
					}
					c := make([]T, rows*n)
					GemmBiasAct(false, false, rows, n, k, a, k, b, n, bias, kernels.Rectify, 0, c, n)
					for r := range rows {
						copy(y, c[r*n:])
						kernels.ActivateGrad(kernels.Rectify, 0, dx, dy, nil, y)
						check("behind a product")
					}
					bT := make([]T, n*k)
					for i := range n {
						bT[i*k] = x[i]
					}
					GemmBiasAct(false, true, rows, n, k, a, k, bT, k, bias, kernels.Rectify, 0, c, n)
					for r := range rows {
						copy(y, c[r*n:])
						kernels.ActivateGrad(kernels.Rectify, 0, dx, dy, nil, y)
						check("behind a transposed product")
					}
				}
			}
		}
	})
}

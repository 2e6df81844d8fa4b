package kernels

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"pgregory.net/rapid"
)

// Down the columns is along the rows of the transposed matrix.
func TestSoftmaxColumns(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		rapid.Check(t, func(t *rapid.T) {
			rows, cols := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 40).Draw(t, "cols")
			x, dy := kerneltest.Randoms[float32](r, rows*cols, 9), kerneltest.Randoms[float32](r, rows*cols, 1)
			turned := func(x []float32) []float32 {
				y := make([]float32, len(x))
				for i := range rows {
					for j := range cols {
						y[j*rows+i] = x[i*cols+j]
					}
				}
				return y
			}
			wide := func(x []float32) []float64 {
				y := make([]float64, len(x))
				for i, v := range x {
					y[i] = float64(v)
				}
				return y
			}
			y, dx := make([]float32, len(x)), make([]float32, len(x))
			want, wantGrad := make([]float32, len(x)), make([]float32, len(x))
			for _, log := range []bool{false, true} {
				SoftmaxColumns(rows, cols, log, y, x)
				SoftmaxColumnsGrad(rows, cols, log, dx, y, dy)
				if log {
					LogSoftmax(cols, rows, want, turned(x))
					LogSoftmaxGrad(cols, rows, wantGrad, want, turned(dy))
				} else {
					Softmax(cols, rows, want, turned(x))
					SoftmaxGrad(cols, rows, wantGrad, want, turned(dy))
				}
				kerneltest.Near(t, "softmax", turned(y), wide(want), 4e-6)
				kerneltest.Near(t, "gradient", turned(dx), wide(wantGrad), 4e-5)
			}
		})
	})
}

func TestClipAndPow(t *testing.T) {
	r := kerneltest.Rand(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 50).Draw(t, "n")
		x, dy := kerneltest.Randoms[float64](r, n, 3), kerneltest.Randoms[float64](r, n, 1)
		if n > 3 {
			x[3] = math.NaN()
		}
		got, grad := make([]float64, n), make([]float64, n)
		Clip(got, x, -1, 2)
		ClipGrad(grad, x, dy, -1, 2)
		for i, v := range x {
			want, wantGrad := min(max(v, -1), 2), 0.0
			if v == want {
				wantGrad = dy[i]
			}
			if got[i] != want && !math.IsNaN(want) || math.IsNaN(want) != math.IsNaN(got[i]) || grad[i] != wantGrad {
				t.Fatalf("clip of %v: %v with gradient %v, want %v and %v", v, got[i], grad[i], want, wantGrad)
			}
		}
		for _, p := range []float64{-1, 0, 0.5, 1, 2, 3.5} {
			Pow(got, x, p)
			PowGrad(grad, x, dy, p)
			for i, v := range x {
				want, wantGrad := math.Pow(v, p), dy[i]*p*math.Pow(v, p-1)
				if p == 0 {
					wantGrad = 0
				}
				for what, c := range map[string][2]float64{"power": {got[i], want}, "gradient": {grad[i], wantGrad}} {
					if math.Abs(c[0]-c[1]) > 1e-13*math.Abs(c[1]) || math.IsNaN(c[0]) != math.IsNaN(c[1]) {
						t.Fatalf("%s of %v to %v is %v, want %v", what, v, p, c[0], c[1])
					}
				}
			}
		}
	})
}

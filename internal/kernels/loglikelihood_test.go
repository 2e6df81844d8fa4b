package kernels

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestLogLikelihood(t *testing.T) {
	t.Run("float32", logLikelihood[float32])
	t.Run("float64", logLikelihood[float64])
}

// Value and gradient against their definitions in float64, over odd sizes and more rows than one chunk.
func logLikelihood[T Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range [][2]int{{0, 3}, {3, 0}, {1, 1}, {1, 2}, {7, 5}, {softmaxChunk + 1, 10}, {3, 1000}} {
			rows, cols := s[0], s[1]
			x, target := kerneltest.Randoms[T](r, rows*cols, 20), kerneltest.Randoms[T](r, rows*cols, 1)
			want, dwant := make([]float64, rows), make([]float64, rows*cols)
			const scale = -0.375
			for i := range rows {
				sum, mass := 0.0, 0.0
				for j := range cols {
					sum += math.Exp(float64(x[i*cols+j]))
					mass += float64(target[i*cols+j])
				}
				for j := i * cols; j < (i+1)*cols; j++ {
					want[i] += float64(target[j]) * (float64(x[j]) - math.Log(sum))
					dwant[j] = scale * (float64(target[j]) - math.Exp(float64(x[j]))/sum*mass)
				}
			}
			terms, dx := make([]float64, rows), make([]T, rows*cols)
			LogLikelihood(rows, cols, x, target, terms)
			kerneltest.Near(t, "LogLikelihood", terms, want, 100*kerneltest.Eps[T]())
			LogLikelihoodGrad(rows, cols, x, target, scale, dx)
			kerneltest.Near(t, "LogLikelihoodGrad", dx, dwant, 100*kerneltest.Eps[T]())
			LogLikelihoodGrad(rows, cols, x, target, scale, x)
			if i := kerneltest.SameBits(x, dx); i >= 0 {
				t.Fatalf("%v: the gradient differs in place", s)
			}
		}
	})
}

package gemm

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// BenchmarkGemm reports GFLOP/s and their share of one core's register-only peak, for squares and for the products of a
// training step: NN is the layer, NT its gradient with respect to the input, TN that with respect to the weights.
func BenchmarkGemm(b *testing.B) {
	b.Run("float32", benchGemm[float32])
	b.Run("float64", benchGemm[float64])
}

type benchShape struct {
	form    string
	m, n, k int
}

func (s benchShape) String() string { return fmt.Sprintf("%s-%dx%dx%d", s.form, s.m, s.n, s.k) }

func benchShapes() []benchShape {
	var shapes []benchShape
	for _, n := range []int{32, 64, 128, 256, 512, 1024, 2048} {
		shapes = append(shapes, benchShape{"NN", n, n, n})
	}
	for _, n := range []int{64, 256, 1024} {
		shapes = append(shapes, benchShape{"NT", n, n, n}, benchShape{"TN", n, n, n})
	}
	for _, net := range [][]int{{100, 64, 32, 10}, {784, 300, 100, 10}, {784, 1024, 1024, 10}} {
		for _, batch := range []int{1, 32, 64, 128, 256} {
			for l := range len(net) - 1 {
				in, out := net[l], net[l+1]
				shapes = append(shapes, benchShape{"NN", batch, out, in}, benchShape{"TN", in, out, batch})
				if l > 0 {
					shapes = append(shapes, benchShape{"NT", batch, in, out})
				}
			}
		}
	}
	return shapes
}

func benchGemm[T kernels.Float](b *testing.B) {
	peak := PeakFMA[T]()
	for _, s := range benchShapes() {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/threads=%d", s, threads), func(b *testing.B) {
				workers.Set(threads)
				defer workers.Set(0)
				a, x, c := make([]T, s.m*s.k), make([]T, s.k*s.n), make([]T, s.m*s.n)
				kernels.Fill(a, 0.5)
				kernels.Fill(x, 0.25)
				ta, tb, lda, ldb := false, false, s.k, s.n
				switch s.form {
				case "NT":
					tb, ldb = true, s.k
				case "TN":
					ta, lda = true, s.m
				}
				for b.Loop() {
					Gemm(ta, tb, s.m, s.n, s.k, 1, a, lda, x, ldb, 0, c, s.n)
				}
				flops := 2 * float64(s.m) * float64(s.n) * float64(s.k) * float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(flops/1e9, "GFLOP/s")
				if peak > 0 {
					b.ReportMetric(100*flops/peak, "%peak")
				}
			})
		}
	}
}

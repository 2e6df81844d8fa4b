package conv

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/gtrain/gtrain/internal/workers"
)

// BenchmarkConv reports GFLOP/s of each pass and their share of the threads' register-only peak, for the layers of
// LeNet-5 and of a ResNet for CIFAR at a batch of 64, and for one image.
func BenchmarkConv(b *testing.B) {
	b.Run("float32", benchConv[float32])
	b.Run("float64", benchConv[float64])
}

type benchConvShape struct {
	name string
	ConvShape
}

func benchConvShapes() []benchConvShape {
	return []benchConvShape{
		{"lenet1", square(64, 1, 28, 20, 5, 1, 0)},
		{"lenet2", square(64, 20, 12, 50, 5, 1, 0)},
		{"lenet1-one", square(1, 1, 28, 20, 5, 1, 0)},
		{"lenet2-one", square(1, 20, 12, 50, 5, 1, 0)},
		{"rgb-16", square(64, 3, 32, 16, 3, 1, 1)},
		{"16-16", square(64, 16, 32, 16, 3, 1, 1)},
		{"16-32-stride2", square(64, 16, 32, 32, 3, 2, 1)},
		{"16-32-1x1-stride2", square(64, 16, 32, 32, 1, 2, 0)},
		{"32-32", square(64, 32, 16, 32, 3, 1, 1)},
		{"32-64-stride2", square(64, 32, 16, 64, 3, 2, 1)},
		{"64-64", square(64, 64, 8, 64, 3, 1, 1)},
		{"256-256-14", square(8, 256, 14, 256, 3, 1, 1)},
		{"512-512-7", square(8, 512, 7, 512, 3, 1, 1)},
		{"64-64-56", square(4, 64, 56, 64, 3, 1, 1)},
		{"256-64-1x1", square(4, 256, 56, 64, 1, 1, 0)},
		{"rgb-7x7-stride2", square(2, 3, 224, 64, 7, 2, 3)},
		{"depthwise", grouped(square(8, 64, 28, 64, 3, 1, 1), 64)},
		{"depthwise-stride2", grouped(square(8, 64, 28, 64, 3, 2, 1), 64)},
	}
}

func benchConv[T kernels.Float](b *testing.B) {
	peak := gemm.PeakFMA[T]()
	for _, s := range benchConvShapes() {
		c, err := NewConv[T](s.ConvShape)
		if err != nil {
			b.Fatal(err)
		}
		_, _, k := s.group()
		x, w := make([]T, s.Batch*s.Channels*s.Height*s.Width), make([]T, s.Filters*k)
		dy, bias := make([]T, s.Batch*s.Filters*c.outH*c.outW), make([]T, s.Filters)
		kernels.Fill(x, 0.5)
		kernels.Fill(w, 0.25)
		for _, pass := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { c.Forward(x, w, bias, kernels.ReLU, 0, dy) }},
			{"input", func() { c.GradInput(dy, w, x) }},
			{"weights", func() { c.GradWeights(x, dy, w) }},
		} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%s/threads=%d", s.name, pass.name, threads), func(b *testing.B) {
					workers.Set(threads)
					defer workers.Set(0)
					kernels.Fill(dy, 0.5)
					kernels.Fill(x, 0.5)
					kernels.Fill(w, 0.25)
					for b.Loop() {
						pass.run()
					}
					flops := 2 * float64(s.Batch*s.macs()) * float64(b.N) / b.Elapsed().Seconds()
					b.ReportMetric(flops/1e9, "GFLOP/s")
					if peak > 0 {
						b.ReportMetric(100*flops/peak/float64(threads), "%peak")
					}
				})
			}
		}
	}
}

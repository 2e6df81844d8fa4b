package kernels

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"github.com/gtrain/gtrain/internal/workers"
)

// BenchmarkElements reports the time for one element, of vectors that stay in the second-level cache.
func BenchmarkElements(b *testing.B) {
	const n = 1 << 13
	x, y, dst := make([]float32, n), make([]float32, n), make([]float32, n)
	r := kerneltest.Rand(b)
	for i := range x {
		x[i], y[i] = float32(r.NormFloat64()), r.Float32()
	}
	labels := make([]int, n/8)
	workers.Set(1)
	defer workers.Set(0)
	for _, c := range []struct {
		name string
		call func()
	}{
		{"Add", func() { Add(dst, x, y) }},
		{"AddRow10", func() { AddRow(n/10, 10, dst, x, y) }},
		{"Exp", func() { Exp(dst, x) }},
		{"Log", func() { Log(dst, y) }},
		{"ReLU", func() { Activate(ReLU, 0, dst, x) }},
		{"Sigmoid", func() { Activate(Sigmoid, 0, dst, x) }},
		{"Tanh", func() { Activate(Tanh, 0, dst, x) }},
		{"GELU", func() { Activate(GELU, 0, dst, x) }},
		{"Softplus", func() { Activate(Softplus, 0, dst, x) }},
		{"GELUGrad", func() { ActivateGrad(GELU, 0, dst, y, x, nil) }},
		{"TanhGrad", func() { ActivateGrad(Tanh, 0, dst, x, nil, y) }},
		{"Sum", func() { Sum(x) }},
		{"Dot", func() { Dot(x, y) }},
		{"ColSums", func() { ColSums(64, n/64, dst, x) }},
		{"Softmax10", func() { Softmax(n/10, 10, dst, x) }},
		{"Softmax1024", func() { Softmax(n/1024, 1024, dst, x) }},
		{"SoftmaxCrossEntropy10", func() { _ = SoftmaxCrossEntropy(n/10, 10, x, labels, 0, dst, y) }},
		{"SoftmaxCrossEntropyGrad10", func() { SoftmaxCrossEntropyGrad(n/10, 10, x, labels, 0, 1, dst) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.call()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}

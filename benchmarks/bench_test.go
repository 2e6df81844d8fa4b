package benchmarks

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/gtrain/gtrain/internal/workers"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// The peaks of one core, measured once, in the same process as what is compared with them.
var (
	peak32 = sync.OnceValue(gemm.PeakFMA[float32])
	peak64 = sync.OnceValue(gemm.PeakFMA[float64])
)

// timeSteps times step after two that warm up, and reports GFLOP/s and their share of what all threads in use could do
// at best.
func timeSteps(b *testing.B, flop, peak float64, step func() error) {
	b.Helper()
	b.ReportAllocs()
	for range 2 {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	if flop == 0 {
		return
	}
	rate := flop * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate/1e9, "GFLOP/s")
	if peak > 0 {
		b.ReportMetric(100*rate/(peak*float64(workers.Threads())), "%peak")
	}
}

func BenchmarkTraining(b *testing.B) {
	for _, n := range Networks() {
		for _, batch := range n.Batches {
			b.Run(fmt.Sprintf("%s/batch=%d", n.Name, batch), func(b *testing.B) {
				t, err := NewTraining(n, batch, TimedRate)
				if err != nil {
					b.Fatal(err)
				}
				timeSteps(b, n.TrainingFLOP(batch), peak32(), t.Step)
			})
		}
	}
}

func BenchmarkInference(b *testing.B) {
	for _, n := range Networks() {
		for _, batch := range n.Batches {
			b.Run(fmt.Sprintf("%s/batch=%d", n.Name, batch), func(b *testing.B) {
				i, err := NewInference(n, batch)
				if err != nil {
					b.Fatal(err)
				}
				timeSteps(b, n.InferenceFLOP(batch), peak32(), i.Step)
			})
		}
	}
}

func BenchmarkExisting(b *testing.B) {
	b.Cleanup(func() { gorgonia.Use(gonum.Implementation{}) })
	for _, e := range ExistingPrograms() {
		for _, m := range Machines() {
			b.Run(e.Name+"/"+m.Name, func(b *testing.B) {
				p, err := e.New()
				if err != nil {
					b.Fatal(err)
				}
				if err := m.On(p, TimedRate); err != nil {
					b.Fatal(err)
				}
				timeSteps(b, e.FLOP, peak32(), p.Step)
			})
		}
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, p := range Products() {
		b.Run("float32/"+p.Name, func(b *testing.B) { benchmarkGemm(b, p, peak32()) })
	}
	for _, p := range Squares() {
		b.Run("float64/"+p.Name, func(b *testing.B) { benchmarkGemm64(b, p, peak64()) })
	}
}

func benchmarkGemm(b *testing.B, p Product, peak float64) {
	x, y, z := Operands[float32](p)
	timeSteps(b, p.FLOP(), peak, func() error {
		gemm.Gemm(p.TransA, p.TransB, p.M, p.N, p.K, 1, x, p.LDA(), y, p.LDB(), 0, z, p.N)
		return nil
	})
}

func benchmarkGemm64(b *testing.B, p Product, peak float64) {
	x, y, z := Operands[float64](p)
	timeSteps(b, p.FLOP(), peak, func() error {
		gemm.Gemm(p.TransA, p.TransB, p.M, p.N, p.K, 1, x, p.LDA(), y, p.LDB(), 0, z, p.N)
		return nil
	})
}

// Elementwise functions on what fits the first-level cache, on the hidden activations of a large batch, and on what
// does not fit any cache.
func BenchmarkElementwise(b *testing.B) {
	functions := []struct {
		name string
		run  func(dst, x, y []float32)
	}{
		{"add", func(dst, x, y []float32) { kernels.Add(dst, x, y) }},
		{"mul", func(dst, x, y []float32) { kernels.Mul(dst, x, y) }},
		{"exp", func(dst, x, _ []float32) { kernels.Exp(dst, x) }},
		{"log", func(dst, x, _ []float32) { kernels.Log(dst, x) }},
		{"sqrt", func(dst, x, _ []float32) { kernels.Sqrt(dst, x) }},
	}
	for a := kernels.ReLU; a <= kernels.Softplus; a++ {
		functions = append(functions,
			struct {
				name string
				run  func(dst, x, y []float32)
			}{a.String(), func(dst, x, _ []float32) { kernels.Activate(a, 0.01, dst, x) }},
			struct {
				name string
				run  func(dst, x, y []float32)
			}{a.String() + "-gradient", func(dst, x, y []float32) { kernels.ActivateGrad(a, 0.01, dst, y, x, x) }})
	}
	for _, f := range functions {
		for _, n := range []int{1 << 12, 128 * 1024, 1 << 24} {
			b.Run(fmt.Sprintf("%s/n=%d", f.name, n), func(b *testing.B) {
				x, y, dst := Normals[float32](n), Normals[float32](n), make([]float32, n)
				for i, v := range x { // in (0, 1), for log and sqrt, and for the gradients that take an output
					x[i] = v * v / (1 + v*v)
				}
				timeSteps(b, 0, 0, func() error { f.run(dst, x, y); return nil })
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gvalues/s")
			})
		}
	}
	for _, shape := range [][2]int{{128, 10}, {128, 1024}} {
		b.Run(fmt.Sprintf("softmax/%dx%d", shape[0], shape[1]), func(b *testing.B) {
			x, dst := Normals[float32](shape[0]*shape[1]), make([]float32, shape[0]*shape[1])
			timeSteps(b, 0, 0, func() error { kernels.Softmax(shape[0], shape[1], dst, x); return nil })
			b.ReportMetric(float64(len(x))*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gvalues/s")
		})
	}
}

package main

import (
	"fmt"

	"github.com/gtrain/gtrain/benchmarks"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"gonum.org/v1/gonum/blas"
	"gorgonia.org/gorgonia"
)

// gtrain is what everybody is compared with.
type gtrain struct{}

func (gtrain) prepare(r request) (job, error) {
	switch r.Work.Kind {
	case kindTrain:
		t, err := benchmarks.NewTraining(r.Work.Network, r.Work.Batch, r.Rate)
		if err != nil {
			return job{}, err
		}
		return job{t.Step, func() []float32 { return []float32{t.Loss()} }}, nil
	case kindInfer:
		i, err := benchmarks.NewInference(r.Work.Network, r.Work.Batch)
		if err != nil {
			return job{}, err
		}
		return job{i.Step, func() []float32 { return i.Output }}, nil
	case kindGemm:
		return goGemm(graph.BLAS(), r.Work), nil
	case kindPeak:
		peak := gemm.PeakFMA[float32]
		if r.Work.Double {
			peak = gemm.PeakFMA[float64]
		}
		return job{func() error { return nil }, func() []float32 { return []float32{float32(peak())} }}, nil
	}
	return job{}, fmt.Errorf("no %s", r.Work.Kind)
}

// goGemm is a product with an implementation of BLAS in Go.
func goGemm(b gorgonia.BLAS, w work) job {
	p := w.Product
	tA, tB := blas.NoTrans, blas.NoTrans
	if p.TransA {
		tA = blas.Trans
	}
	if p.TransB {
		tB = blas.Trans
	}
	if w.Double {
		x, y, z := benchmarks.Operands[float64](p)
		return job{func() error {
			b.Dgemm(tA, tB, p.M, p.N, p.K, 1, x, p.LDA(), y, p.LDB(), 0, z, p.N)
			return nil
		}, func() []float32 { return sampled(z) }}
	}
	x, y, z := benchmarks.Operands[float32](p)
	return job{func() error {
		b.Sgemm(tA, tB, p.M, p.N, p.K, 1, x, p.LDA(), y, p.LDB(), 0, z, p.N)
		return nil
	}, func() []float32 { return sampled(z) }}
}

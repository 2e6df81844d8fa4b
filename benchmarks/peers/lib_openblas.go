package main

/*
#cgo LDFLAGS: -lopenblas
#include <cblas.h>
*/
import "C"

import (
	"fmt"

	"github.com/gtrain/gtrain/benchmarks"
)

// openBLAS computes matrix products through cblas. The core type comes from the environment, as the library is loaded
// before main.
type openBLAS struct{}

func newOpenBLAS(threads int) openBLAS {
	C.openblas_set_num_threads(C.int(threads))
	return openBLAS{}
}

func (openBLAS) prepare(r request) (job, error) {
	if r.Work.Kind != kindGemm {
		return job{}, fmt.Errorf("no %s", r.Work.Kind)
	}
	p := r.Work.Product
	tA, tB := C.enum_CBLAS_TRANSPOSE(C.CblasNoTrans), C.enum_CBLAS_TRANSPOSE(C.CblasNoTrans)
	if p.TransA {
		tA = C.CblasTrans
	}
	if p.TransB {
		tB = C.CblasTrans
	}
	m, n, k := C.blasint(p.M), C.blasint(p.N), C.blasint(p.K)
	lda, ldb, ldc := C.blasint(p.LDA()), C.blasint(p.LDB()), C.blasint(p.N)
	if r.Work.Double {
		a, b, c := benchmarks.Operands[float64](p)
		return job{func() error {
			C.cblas_dgemm(C.CblasRowMajor, tA, tB, m, n, k, 1, (*C.double)(&a[0]), lda, (*C.double)(&b[0]), ldb, 0,
				(*C.double)(&c[0]), ldc)
			return nil
		}, func() []float32 { return sampled(c) }}, nil
	}
	a, b, c := benchmarks.Operands[float32](p)
	return job{func() error {
		C.cblas_sgemm(C.CblasRowMajor, tA, tB, m, n, k, 1, (*C.float)(&a[0]), lda, (*C.float)(&b[0]), ldb, 0,
			(*C.float)(&c[0]), ldc)
		return nil
	}, func() []float32 { return sampled(c) }}, nil
}

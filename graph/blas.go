package graph

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// BLAS is gonum's implementation with the routines that networks spend their time in, [SD]gemm, [SD]gemv, [SD]ger and
// [SD]dot, replaced by this module's kernels. One line speeds up an existing Gorgonia program on any machine:
//
//	gorgonia.Use(graph.BLAS())
//
// It suits blas32.Use, blas64.Use and gonum's lapack too. Arguments are checked as gonum does, with the same panics;
// results differ by rounding, and by what gonum leaves unspecified: gonum skips products by a zero of A, which hides a
// NaN or an infinity of B behind it, and this implementation does not. It is safe for concurrent use.
func BLAS() gorgonia.BLAS { return fastBLAS{} }

// fastBLAS gives the kernels the calls that are right and have something to compute, and gonum all others: it knows
// what to panic with. (gonum's assembly of [SD]ger reads outside of y where incY is negative; this one does not.)
type fastBLAS struct{ gonum.Implementation }

// Sgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f fastBLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int,
	beta float32, c []float32, ldc int) {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		f.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	kernels.Gemm(tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f fastBLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int,
	beta float64, c []float64, ldc int) {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		f.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	kernels.Gemm(tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Sgemv computes y = alpha·op(A)·x + beta·y.
func (f fastBLAS) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int,
	beta float32, y []float32, incY int) {
	if alpha == 0 || !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) {
		f.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	gemv(tA != blas.NoTrans, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Dgemv computes y = alpha·op(A)·x + beta·y.
func (f fastBLAS) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int,
	beta float64, y []float64, incY int) {
	if alpha == 0 || !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) {
		f.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	gemv(tA != blas.NoTrans, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Sger computes A += alpha·x·yᵀ.
func (f fastBLAS) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	if alpha == 0 || !gerFits(m, n, len(x), incX, len(y), incY, len(a), lda) {
		f.Implementation.Sger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Dger computes A += alpha·x·yᵀ.
func (f fastBLAS) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if alpha == 0 || !gerFits(m, n, len(x), incX, len(y), incY, len(a), lda) {
		f.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Sdot returns Σ x·y.
func (f fastBLAS) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if n <= 0 || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		return f.Implementation.Sdot(n, x, incX, y, incY)
	}
	return kernels.Dot(x[:n], y[:n])
}

// Ddot returns Σ x·y.
func (f fastBLAS) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if n <= 0 || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		return f.Implementation.Ddot(n, x, incX, y, incY)
	}
	return kernels.Dot(x[:n], y[:n])
}

func transposeFits(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

// vectorFits tells whether n > 0 elements are there, inc apart.
func vectorFits(n, have, inc int) bool { return inc != 0 && have > (n-1)*max(inc, -inc) }

// matrixFits tells whether a matrix of positive size is there.
func matrixFits(rows, cols, have, ld int) bool { return ld >= cols && have >= (rows-1)*ld+cols }

func gemmFits(tA, tB blas.Transpose, m, n, k, lenA, lda, lenB, ldb, lenC, ldc int) bool {
	if !transposeFits(tA) || !transposeFits(tB) || m <= 0 || n <= 0 || k <= 0 {
		return false
	}
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if tA != blas.NoTrans {
		rowsA, colsA = k, m
	}
	if tB != blas.NoTrans {
		rowsB, colsB = n, k
	}
	return matrixFits(rowsA, colsA, lenA, lda) && matrixFits(rowsB, colsB, lenB, ldb) && matrixFits(m, n, lenC, ldc)
}

func gemvFits(tA blas.Transpose, m, n, lenA, lda, lenX, incX, lenY, incY int) bool {
	if !transposeFits(tA) || m <= 0 || n <= 0 {
		return false
	}
	in, out := n, m
	if tA != blas.NoTrans {
		in, out = m, n
	}
	return vectorFits(in, lenX, incX) && vectorFits(out, lenY, incY) && matrixFits(m, n, lenA, lda)
}

func gerFits(m, n, lenX, incX, lenY, incY, lenA, lda int) bool {
	return m > 0 && n > 0 && vectorFits(m, lenX, incX) && vectorFits(n, lenY, incY) && matrixFits(m, n, lenA, lda)
}

// first is the index of the first of n elements that are inc apart: with a negative increment, the last in memory.
func first(n, inc int) int { return max(0, (1-n)*inc) }

// adjacent returns x's n elements side by side: x itself, or a copy.
func adjacent[T kernels.Float](n int, x []T, inc int) []T {
	if inc == 1 {
		return x[:n]
	}
	out := make([]T, n)
	for i, at := 0, first(n, inc); i < n; i, at = i+1, at+inc {
		out[i] = x[at]
	}
	return out
}

// blasChunk is the number of a matrix's elements that one worker takes at a time; a matrix no larger stays with one.
const blasChunk = 1 << 15

func gemv[T kernels.Float](trans bool, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	if trans { // yᵀ = xᵀ·A
		v, w := adjacent(m, x, incX), adjacent(n, y, incY)
		kernels.Gemm(false, false, 1, n, m, alpha, v, m, a, lda, beta, w, n)
		if incY != 1 {
			for j, at := 0, first(n, incY); j < n; j, at = j+1, at+incY {
				y[at] = w[j]
			}
		}
		return
	}
	v := adjacent(n, x, incX)
	if m*n <= blasChunk {
		gemvRows(0, m, m, alpha, a, lda, v, beta, y, incY)
		return
	}
	kernels.Parallel(m, max(1, blasChunk/n), func(lo, hi int) { gemvRows(lo, hi, m, alpha, a, lda, v, beta, y, incY) })
}

// gemvRows computes the elements lo to hi of y, which has m.
func gemvRows[T kernels.Float](lo, hi, m int, alpha T, a []T, lda int, x []T, beta T, y []T, incY int) {
	at := first(m, incY) + lo*incY
	for i := lo; i < hi; i++ {
		v := alpha * kernels.Dot(a[i*lda:i*lda+len(x)], x)
		if beta != 0 {
			v += beta * y[at]
		}
		y[at] = v
		at += incY
	}
}

func ger[T kernels.Float](m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) {
	v, w := adjacent(m, x, incX), adjacent(n, y, incY)
	if m*n <= blasChunk {
		gerRows(0, m, alpha, v, w, a, lda)
		return
	}
	kernels.Parallel(m, max(1, blasChunk/n), func(lo, hi int) { gerRows(lo, hi, alpha, v, w, a, lda) })
}

// gerRows updates the rows lo to hi of A.
func gerRows[T kernels.Float](lo, hi int, alpha T, x, y, a []T, lda int) {
	for i := lo; i < hi; i++ {
		kernels.Axpy(alpha*x[i], y, a[i*lda:i*lda+len(y)])
	}
}

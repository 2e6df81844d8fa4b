package graph

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/gtrain/gtrain/internal/workers"
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

// fastBLAS gives gonum the calls that it does faster, that have nothing to compute, or that are wrong: it knows what to
// panic with. (gonum's [SD]ger reads outside of x and y where an increment is negative; this one does not.)
type fastBLAS struct{ gonum.Implementation }

// narrowMatrix is the number of columns, or elements, below which gonum is faster with what goes row by row.
const narrowMatrix = 128

// Sgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f fastBLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int,
	beta float32, c []float32, ldc int) {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		f.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if n == 1 {
		rows, cols, inc := column(tA, tB, m, k, ldb)
		f.Sgemv(tA, rows, cols, alpha, a, lda, b, inc, beta, c, ldc)
		return
	}
	gemm.Gemm(tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f fastBLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int,
	beta float64, c []float64, ldc int) {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		f.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if n == 1 {
		rows, cols, inc := column(tA, tB, m, k, ldb)
		f.Dgemv(tA, rows, cols, alpha, a, lda, b, inc, beta, c, ldc)
		return
	}
	gemm.Gemm(tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
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
	if alpha == 0 || tA == blas.NoTrans && n < narrowMatrix ||
		!gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) {
		f.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	if tA == blas.NoTrans { // the kernels have no product by rows in float64
		dgemvRows(m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	gemv(true, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Sger computes A += alpha·x·yᵀ.
func (f fastBLAS) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	if alpha == 0 || gonumGer(n, incX, incY) || !gerFits(m, n, len(x), incX, len(y), incY, len(a), lda) {
		f.Implementation.Sger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Dger computes A += alpha·x·yᵀ.
func (f fastBLAS) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if alpha == 0 || gonumGer(n, incX, incY) || !gerFits(m, n, len(x), incX, len(y), incY, len(a), lda) {
		f.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Sdot returns Σ x·y.
func (f fastBLAS) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if n < narrowMatrix || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		return f.Implementation.Sdot(n, x, incX, y, incY)
	}
	return kernels.Dot(x[:n], y[:n])
}

// Ddot returns Σ x·y.
func (f fastBLAS) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if n < narrowMatrix || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
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

// gonumGer tells which rank-one updates gonum does faster, and right.
func gonumGer(n, incX, incY int) bool { return n < narrowMatrix && incX > 0 && incY > 0 }

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

// column is A's shape as it is stored, and the increment of B's elements, in a product whose B and C are columns.
func column(tA, tB blas.Transpose, m, k, ldb int) (rows, cols, inc int) {
	rows, cols, inc = m, k, ldb
	if tA != blas.NoTrans {
		rows, cols = k, m
	}
	if tB != blas.NoTrans {
		inc = 1
	}
	return rows, cols, inc
}

// blasChunk is the number of a matrix's elements that one worker takes at a time; a matrix no larger stays with one.
const blasChunk = 1 << 15

// gemv computes a row: yᵀ = xᵀ·op(A)ᵀ.
func gemv[T kernels.Float](trans bool, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	in, out := n, m
	if trans {
		in, out = m, n
	}
	v, w := adjacent(in, x, incX), adjacent(out, y, incY)
	gemm.Gemm(false, !trans, 1, out, in, alpha, v, in, a, lda, beta, w, out)
	if incY != 1 {
		for i, at := 0, first(out, incY); i < out; i, at = i+1, at+incY {
			y[at] = w[i]
		}
	}
}

// dgemvRows computes one dot product for each element of y.
func dgemvRows(m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64,
	incY int) {
	v := adjacent(n, x, incX)
	rows := func(lo, hi int) {
		for i, at := lo, first(m, incY)+lo*incY; i < hi; i, at = i+1, at+incY {
			d := alpha * kernels.Dot(a[i*lda:i*lda+n], v)
			if beta != 0 {
				d += beta * y[at]
			}
			y[at] = d
		}
	}
	if m*n <= blasChunk {
		rows(0, m)
		return
	}
	workers.Parallel(m, max(1, blasChunk/n), rows)
}

func ger[T kernels.Float](m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) {
	v, w := adjacent(m, x, incX), adjacent(n, y, incY)
	if m*n <= blasChunk {
		gerRows(0, m, alpha, v, w, a, lda)
		return
	}
	workers.Parallel(m, max(1, blasChunk/n), func(lo, hi int) { gerRows(lo, hi, alpha, v, w, a, lda) })
}

// gerRows updates the rows lo to hi of A.
func gerRows[T kernels.Float](lo, hi int, alpha T, x, y, a []T, lda int) {
	for i := lo; i < hi; i++ {
		kernels.Axpy(alpha*x[i], y, a[i*lda:i*lda+len(y)])
	}
}

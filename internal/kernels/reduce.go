package kernels

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/workers"
)

// ReduceBlock is the number of elements that a reduction adds up in T; blocks are added up in compensated float64, in
// order. Rounding errors therefore do not grow with the length of the input.
const ReduceBlock = 4096

// Dot returns Σ x·y over len(x) elements.
func Dot[T Float](x, y []T) T {
	Need("Dot", "y", len(y), len(x))
	f := OpsOf[T]().Dot
	var s Neumaier
	for len(x) > ReduceBlock {
		s.Add(float64(f(x[:ReduceBlock], y[:ReduceBlock])))
		x, y = x[ReduceBlock:], y[ReduceBlock:]
	}
	s.Add(float64(f(x, y[:len(x)])))
	return T(s.Value())
}

// Sum returns Σ x.
func Sum[T Float](x []T) T { return reduceBlocks(x, OpsOf[T]().Sum) }

// SumSquares returns Σ x².
func SumSquares[T Float](x []T) T { return reduceBlocks(x, OpsOf[T]().SumSquares) }

func reduceBlocks[T Float](x []T, f func([]T) T) T {
	var s Neumaier
	for len(x) > ReduceBlock {
		s.Add(float64(f(x[:ReduceBlock])))
		x = x[ReduceBlock:]
	}
	s.Add(float64(f(x)))
	return T(s.Value())
}

// RowSums computes dst[i] = Σ_j x[i,j]; x is rows×cols.
func RowSums[T Float](rows, cols int, dst, x []T) {
	NeedDims("RowSums", rows, cols)
	Need("RowSums", "dst", len(dst), rows)
	Need("RowSums", "x", len(x), rows*cols)
	for i := range rows {
		dst[i] = Sum(x[i*cols : (i+1)*cols])
	}
}

// ColSumsRows is the number of rows that ColSums adds up before it adds the partial sum to the result.
const ColSumsRows = 512

// ColSums computes dst[j] = Σ_i x[i,j]; x is rows×cols.
func ColSums[T Float](rows, cols int, dst, x []T) {
	NeedDims("ColSums", rows, cols)
	Need("ColSums", "dst", len(dst), cols)
	Need("ColSums", "x", len(x), rows*cols)
	dst = dst[:cols]
	clear(dst)
	if cols == 0 {
		return
	}
	var team *workers.Team
	if rows*cols >= shareFrom && cols >= 2*colSumsCols {
		team = workers.Acquire()
	}
	if team == nil {
		addColumns(rows, cols, 0, cols, dst, x)
		return
	}
	defer team.Release()
	j := (*colSumsJob[T])(unsafe.Pointer(&colSumsJobs64[team.Index()]))
	if IsF32[T]() {
		j = (*colSumsJob[T])(unsafe.Pointer(&colSumsJobs32[team.Index()]))
	}
	*j = colSumsJob[T]{rows, cols, dst, x}
	defer func() { *j = colSumsJob[T]{} }()
	team.Run(cols, colSumsCols, j)
}

// addColumns adds up columns lo to hi.
func addColumns[T Float](rows, cols, lo, hi int, dst, x []T) {
	f := OpsOf[T]().AddRows
	for i := 0; i < rows; i += ColSumsRows {
		f(min(ColSumsRows, rows-i), hi-lo, cols, dst[lo:hi], x[i*cols+lo:])
	}
}

// colSumsJob is ColSums shared over the workers, some columns at a time; each team has one of each type.
type colSumsJob[T Float] struct {
	rows, cols int
	dst, x     []T
}

var (
	colSumsJobs32 [workers.Teams]colSumsJob[float32]
	colSumsJobs64 [workers.Teams]colSumsJob[float64]
)

// colSumsCols is the number of columns of a chunk: whole cache lines.
const colSumsCols = 32

func (j *colSumsJob[T]) Run(_, lo, hi int) { addColumns(j.rows, j.cols, lo, hi, j.dst, j.x) }

// Neumaier is a compensated sum (Neumaier 1974). An infinite or NaN total is returned as it is.
type Neumaier struct{ sum, comp float64 }

func (s *Neumaier) Add(v float64) {
	t := s.sum + v
	if abs64(s.sum) >= abs64(v) {
		s.comp += (s.sum - t) + v
	} else {
		s.comp += (v - t) + s.sum
	}
	s.sum = t
}

func (s *Neumaier) Value() float64 {
	if s.sum-s.sum != 0 { // infinite or NaN
		return s.sum
	}
	return s.sum + s.comp
}

func abs64(x float64) float64 { return max(x, -x) }

func PortableDot[T Float](x, y []T) T {
	y = y[:len(x)]
	var s0, s1, s2, s3 T
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
		s2 += x[i+2] * y[i+2]
		s3 += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func sumGo[T Float](x []T) T {
	var s [8]T
	for ; len(x) >= 8; x = x[8:] {
		for l := range s {
			s[l] += x[l]
		}
	}
	for l, v := range x {
		s[l] += v
	}
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
}

func sumSquaresGo[T Float](x []T) T { return PortableDot(x, x) }

func maxGo[T Float](x []T) T {
	m := x[0]
	for _, v := range x[1:] {
		if v > m || v != v {
			m = v
		}
	}
	return m
}

func addRowsGo[T Float](rows, cols, ld int, dst, x []T) {
	var acc [64]T
	for j := 0; j < cols; j += len(acc) {
		w := min(len(acc), cols-j)
		a := acc[:w]
		clear(a)
		for i := range rows {
			o := i*ld + j
			addGo(a, a, x[o:o+w])
		}
		addGo(dst[j:j+w], dst[j:j+w], a)
	}
}

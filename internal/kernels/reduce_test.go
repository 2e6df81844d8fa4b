package kernels

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestReductions(t *testing.T) {
	t.Run("float32", reductions[float32])
	t.Run("float64", reductions[float64])
}

func reductions[T Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, n := range append([]int{ReduceBlock - 1, ReduceBlock, ReduceBlock + 1, 3*ReduceBlock + 5}, lengths...) {
			x, y := kerneltest.Randoms[T](r, n, 1), kerneltest.Randoms[T](r, n, 1)
			var sum, abs, sq, dot float64
			for i := range x {
				sum += float64(x[i])
				abs += math.Abs(float64(x[i]))
				sq += float64(x[i]) * float64(x[i])
				dot += float64(x[i]) * float64(y[i])
			}
			tol := 64 * kerneltest.Eps[T]() * (abs + 1)
			for name, v := range map[string][2]float64{
				"Sum":        {float64(Sum(x)), sum},
				"SumSquares": {float64(SumSquares(x)), sq},
				"Dot":        {float64(Dot(x, y)), dot},
			} {
				if math.Abs(v[0]-v[1]) > tol {
					t.Fatalf("%s of %d elements is %v, want %v", name, n, v[0], v[1])
				}
			}
		}
	})
}

// Adding up in float32 one by one stops at 2^24.
func TestSumOfMoreOnesThanFloat32CanCount(t *testing.T) {
	x := make([]float32, 1<<24+2)
	Fill(x, 1)
	forEachISA(t, func(t *testing.T) {
		if got := Sum(x); got != 1<<24+2 {
			t.Errorf("Sum = %v", got)
		}
		if got := Dot(x, x); got != 1<<24+2 {
			t.Errorf("Dot = %v", got)
		}
		dst := []float32{0, 0}
		if ColSums(len(x)/2, 2, dst, x); dst[0] != 1<<23+1 || dst[1] != 1<<23+1 {
			t.Errorf("ColSums = %v", dst)
		}
	})
}

func TestSumOfInfinities(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		x := make([]float64, 2*ReduceBlock)
		x[5], x[ReduceBlock+5] = math.Inf(1), math.Inf(1)
		if got := Sum(x); got != math.Inf(1) {
			t.Errorf("Sum = %v, want +Inf", got)
		}
		x[7] = math.Inf(-1)
		if got := Sum(x); !math.IsNaN(got) {
			t.Errorf("Sum = %v, want NaN", got)
		}
	})
}

func TestRowAndColumnSums(t *testing.T) {
	t.Run("float32", rowAndColumnSums[float32])
	t.Run("float64", rowAndColumnSums[float64])
}

func rowAndColumnSums[T Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, rows := range []int{0, 1, 2, 7, ColSumsRows + 3} {
			for _, cols := range []int{0, 1, 3, 10, 31, 64, 65, 130} {
				x := kerneltest.Randoms[T](r, rows*cols, 1)
				wantRows, wantCols := make([]float64, rows), make([]float64, cols)
				for i, v := range x {
					wantRows[i/cols] += float64(v)
					wantCols[i%cols] += float64(v)
				}
				gotRows, gotCols := kerneltest.Randoms[T](r, rows, 1), kerneltest.Randoms[T](r, cols, 1)
				RowSums(rows, cols, gotRows, x)
				ColSums(rows, cols, gotCols, x)
				kerneltest.Near(t, "RowSums", gotRows, wantRows, 100*kerneltest.Eps[T]())
				kerneltest.Near(t, "ColSums", gotCols, wantCols, 500*kerneltest.Eps[T]())
			}
		}
	})
}

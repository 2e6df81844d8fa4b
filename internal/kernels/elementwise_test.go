package kernels

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

// lengths around every vector width, and one that is shared over the workers.
var lengths = []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 200, shareFrom + 77, ParallelFrom + 77}

func TestElementwise(t *testing.T) {
	t.Run("float32", elementwise[float32])
	t.Run("float64", elementwise[float64])
}

func elementwise[T Float](t *testing.T) {
	const s = 0.375
	cases := map[string]struct {
		call func(dst, a, b []T)
		want func(a, b float64) float64
	}{
		"Add":       {Add[T], func(a, b float64) float64 { return a + b }},
		"Sub":       {Sub[T], func(a, b float64) float64 { return a - b }},
		"Mul":       {Mul[T], func(a, b float64) float64 { return a * b }},
		"Div":       {Div[T], func(a, b float64) float64 { return a / b }},
		"AddScalar": {func(dst, a, _ []T) { AddScalar(dst, a, s) }, func(a, _ float64) float64 { return a + s }},
		"Scale":     {func(dst, a, _ []T) { Scale(dst, a, s) }, func(a, _ float64) float64 { return a * s }},
		"Max":       {func(dst, a, _ []T) { Max(dst, a, s) }, func(a, _ float64) float64 { return max(a, s) }},
		"Exp":       {func(dst, a, _ []T) { Exp(dst, a) }, func(a, _ float64) float64 { return math.Exp(a) }},
		"Log":       {func(dst, a, _ []T) { Log(dst, a) }, func(a, _ float64) float64 { return math.Log(a) }},
		"Sqrt":      {func(dst, a, _ []T) { Sqrt(dst, a) }, func(a, _ float64) float64 { return math.Sqrt(a) }},
		"Square":    {func(dst, a, _ []T) { Square(dst, a) }, func(a, _ float64) float64 { return a * a }},
		"Neg":       {func(dst, a, _ []T) { Neg(dst, a) }, func(a, _ float64) float64 { return -a }},
		"Abs":       {func(dst, a, _ []T) { Abs(dst, a) }, func(a, _ float64) float64 { return math.Abs(a) }},
		"Axpy": {func(dst, a, b []T) { copy(dst, b); Axpy(s, a, dst) },
			func(a, b float64) float64 { return b + s*a }},
		"Fill": {func(dst, _, _ []T) { Fill(dst, s) }, func(_, _ float64) float64 { return s }},
	}
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for name, c := range cases {
			for _, n := range lengths {
				a, b, dst := kerneltest.Randoms[T](r, n, 3), kerneltest.Randoms[T](r, n, 3), kerneltest.Randoms[T](r, n+1, 3)
				if n > 3 {
					a[0], a[n-1], b[n/2] = T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))
					a[n-2] = 0
				}
				last := dst[n]
				c.call(dst[:n], a, b)
				want := make([]float64, n)
				for i := range want {
					want[i] = c.want(float64(a[i]), float64(b[i]))
				}
				kerneltest.Near(t, name, dst[:n], want, 2*kerneltest.Eps[T]())
				if dst[n] != last {
					t.Fatalf("%s: n=%d: wrote behind the end", name, n)
				}
				inPlace := kerneltest.Clone(a)
				c.call(inPlace, inPlace, b)
				if i := kerneltest.SameBits(inPlace, dst[:n]); i >= 0 && name != "Axpy" {
					t.Fatalf("%s: n=%d: in place, element %d is %v, else %v", name, n, i, inPlace[i], dst[i])
				}
			}
		}
	})
}

func TestRows(t *testing.T) {
	t.Run("float32", rowwise[float32])
	t.Run("float64", rowwise[float64])
}

func rowwise[T Float](t *testing.T) {
	cases := map[string]struct {
		call func(rows, cols int, dst, x, row []T)
		want func(a, b float64) float64
	}{
		"AddRow": {AddRow[T], func(a, b float64) float64 { return a + b }},
		"SubRow": {SubRow[T], func(a, b float64) float64 { return a - b }},
		"MulRow": {MulRow[T], func(a, b float64) float64 { return a * b }},
		"DivRow": {DivRow[T], func(a, b float64) float64 { return a / b }},
	}
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for name, c := range cases {
			for _, rows := range []int{0, 1, 3, 17} {
				for _, cols := range []int{0, 1, 5, 10, 33} {
					x, row, dst := kerneltest.Randoms[T](r, rows*cols, 2), kerneltest.Randoms[T](r, cols, 2), make([]T, rows*cols)
					c.call(rows, cols, dst, x, row)
					want := make([]float64, rows*cols)
					for i := range want {
						want[i] = c.want(float64(x[i]), float64(row[i%cols]))
					}
					kerneltest.Near(t, name, dst, want, kerneltest.Eps[T]())
				}
			}
		}
	})
}

func TestElementwiseBitsDoNotDependOnThreads(t *testing.T) {
	const n = 3*shareFrom + 5
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		x, y := kerneltest.Randoms[float32](r, n, 3), kerneltest.Randoms[float32](r, n, 3)
		var want [4][]float32
		for _, threads := range []int{1, 2, 7} {
			got := [4][]float32{make([]float32, n), make([]float32, n), kerneltest.Clone(y), make([]float32, 300)}
			kerneltest.WithThreads(threads, func() {
				Exp(got[0], x)
				ActivateGrad(GELU, 0, got[1], y, x, nil)
				Axpy(0.3, x, got[2])
				ColSums(n/300, 300, got[3], x)
			})
			if threads == 1 {
				want = got
			}
			for i := range got {
				if at := kerneltest.SameBits(got[i], want[i]); at >= 0 {
					t.Errorf("function %d: element %d differs between 1 and %d threads", i, at, threads)
				}
			}
		}
	})
}

func TestElementwisePanics(t *testing.T) {
	v := make([]float64, 3)
	kerneltest.MustPanic(t, "kernels: Add: b has 2 elements, needs 3", func() { Add(v, v, v[:2]) })
	kerneltest.MustPanic(t, "kernels: Exp: x has 1 elements, needs 3", func() { Exp(v, v[:1]) })
	kerneltest.MustPanic(t, "kernels: AddRow: dst has 3 elements, needs 4", func() { AddRow(2, 2, v, v, v) })
	kerneltest.MustPanic(t, "kernels: ActivateGrad: y has 0 elements, needs 3", func() { ActivateGrad(Tanh, 0, v, v, v, nil) })
	kerneltest.MustPanic(t, "kernels: Activate: unknown activation(99)", func() { Activate(99, 0, v, v) })
	kerneltest.MustPanic(t, "kernels: ColSums: negative dimension in [-1 2]", func() { ColSums(-1, 2, v, v) })
}

func TestSetISA(t *testing.T) {
	err := SetISA("mmx")
	if err == nil {
		t.Fatal("SetISA accepted mmx")
	}
	if ISAs()[0] != "portable" {
		t.Errorf("ISAs() = %v, want portable first", ISAs())
	}
}

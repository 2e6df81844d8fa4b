package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

// blasRoutines are the replaced ones of one element type.
type blasRoutines[T float32 | float64] struct {
	gemm func(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	gemv func(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	ger  func(m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int)
	dot  func(n int, x []T, incX int, y []T, incY int) T
}

func singleBLAS(b gorgonia.BLAS) blasRoutines[float32] {
	return blasRoutines[float32]{b.Sgemm, b.Sgemv, b.Sger, b.Sdot}
}

func doubleBLAS(b gorgonia.BLAS) blasRoutines[float64] {
	return blasRoutines[float64]{b.Dgemm, b.Dgemv, b.Dger, b.Ddot}
}

// blasOracle is gonum with a plain loop for ger: gonum's reads outside of x and y where an increment is negative.
// gonum still checks the arguments: with alpha = 0 it does nothing else.
func blasOracle[T float32 | float64](r blasRoutines[T]) blasRoutines[T] {
	check := r.ger
	r.ger = func(m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) {
		check(m, n, 0, x, incX, y, incY, a, lda)
		if alpha == 0 {
			return
		}
		for i := range m {
			for j := range n {
				a[i*lda+j] += alpha * x[max(0, (1-m)*incX)+i*incX] * y[max(0, (1-n)*incY)+j*incY]
			}
		}
	}
	return r
}

// blasCall is one call with everything that varies. s1, s2 and s3 are the slices in the order of the arguments, the
// last one written; d1, d2 and d3 their leading dimensions or increments.
type blasCall[T float32 | float64] struct {
	name        string
	tA, tB      blas.Transpose
	m, n, k     int
	alpha, beta T
	s1, s2, s3  []T
	d1, d2, d3  int
}

// on returns what the call leaves in its last slice, followed by a dot product's result, and what it panicked with.
func (c blasCall[T]) on(r blasRoutines[T]) (out []T, fault any) {
	out = append([]T(nil), c.s3...)
	defer func() { fault = recover() }()
	switch c.name {
	case "gemm":
		r.gemm(c.tA, c.tB, c.m, c.n, c.k, c.alpha, c.s1, c.d1, c.s2, c.d2, c.beta, out, c.d3)
	case "gemv":
		r.gemv(c.tA, c.m, c.n, c.alpha, c.s1, c.d1, c.s2, c.d2, c.beta, out, c.d3)
	case "ger":
		r.ger(c.m, c.n, c.alpha, c.s1, c.d1, c.s2, c.d2, out, c.d3)
	case "dot":
		out = append(out, r.dot(c.n, c.s1, c.d1, c.s2, c.d2))
	}
	return out, nil
}

// fits is what BLAS decides by; ok is false where it does not: with no elements there is nothing to compute.
func (c blasCall[T]) fits() (fits, ok bool) {
	switch c.name {
	case "gemm":
		return gemmFits(c.tA, c.tB, c.m, c.n, c.k, len(c.s1), c.d1, len(c.s2), c.d2, len(c.s3), c.d3),
			c.m != 0 && c.n != 0 && c.k != 0
	case "gemv":
		return gemvFits(c.tA, c.m, c.n, len(c.s1), c.d1, len(c.s2), c.d2, len(c.s3), c.d3), c.m != 0 && c.n != 0
	case "ger":
		return gerFits(c.m, c.n, len(c.s1), c.d1, len(c.s2), c.d2, len(c.s3), c.d3), c.m != 0 && c.n != 0
	}
	return false, false
}

func (c blasCall[T]) String() string {
	return fmt.Sprintf("%s %q%q m=%d n=%d k=%d alpha=%v beta=%v, %d/%d, %d/%d, %d/%d", c.name, c.tA, c.tB, c.m, c.n, c.k,
		c.alpha, c.beta, len(c.s1), c.d1, len(c.s2), c.d2, len(c.s3), c.d3)
}

// fill makes the slices as long as needed and pad longer, of values in [-1, 1].
func (c *blasCall[T]) fill(r *rand.Rand, pad int) {
	matrix := func(trans bool, rows, cols, ld int) []T {
		if trans {
			rows, cols = cols, rows
		}
		return blasValues[T](r, max(0, (rows-1)*ld+cols)+pad)
	}
	vector := func(n, inc int) []T { return blasValues[T](r, max(0, (n-1)*max(inc, -inc)+1)+pad) }
	tA, tB := c.tA != blas.NoTrans, c.tB != blas.NoTrans
	switch c.name {
	case "gemm":
		c.s1, c.s2, c.s3 = matrix(tA, c.m, c.k, c.d1), matrix(tB, c.k, c.n, c.d2), matrix(false, c.m, c.n, c.d3)
	case "gemv":
		in, out := c.n, c.m
		if tA {
			in, out = out, in
		}
		c.s1, c.s2, c.s3 = matrix(false, c.m, c.n, c.d1), vector(in, c.d2), vector(out, c.d3)
	case "ger":
		c.s1, c.s2, c.s3 = vector(c.m, c.d1), vector(c.n, c.d2), matrix(false, c.m, c.n, c.d3)
	case "dot":
		c.s1, c.s2, c.s3 = vector(c.n, c.d1), vector(c.n, c.d2), nil
	}
}

func blasValues[T float32 | float64](r *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(2*r.Float64() - 1)
	}
	return x
}

// checkBLASCall runs a call on both implementations. Finite results must agree within the bound that any order of
// summing values in [-1, 1] fulfils; what is not finite in gonum's must not be in ours; panics must be the same.
func checkBLASCall[T float32 | float64](c blasCall[T], ours, theirs blasRoutines[T], eps float64) error {
	got, gotFault := c.on(ours)
	want, wantFault := c.on(theirs)
	if gotFault != wantFault {
		return fmt.Errorf("%v: panic %v, gonum's %v", c, gotFault, wantFault)
	}
	if fits, ok := c.fits(); ok && fits != (wantFault == nil) { // else the kernels would not be used, or wrongly
		return fmt.Errorf("%v: fits is %v, gonum's panic %v", c, fits, wantFault)
	}
	if wantFault != nil {
		return nil
	}
	if c.name == "gemv" && c.d3 == 1 { // gonum clears a y that is too long to its end; ours leaves alone what is not y's
		length := c.m
		if c.tA != blas.NoTrans {
			length = c.n
		}
		for i := length; i < len(got); i++ {
			if math.Float64bits(float64(got[i])) != math.Float64bits(float64(c.s3[i])) {
				return fmt.Errorf("%v: element %d, behind y, was overwritten", c, i)
			}
		}
		want = want[:min(length, len(want))]
	}
	terms := float64(max(c.m, c.n, c.k, 1))
	tol := 2 * eps * (terms + 4) * (math.Abs(float64(c.alpha))*terms + math.Abs(float64(c.beta)) + terms + 1)
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		switch {
		case w-w != 0:
			if got[i]-got[i] == 0 {
				return fmt.Errorf("%v: element %d is %v, gonum's %v", c, i, got[i], w)
			}
		case !(d <= tol) && !c.poisoned():
			return fmt.Errorf("%v: element %d is %v, gonum's %v", c, i, got[i], w)
		}
	}
	return nil
}

// poisoned tells whether an input is not finite: gonum hides some of these behind zeros.
func (c blasCall[T]) poisoned() bool {
	for _, s := range [][]T{c.s1, c.s2, c.s3} {
		for _, v := range s {
			if v-v != 0 {
				return true
			}
		}
	}
	return false
}

// drawBLASCall draws a call that is right, or wrong in one place.
func drawBLASCall[T float32 | float64](t *rapid.T, routine string) blasCall[T] {
	size := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(0, 40), rapid.IntRange(narrowMatrix-1, narrowMatrix+20))
	inc := rapid.SampledFrom([]int{1, 1, 1, 2, 3, -1, -2})
	trans := rapid.SampledFrom([]blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans})
	scalar := rapid.SampledFrom([]T{0, 1, -1, 0.5, -2.25})
	pad := rapid.SampledFrom([]int{0, 0, 1, 7})
	c := blasCall[T]{name: routine, tA: trans.Draw(t, "tA"), tB: trans.Draw(t, "tB"),
		m: size.Draw(t, "m"), n: size.Draw(t, "n"), k: size.Draw(t, "k"),
		alpha: scalar.Draw(t, "alpha"), beta: scalar.Draw(t, "beta")}
	ld := func(trans bool, rows, cols int) int {
		if trans {
			cols = rows
		}
		return max(1, cols) + pad.Draw(t, "ld pad")
	}
	switch c.name {
	case "gemm":
		c.d1, c.d2, c.d3 = ld(c.tA != blas.NoTrans, c.m, c.k), ld(c.tB != blas.NoTrans, c.k, c.n), ld(false, c.m, c.n)
	case "gemv":
		c.d1, c.d2, c.d3 = ld(false, c.m, c.n), inc.Draw(t, "incX"), inc.Draw(t, "incY")
	case "ger":
		c.d1, c.d2, c.d3 = inc.Draw(t, "incX"), inc.Draw(t, "incY"), ld(false, c.m, c.n)
	case "dot":
		c.d1, c.d2 = inc.Draw(t, "incX"), inc.Draw(t, "incY")
	}
	c.fill(random.New(rapid.Uint64().Draw(t, "seed"), "blas"), pad.Draw(t, "slack"))
	drawBLASDefect(t, &c)
	return c
}

func drawBLASDefect[T float32 | float64](t *rapid.T, c *blasCall[T]) {
	which := rapid.IntRange(0, 2).Draw(t, "argument")
	slice := []*[]T{&c.s1, &c.s2, &c.s3}[which]
	step := []*int{&c.d1, &c.d2, &c.d3}[which]
	defects := []string{"", "", "", "nan", "inf", "short", "step 0", "small step", "size", "trans"}
	switch rapid.SampledFrom(defects).Draw(t, "defect") {
	case "nan":
		poisonBLAS(t, *slice, T(math.NaN()))
	case "inf":
		poisonBLAS(t, *slice, T(math.Inf(1)))
	case "short":
		if len(*slice) > 0 {
			*slice = (*slice)[:rapid.IntRange(0, len(*slice)-1).Draw(t, "left")]
		}
	case "step 0":
		*step = 0
	case "small step":
		*step--
	case "size":
		*[]*int{&c.m, &c.n, &c.k}[which] = -1
	case "trans":
		if which == 0 {
			c.tA = 'x'
		} else {
			c.tB = 'x'
		}
	}
}

func poisonBLAS[T float32 | float64](t *rapid.T, s []T, v T) {
	if len(s) > 0 {
		s[rapid.IntRange(0, len(s)-1).Draw(t, "poisoned")] = v
	}
}

func TestBLASLikeGonum(t *testing.T) {
	ours32, theirs32 := singleBLAS(BLAS()), blasOracle(singleBLAS(gonum.Implementation{}))
	ours64, theirs64 := doubleBLAS(BLAS()), blasOracle(doubleBLAS(gonum.Implementation{}))
	for _, routine := range []string{"gemm", "gemv", "ger", "dot"} {
		t.Run(routine, rapid.MakeCheck(func(t *rapid.T) {
			for range 5 { // calls a check: most have no defect, and there are many defects
				if err := checkBLASCall(drawBLASCall[float32](t, routine), ours32, theirs32, 0x1p-24); err != nil {
					t.Fatal(err)
				}
				if err := checkBLASCall(drawBLASCall[float64](t, routine), ours64, theirs64, 0x1p-53); err != nil {
					t.Fatal(err)
				}
			}
		}))
	}
}

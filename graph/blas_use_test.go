package graph

import (
	"math"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/blas/testblas"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gonum's own tests of the routines that are replaced.
func TestBLASGonumSuite(t *testing.T) {
	b := BLAS()
	t.Run("Dgemm", func(t *testing.T) { testblas.TestDgemm(t, b) })
	t.Run("Dgemv", func(t *testing.T) { testblas.DgemvTest(t, b) })
	t.Run("Dger", func(t *testing.T) { testblas.DgerTest(t, b) })
	t.Run("Ddot", func(t *testing.T) { testblas.DdotTest(t, b) })
	s := asDouble{b} // the same cases, through the routines of single precision: small whole numbers and tenths
	t.Run("Sdot", func(t *testing.T) { testblas.DdotTest(t, s) })
	t.Run("Sgemm", func(t *testing.T) { testblas.TestDgemm(t, s) })
}

// asDouble lends single precision routines the signature of the double ones. The suite's cases for these two are exact
// in float32.
type asDouble struct{ gorgonia.BLAS }

func (a asDouble) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	return float64(a.Sdot(n, narrowed(x), incX, narrowed(y), incY))
}

func (a asDouble) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, x []float64, lda int, y []float64, ldb int,
	beta float64, c []float64, ldc int) {
	out := narrowed(c)
	a.Sgemm(tA, tB, m, n, k, float32(alpha), narrowed(x), lda, narrowed(y), ldb, float32(beta), out, ldc)
	for i, v := range out {
		c[i] = float64(v)
	}
}

func narrowed(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// Sizes that are shared over the workers, which random small ones never reach.
func TestBLASLarge(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		checkLargeBLAS(t, singleBLAS(BLAS()), blasOracle(singleBLAS(gonum.Implementation{})), 0x1p-24)
	})
	t.Run("float64", func(t *testing.T) {
		checkLargeBLAS(t, doubleBLAS(BLAS()), blasOracle(doubleBLAS(gonum.Implementation{})), 0x1p-53)
	})
}

func checkLargeBLAS[T float32 | float64](t *testing.T, ours, theirs blasRoutines[T], eps float64) {
	for _, c := range []blasCall[T]{
		{name: "gemm", m: 130, n: 301, k: 270, d1: 271, d2: 305, d3: 301},
		{name: "gemm", m: 700, n: 1, k: 333, d1: 333, d2: 2, d3: 3},
		{name: "gemv", m: 700, n: 333, d1: 340, d2: 1, d3: 1},
		{name: "gemv", m: 700, n: 333, d1: 340, d2: -2, d3: -3},
		{name: "gemv", tA: blas.Trans, m: 700, n: 333, d1: 340, d2: 1, d3: 1},
		{name: "gemv", m: 3, n: 70_000, d1: 70_000, d2: 1, d3: 1},
		{name: "ger", m: 700, n: 333, d1: 1, d2: 1, d3: 340},
		{name: "ger", m: 700, n: 333, d1: -1, d2: -2, d3: 340},
		{name: "dot", n: 100_003, d1: 1, d2: 1},
	} {
		if c.tA == 0 {
			c.tA = blas.NoTrans
		}
		c.tB, c.alpha, c.beta = blas.NoTrans, 1.5, -0.5
		c.fill(random.New(7, c.name), 3)
		if err := checkBLASCall(c, ours, theirs, eps); err != nil {
			t.Error(err)
		}
	}
}

// A zero of A does not hide a NaN of B, and what beta = 0 overwrites is not read.
func TestBLASNaN(t *testing.T) {
	nan := float32(math.NaN())
	b := BLAS()
	c := []float32{nan}
	b.Sgemm(blas.NoTrans, blas.NoTrans, 1, 1, 1, 1, []float32{2}, 1, []float32{3}, 1, 0, c, 1)
	if c[0] != 6 {
		t.Errorf("gemm: beta = 0 gave %v, not 6", c[0])
	}
	b.Sgemm(blas.NoTrans, blas.NoTrans, 1, 1, 1, 1, []float32{0}, 1, []float32{nan}, 1, 0, c, 1)
	if c[0] == c[0] {
		t.Errorf("gemm: 0·NaN gave %v", c[0])
	}
	c[0] = 1
	b.Sgemm(blas.NoTrans, blas.NoTrans, 1, 1, 1, 0, []float32{nan}, 1, []float32{1}, 1, 0.5, c, 1)
	if c[0] == c[0] {
		t.Errorf("gemm: alpha = 0 lost a NaN, which gonum keeps: %v", c[0])
	}
	a := make([]float32, 2*narrowMatrix)
	a[0] = 1
	b.Sger(1, len(a), 0, []float32{nan}, 1, make([]float32, len(a)), 1, a, len(a))
	if a[0] != 1 {
		t.Errorf("ger: alpha = 0 changed A to %v", a[0])
	}
	for _, tr := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		y := []float32{nan}
		b.Sgemv(tr, 1, 1, 0, []float32{nan}, 1, []float32{1}, 1, 0, y, 1)
		if y[0] != 0 {
			t.Errorf("gemv %q: alpha = beta = 0 gave %v, not 0", tr, y[0])
		}
		y[0] = nan
		b.Sgemv(tr, 1, 1, 1, []float32{2}, 1, []float32{3}, 1, 0, y, 1)
		if y[0] != 6 {
			t.Errorf("gemv %q: beta = 0 gave %v, not 6", tr, y[0])
		}
	}
}

// Calls that run at the same time are right, and give the bits that each gives alone.
func TestBLASConcurrent(t *testing.T) {
	b := BLAS()
	product := func(i int) []float32 {
		n := 40 + 30*i
		r := random.New(uint64(i), "concurrent")
		x, y, z := blasValues[float32](r, n*n), blasValues[float32](r, n*n), make([]float32, n*n)
		b.Sgemm(blas.NoTrans, blas.Trans, n, n, n, 1, x, n, y, n, 0, z, n)
		b.Sger(n, n, 1, x, 1, y, 1, z, n)
		return z
	}
	const callers = 6
	var alone, together [callers][]float32
	for i := range callers {
		alone[i] = product(i)
	}
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { together[i] = product(i) })
	}
	wg.Wait()
	for i := range callers {
		for j, v := range alone[i] {
			if together[i][j] != v {
				t.Fatalf("caller %d: element %d is %v together and %v alone", i, j, together[i][j], v)
			}
		}
	}
}

func TestBLASAllocatesNothing(t *testing.T) {
	const n = 100
	r := random.New(1, "allocations")
	a, x, y, c := blasValues[float32](r, n*n), blasValues[float32](r, n), blasValues[float32](r, n), make([]float32, n*n)
	b := BLAS()
	if got := testing.AllocsPerRun(100, func() {
		b.Sgemm(blas.NoTrans, blas.Trans, n, n, n, 1, a, n, a, n, 0, c, n)
		b.Sgemv(blas.NoTrans, n, n, 1, a, n, x, 1, 0, y, 1)
		b.Sger(n, n, 1, x, 1, y, 1, c, n)
		b.Sdot(n, x, 1, y, 1)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// countingBLAS counts the calls that reach it.
type countingBLAS struct {
	gorgonia.BLAS
	calls map[string]int
}

func (c countingBLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, x []float32, lda int, y []float32,
	ldb int, beta float32, z []float32, ldc int) {
	c.calls["gemm"]++
	c.BLAS.Sgemm(tA, tB, m, n, k, alpha, x, lda, y, ldb, beta, z, ldc)
}

func (c countingBLAS) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int,
	beta float32, y []float32, incY int) {
	c.calls["gemv"]++
	c.BLAS.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

func (c countingBLAS) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32,
	lda int) {
	c.calls["ger"]++
	c.BLAS.Sger(m, n, alpha, x, incX, y, incY, a, lda)
}

// A plain Gorgonia program on its own machine: gorgonia.Use alone makes it use the kernels, and it computes the same.
func TestBLASUnderTapeMachine(t *testing.T) {
	counting := countingBLAS{BLAS(), map[string]int{}}
	t.Cleanup(func() { gorgonia.Use(gonum.Implementation{}) })
	gorgonia.Use(gonum.Implementation{})
	want := tapeProgram(t)
	gorgonia.Use(counting)
	got := tapeProgram(t)
	for _, routine := range []string{"gemm", "gemv", "ger"} {
		if counting.calls[routine] == 0 {
			t.Errorf("the program made no %s; calls: %v", routine, counting.calls)
		}
	}
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= 1e-5*(1+math.Abs(float64(want[i])))) {
			t.Errorf("value %d: %v, with gonum %v", i, got[i], want[i])
		}
	}
}

// tapeProgram is two layers and a linear head, ending in a mean: products of matrices forward and backward, of a matrix
// and a vector, and, in the gradient of that, of two vectors. It returns the cost and every gradient.
func tapeProgram(t *testing.T) []float32 {
	t.Helper()
	r := random.New(3, "tape")
	g := gorgonia.NewGraph()
	leaf := func(name string, shape ...int) *gorgonia.Node {
		n := tensor.Shape(shape).TotalSize()
		return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(blasValues[float32](r, n)))))
	}
	x, w1, w2, head := leaf("x", 40, 70), leaf("w1", 70, 50), leaf("w2", 50, 33), leaf("head", 33)
	h := gorgonia.Must(gorgonia.Rectify(gorgonia.Must(gorgonia.Mul(x, w1))))
	h = gorgonia.Must(gorgonia.Tanh(gorgonia.Must(gorgonia.Mul(h, w2))))
	y := gorgonia.Must(gorgonia.Mul(h, head))
	cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(y))))
	params := gorgonia.Nodes{w1, w2, head}
	if _, err := gorgonia.Grad(cost, params...); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	out := []float32{cost.Value().Data().(float32)}
	for _, p := range params {
		d, err := p.Grad()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d.Data().([]float32)...)
	}
	return out
}

package optimizers_test

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// orthogonal replaces the update of a matrix by its orthogonal factor, by Newton and Schulz's cubic iteration, as Muon does
// with another polynomial. Vectors stay as they are.
type orthogonal struct{ iterations int }

func (*orthogonal) Layout() transform.Layout               { return transform.Layout{Name: "orthogonal"} }
func (o *orthogonal) Float32(u *transform.Update[float32]) { orthogonalize(o, u) }
func (o *orthogonal) Float64(u *transform.Update[float64]) { orthogonalize(o, u) }

func orthogonalize[T transform.Float](o *orthogonal, u *transform.Update[T]) {
	if len(u.Shape) != 2 {
		return
	}
	rows, cols, x := u.Shape[0], u.Shape[1], u.U
	gram, next := u.Scratch(0, rows*rows), u.Scratch(1, rows*cols)
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	for i := range x {
		x[i] /= T(math.Sqrt(sum))
	}
	for range o.iterations { // x ← (3x − xxᵀx)/2
		product(gram, x, x, rows, cols, rows, true)
		product(next, gram, x, rows, rows, cols, false)
		for i := range x {
			x[i] = 1.5*x[i] - 0.5*next[i]
		}
	}
}

// product is c = a·b, or a·bᵀ, of a (m×k).
func product[T transform.Float](c, a, b []T, m, k, n int, transposed bool) {
	for i := range m {
		for j := range n {
			var s T
			for l := range k {
				if transposed {
					s += a[i*k+l] * b[j*k+l]
				} else {
					s += a[i*k+l] * b[l*n+j]
				}
			}
			c[i*n+j] = s
		}
	}
}

// An optimizer of matrices needs a parameter's shape and memory for products, and allocates nothing: what it subtracts is
// the orthogonal factor of the gradient G, for its rows are orthonormal and XᵀG is symmetric.
func TestMatrixOptimizer(t *testing.T) {
	o := &optimizers.Chain{Method: "orthogonal", LearningRate: 1, Links: []transform.Transform{
		&orthogonal{60}, &transform.Rate{}}}
	p := newProblem(tensor.Float64)
	before := p.w.data(nil, false)
	p.gradient()
	g := p.w.data(nil, true)
	if err := o.Step(p.model()); err != nil {
		t.Fatal(err)
	}
	x := make([]float64, 12)
	for i, w := range p.w.data(nil, false) {
		x[i] = before[i] - w
	}
	gram, cross := make([]float64, 9), make([]float64, 16)
	product(gram, x, x, 3, 4, 3, true)
	for i, v := range gram {
		if i%4 == 0 && math.Abs(v-1) > 1e-12 || i%4 != 0 && math.Abs(v) > 1e-12 {
			t.Errorf("XXᵀ[%d] is %v", i, v)
		}
	}
	for i := range 4 {
		for j := range 4 {
			for r := range 3 {
				cross[i*4+j] += x[r*4+i] * g[r*4+j]
			}
		}
	}
	for i := range 4 {
		for j := range 4 {
			if d := math.Abs(cross[i*4+j] - cross[j*4+i]); d > 1e-12 {
				t.Errorf("XᵀG is not symmetric at %d, %d: off by %g", i, j, d)
			}
		}
	}
	model, grad := []gorgonia.ValueGrad{p.w, p.b}, p.w.g.Data().([]float64)
	if n := testing.AllocsPerRun(10, func() {
		copy(grad, g)
		if err := o.Step(model); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

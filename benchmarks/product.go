package benchmarks

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/random"
)

// Product is a matrix product op(A)·op(B), op(A) M×K and op(B) K×N, both without gaps.
type Product struct {
	Name           string
	TransA, TransB bool
	M, N, K        int
}

// FLOP is its number of floating-point operations.
func (p Product) FLOP() float64 { return 2 * float64(p.M) * float64(p.N) * float64(p.K) }

// LDA is the leading dimension of A as it is stored.
func (p Product) LDA() int {
	if p.TransA {
		return p.M
	}
	return p.K
}

// LDB is the leading dimension of B as it is stored.
func (p Product) LDB() int {
	if p.TransB {
		return p.K
	}
	return p.N
}

// Squares are products of squares, from what is mostly overhead to what is limited by arithmetic alone.
func Squares() []Product {
	var ps []Product
	for n := 32; n <= 2048; n *= 2 {
		ps = append(ps, Product{Name: fmt.Sprintf("square-%d", n), M: n, N: n, K: n})
	}
	return ps
}

// Products are the squares, and what training steps of the networks compute: each layer's x·W, xᵀ·δ for its weights'
// gradient and δ·Wᵀ for its input's.
func Products() []Product {
	ps := Squares()
	for _, n := range Perceptrons() {
		for _, batch := range n.Batches {
			for i, in := range n.Widths[:len(n.Widths)-1] {
				out := n.Widths[i+1]
				name := fmt.Sprintf("%s/batch=%d/layer%d/", n.Name, batch, i+1)
				ps = append(ps, Product{name + "forward", false, false, batch, out, in},
					Product{name + "weights", true, false, in, out, batch})
				if i > 0 {
					ps = append(ps, Product{name + "input", false, true, batch, in, out})
				}
			}
		}
	}
	return ps
}

// Operands makes A, B and C of a product, of normal numbers; they are the same each time.
func Operands[T float32 | float64](p Product) (a, b, c []T) {
	return Normals[T](p.M * p.K), Normals[T](p.K * p.N), make([]T, p.M*p.N)
}

// Normals draws n standard normal numbers, the same each time.
func Normals[T float32 | float64](n int) []T {
	r := random.New(3, "operands")
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
	return x
}

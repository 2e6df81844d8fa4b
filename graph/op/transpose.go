package op

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Transpose reorders the axes of x: axis k of the result is axis perm[k] of x. No perm reverses them.
func Transpose(x *gorgonia.Node, perm ...int) (*gorgonia.Node, error) {
	if err := dims("transpose", x); err != nil {
		return nil, err
	}
	rank := len(x.Shape())
	if len(perm) == 0 {
		for k := rank - 1; k >= 0; k-- {
			perm = append(perm, k)
		}
	}
	axes, err := axesOf(perm, rank)
	if err != nil || len(axes) != rank {
		return nil, errors.Errorf("transpose %v: %v is no order of its %d axes", x.Shape(), perm, rank)
	}
	perm = slices.Clone(perm)
	for k, p := range perm {
		if p < 0 {
			perm[k] += rank
		}
	}
	return Apply(transposeOp{perm}, x)
}

// transposeOp is the Definition of Transpose.
type transposeOp struct{ Perm []int }

var _ interface {
	Coupler
	Differentiable
	Exporter
} = transposeOp{}

func (t transposeOp) String() string { return fmt.Sprintf("Transpose(%v)", t.Perm) }

// Signature implements Definition.
func (t transposeOp) Signature() Signature {
	return Signature{In: []Rank{Rank(len(t.Perm))}, Out: Rank(len(t.Perm))}
}
func (transposeOp) Wrt() []bool { return []bool{true} }

// Shape implements Definition.
func (t transposeOp) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != len(t.Perm) {
		return nil, errors.Errorf("%v: the input is %v", t, in[0])
	}
	return permuted(in[0], t.Perm), nil
}

func permuted(s []int, perm []int) []int {
	r := make([]int, len(s))
	for k, p := range perm {
		r[k] = s[p]
	}
	return r
}

// Couple implements Coupler.
func (t transposeOp) Couple(ties Ties) {
	for k, p := range t.Perm {
		ties.Tie(In(0, p), Out(k))
	}
}

// Bind implements Definition.
func (t transposeOp) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(t, out, in); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	plan := kernels.NewStrided(permuted(s, t.Perm), permuted(stridesOf(s), t.Perm), 0)
	return bind(t, out, in, bindGather[float32](plan), bindGather[float64](plan))
}

func bindGather[T kernels.Float](plan *kernels.Strided) func(args[T]) Kernel {
	n, grain := plan.Items()
	return func(a args[T]) Kernel {
		return shared(n, grain, func(lo, hi int) { kernels.Gather(plan, a.out, a.in[0], lo, hi) })
	}
}

// Grad implements Differentiable: the axes go back.
func (t transposeOp) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	back := make([]int, len(t.Perm))
	for k, p := range t.Perm {
		back[p] = k
	}
	dx, err := Transpose(grad, back...)
	return gorgonia.Nodes{dx}, err
}

// Export implements Exporter.
func (t transposeOp) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Transpose", in, out, Attr{"perm", int64s(t.Perm)})
	return nil
}

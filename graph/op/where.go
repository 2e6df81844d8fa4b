package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Where takes a where mask is not 0 and b elsewhere, elementwise, with the broadcasting of Add: what is not taken does not
// count, be it infinite or NaN. The mask is of the type of a and b and has no gradient: 1 and 0, a causal attention's for
// example. The gradient of a is 0 where b was taken, and the other way round.
func Where(mask, a, b *gorgonia.Node) (*gorgonia.Node, error) {
	if err := dims("where", mask, a, b); err != nil {
		return nil, err
	}
	return Apply(choosing{len(mask.Shape()), len(a.Shape()), len(b.Shape())}, mask, a, b)
}

// choosing is the Definition of Where.
type choosing struct{ RankMask, RankA, RankB int }

var _ interface {
	Coupler
	Differentiable
	Exporter
} = choosing{}

func (c choosing) String() string {
	return fmt.Sprintf("Where(ranks %d, %d and %d)", c.RankMask, c.RankA, c.RankB)
}

// Signature implements Definition.
func (c choosing) Signature() Signature {
	return Signature{In: []Rank{Rank(c.RankMask), Rank(c.RankA), Rank(c.RankB)},
		Out: Rank(max(c.RankMask, c.RankA, c.RankB))}
}
func (choosing) Wrt() []bool { return []bool{false, true, true} }

// Shape implements Definition.
func (c choosing) Shape(in []tensor.Shape) (tensor.Shape, error) {
	s, err := broadcastShape(in[1], in[2])
	if err == nil {
		s, err = broadcastShape(in[0], s)
	}
	return s, errors.Wrapf(err, "%v", c)
}

// Couple implements Coupler: as broadcasting's.
func (c choosing) Couple(t Ties) {
	out := t.Dims(Output)
	for arg := range 3 {
		in := t.Dims(arg)
		for k := range in {
			if at := k + len(out) - len(in); in[k] == out[at] {
				t.Tie(In(arg, k), Out(at))
			}
		}
	}
}

// Bind implements Definition.
func (c choosing) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(c, out, in); err != nil {
		return nil, err
	}
	s := out.Shape()
	if len(s) == 0 {
		s = tensor.Shape{1}
	}
	var strides [3][]int
	for i, v := range in {
		strides[i] = repeated(v.Shape(), s)
	}
	return bind(c, out, in, bindWhere[float32](s, strides), bindWhere[float64](s, strides))
}

// whereGrain is the number of elements that one worker takes.
const whereGrain = 1 << 13

func bindWhere[T kernels.Float](s tensor.Shape, strides [3][]int) func(args[T]) Kernel {
	last := len(s) - 1
	n := s[last]
	return func(a args[T]) Kernel {
		rows := func(lo, hi int) {
			for row := lo; row < hi; row++ {
				var at [3]int
				for k, left := last-1, row; k >= 0; k-- {
					i := left % s[k]
					left /= s[k]
					for arg := range at {
						at[arg] += i * strides[arg][k]
					}
				}
				for i := range n {
					from := 2
					if a.in[0][at[0]+i*strides[0][last]] != 0 {
						from = 1
					}
					a.out[row*n+i] = a.in[from][at[from]+i*strides[from][last]]
				}
			}
		}
		return shared(len(a.out)/n, max(1, whereGrain/n), rows)
	}
}

// Grad implements Differentiable.
func (c choosing) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	zero := gorgonia.NewConstant(float32(0))
	if grad.Dtype() == tensor.Float64 {
		zero = gorgonia.NewConstant(0.0)
	}
	da, err := Where(in[0], grad, zero)
	if err == nil {
		da, err = sumTo(da, in[1].Shape())
	}
	if err != nil {
		return nil, err
	}
	db, err := Where(in[0], zero, grad)
	if err == nil {
		db, err = sumTo(db, in[2].Shape())
	}
	return gorgonia.Nodes{nil, da, db}, err
}

// Export implements Exporter. ONNX's mask is of booleans.
func (c choosing) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	mask := em.Temp("mask")
	em.Node("Cast", in[:1], mask, Attr{"to", int64(9)}) // 9 is BOOL in TensorProto.DataType
	em.Node("Where", []string{mask, in[1], in[2]}, out)
	return nil
}

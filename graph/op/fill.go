package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Fill is a tensor that holds one number everywhere, for as many examples as x has: the first state of a recurrent
// layer, for example. One size in shape is −1 and stands for the batch, the leading axis of x; nothing else of x is read.
func Fill(x *gorgonia.Node, value float64, shape ...int) (*gorgonia.Node, error) {
	if x == nil || x.Dims() == 0 {
		return nil, errors.New("Fill: x has no leading axis to take the batch size from")
	}
	batch := 0
	for _, n := range shape {
		if n == -1 {
			batch++
		} else if n < 1 {
			return nil, errors.Errorf("Fill: %d in shape %v is no size", n, shape)
		}
	}
	if batch != 1 {
		return nil, errors.Errorf("Fill: shape %v has %d sizes of −1, which stands for the batch; want one", shape, batch)
	}
	return Apply(filling{Value: value, RankX: x.Dims(), Dims: append([]int(nil), shape...)}, x)
}

// filling is the Definition of Fill.
type filling struct {
	Value float64
	RankX int
	Dims  []int // −1 is the batch
}

var _ interface {
	Coupler
	Cutter
	Definition
	Exporter
} = filling{}

func (f filling) String() string {
	return fmt.Sprintf("Fill(%g, %v, by %d axes)", f.Value, f.Dims, f.RankX)
}

// Signature implements Definition.
func (f filling) Signature() Signature {
	return Signature{In: []Rank{Rank(f.RankX)}, Out: Rank(len(f.Dims))}
}

// batch is the axis of the result that is the batch.
func (f filling) batch() int {
	for a, n := range f.Dims {
		if n == -1 {
			return a
		}
	}
	return -1
}

// Shape implements Definition.
func (f filling) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != f.RankX {
		return nil, errors.Errorf("%v: the input is %v", f, in[0])
	}
	s := append(tensor.Shape(nil), f.Dims...)
	s[f.batch()] = in[0][0]
	return s, nil
}

// Couple implements Coupler: only the batch is x's.
func (f filling) Couple(t Ties) { t.Tie(In(0, 0), Out(f.batch())) }

// Cut implements Cutter.
func (f filling) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	dims := append(tensor.Shape(nil), f.Dims...)
	for a, n := range dims {
		if n > 0 {
			dims[a] = len(k.Keep(Out(a)))
		}
	}
	return Fill(in[0], f.Value, dims...)
}

// Bind implements Definition. It fills at every run: the memory may be another value's in between.
func (f filling) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return bind(f, out, in, bindFill[float32](f), bindFill[float64](f))
}

func bindFill[T kernels.Float](f filling) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		return func() error {
			for i := range a.out {
				a.out[i] = T(f.Value)
			}
			return nil
		}
	}
}

// Export implements Exporter: the batch size is taken from the shape of x.
func (f filling) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	sizes := func(hint string, n []int) string {
		return em.Const(hint, tensor.New(tensor.WithBacking(int64s(n)), tensor.WithShape(len(n))))
	}
	shape, batch := em.Temp("fill_like"), em.Temp("fill_batch")
	em.Node("Shape", in[:1], shape)
	em.Node("Gather", []string{shape, sizes("fill_first", []int{0})}, batch, Attr{"axis", int64(0)})
	at, full := f.batch(), batch
	if len(f.Dims) > 1 {
		var parts []string
		if at > 0 {
			parts = append(parts, sizes("fill_before", f.Dims[:at]))
		}
		parts = append(parts, batch)
		if at < len(f.Dims)-1 {
			parts = append(parts, sizes("fill_behind", f.Dims[at+1:]))
		}
		full = em.Temp("fill_shape")
		em.Node("Concat", parts, full, Attr{"axis", int64(0)})
	}
	value := tensor.New(tensor.WithBacking([]float64{f.Value}), tensor.WithShape(1))
	em.Node("ConstantOfShape", []string{full}, out, Attr{"value", value})
	return nil
}

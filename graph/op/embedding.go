package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Embedding looks up a row of a table for each number of ids:
//
//	table (rows, width)   ids (batch, …)   →   (batch, …, width)
//
// Ids are a tensor of int, or of the table's type that holds whole numbers: so text is an input like any other. A negative
// one counts from the end, as in ONNX and NumPy. One that is outside [−rows, rows), or no whole number, is an error when the
// program runs. Ids have no gradient; that of the table is
// added up in the order of ids.
func Embedding(table, ids *gorgonia.Node) (*gorgonia.Node, error) {
	if err := dims("embedding", table, ids); err != nil {
		return nil, err
	}
	return Apply(Lookup{Rank: len(ids.Shape()), Int: ids.Dtype() == tensor.Int}, table, ids)
}

// Lookup is the Definition of Embedding. Rank is that of ids.
type Lookup struct {
	Rank int
	Int  bool // ids are a tensor of int
}

var _ interface {
	Coupler
	Differentiable
	Exporter
	Indexing
} = Lookup{}

// Indexes implements Indexing.
func (Lookup) Indexes() (ids, table int) { return 1, 0 }

func (l Lookup) String() string {
	if l.Int {
		return fmt.Sprintf("Embedding(rank %d of int)", l.Rank)
	}
	return fmt.Sprintf("Embedding(rank %d)", l.Rank)
}

func (l Lookup) ids() Rank {
	if l.Int {
		return ofInt(l.Rank)
	}
	return Rank(l.Rank)
}

// Signature implements Definition.
func (l Lookup) Signature() Signature {
	return Signature{In: []Rank{Matrix, l.ids()}, Out: Rank(l.Rank + 1)}
}
func (Lookup) Wrt() []bool { return []bool{true, false} }

// Shape implements Definition.
func (l Lookup) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) != 2 || len(in[1]) != l.Rank {
		return nil, errors.Errorf("%v: table %v and ids %v do not fit: want (rows, width) and (batch, …)", l, in[0], in[1])
	}
	return append(in[1].Clone(), in[0][1]), nil
}

// Couple implements Coupler.
func (l Lookup) Couple(t Ties) {
	t.Freeze(In(0, 0), "its rows are looked up by number")
	t.Tie(In(0, 1), Out(l.Rank))
	for k := range l.Rank {
		t.Tie(In(1, k), Out(k))
	}
}

// Bind implements Definition.
func (l Lookup) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(l, out, in); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	return bind(l, out, in, bindLookup[float32](s), bindLookup[float64](s))
}

func bindLookup[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		ids := a.idsOf(1)
		width := s[1]
		rows := make([]int, ids.len())
		look := func(lo, hi int) {
			kernels.SelectRows(s[0], width, rows[lo:hi], a.out[lo*width:hi*width], a.in[0], 0, 1)
		}
		grain := max(1, (1<<14)/max(width, 1))
		return func() error {
			if err := ids.read(rows, s[0]); err != nil {
				return err
			}
			workers.Parallel(len(rows), grain, look)
			return nil
		}
	}
}

// idSource is ids of either type.
type idSource[T kernels.Float] struct {
	ints   []int
	floats []T
}

func (a args[T]) idsOf(arg int) idSource[T] {
	if a.lab != nil {
		return idSource[T]{ints: a.lab}
	}
	return idSource[T]{floats: a.in[arg]}
}

func (s idSource[T]) len() int { return max(len(s.ints), len(s.floats)) }

// read checks the ids and stores them in rows.
func (s idSource[T]) read(rows []int, n int) error {
	copy(rows, s.ints)
	for i, v := range s.floats {
		if v != T(int(v)) {
			return errors.Errorf("id %d is %v, which is no whole number", i, v)
		}
		rows[i] = int(v)
	}
	for i, r := range rows {
		if r < 0 {
			rows[i] = r + n // from the end
		}
		if rows[i] < 0 || r >= n {
			return errors.Errorf("id %d is %d; the table has %d rows", i, r, n)
		}
	}
	return nil
}

// Grad implements Differentiable.
func (l Lookup) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := Apply(lookupGrad{l, in[0].Shape()[0]}, grad, in[1])
	return gorgonia.Nodes{dx, nil}, err
}

// Export implements Exporter. ONNX takes whole numbers alone for indices.
func (l Lookup) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	ids := in[1]
	if !l.Int {
		ids = em.Temp("ids")
		em.Node("Cast", in[1:], ids, Attr{"to", int64(7)}) // 7 is INT64 in TensorProto.DataType
	}
	em.Node("Gather", []string{in[0], ids}, out, Attr{"axis", int64(0)})
	return nil
}

// lookupGrad is the gradient of the table. Inputs: the result's gradient and ids.
type lookupGrad struct {
	of   Lookup
	rows int
}

var _ Definition = lookupGrad{}

func (l lookupGrad) String() string { return fmt.Sprintf("%vGrad(%d rows)", l.of, l.rows) }
func (l lookupGrad) Signature() Signature {
	return Signature{In: []Rank{Rank(l.of.Rank + 1), l.of.ids()}, Out: Matrix}
}

// Shape implements Definition.
func (l lookupGrad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	k := len(in[0]) - 1
	if k != l.of.Rank || !sameDims(in[0][:k], in[1]) {
		return nil, errors.Errorf("%v: gradient %v and ids %v do not fit", l, in[0], in[1])
	}
	return tensor.Shape{l.rows, in[0][k]}, nil
}

// Bind implements Definition.
func (l lookupGrad) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(l, out, in); err != nil {
		return nil, err
	}
	s := out.Shape()
	return bind(l, out, in, bindLookupGrad[float32](s), bindLookupGrad[float64](s))
}

func bindLookupGrad[T kernels.Float](s tensor.Shape) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		ids := a.idsOf(1)
		rows := make([]int, ids.len())
		return func() error {
			if err := ids.read(rows, s[0]); err != nil {
				return err
			}
			kernels.AddSelected(s[0], s[1], rows, a.out, a.in[0], 0, 1)
			return nil
		}
	}
}

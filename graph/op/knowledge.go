package op

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Coupler is a Definition that says which axes of its tensors must shrink together when units are removed.
type Coupler interface {
	Couple(t Ties)
}

// Axis is one axis of one tensor of an operation.
type Axis struct {
	Arg  int // index of the input, or Output
	Axis int
}

// Output, as Axis.Arg, means the operation's result.
const Output = -1

// In is an axis of the i-th input.
func In(i, axis int) Axis { return Axis{i, axis} }

// Out is an axis of the output.
func Out(axis int) Axis { return Axis{Output, axis} }

// Ties collects what an operation says of its axes. The analysis that builds prunable units implements it.
type Ties interface {
	// Dims gives the shape of an input, or of the output for Output.
	Dims(arg int) tensor.Shape
	// Tie says that index i of a and index i of b live and die together.
	Tie(a, b Axis)
	// TieRange says it of the n indices from i of a and from j of b: what a concatenation or a slice shifts.
	TieRange(a Axis, i int, b Axis, j, n int)
	// Own says that when index i of a goes, the listed indices of b go with it: a channel owns its positions behind a
	// flatten. Not the other way round; but when all of them are gone, index i goes too.
	Own(a Axis, i int, b Axis, owned []int)
	// Bound says that an index of a goes only when an owner of it goes, never by itself.
	Bound(a Axis, why string)
	// Sum marks where units end: the operation sums over the activation axis a against axis b of a parameter, so a zero
	// in a adds nothing. It is where a mask goes. Their indices are tied as Tie or TieRange say.
	Sum(a, b Axis)
	// Contract is Tie and Sum.
	Contract(a, b Axis)
	// Freeze keeps an axis whole and records why.
	Freeze(a Axis, why string)
}

// Cutter is a Definition with a parameter that counts indices of an axis, as the bounds of a slice do: it is made anew when
// units are removed. Others are applied again as they are.
type Cutter interface {
	// Cut applies the operation to the cut inputs.
	Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error)
}

// Kept says what a removal leaves of the axes of one operation.
type Kept interface {
	// Dims gives the shape before the cut of an input, or of the output for Output.
	Dims(arg int) tensor.Shape
	// Keep lists the indices of an axis that stay, ascending; all of them where nothing is cut.
	Keep(a Axis) []int
}

// InPlacer is a Definition whose output may take the memory of one of the inputs listed: each element of the result is
// computed from the same element of that input, after which that is not read again.
type InPlacer interface{ InPlace() []int }

// Viewer is a Definition whose result is the first input's elements in the same order, in another shape. Both may lie in the
// same memory as long as nobody writes to either.
type Viewer interface{ View() }

// Stateful is a Definition that does not give the same result for the same inputs every time, or changes more than its
// output: it is never merged with another or computed in advance.
type Stateful interface{ Stateful() }

// Updater is a Stateful Definition that changes the inputs listed: running statistics.
type Updater interface{ Updates() []int }

// Cost is the work of one application.
type Cost struct {
	MACs  int64 // multiply–accumulates
	Bytes int64 // bytes read and written, each operand and the result
}

// Coster is a Definition that knows its MACs; bytes follow from the shapes. Without it an operation costs no MACs.
type Coster interface {
	MACs(in []tensor.Shape, out tensor.Shape) int64
}

// Exporter is a Definition that can be written to an ONNX file: it emits nodes that read the values named in and write the
// value named out. Shapes are those of one example; axis 0 is the batch and is dynamic in the file.
type Exporter interface {
	Export(e Emitter, in []string, out string, shapes []tensor.Shape) error
}

// Modal is an operation that does one thing in training and another in evaluation, such as dropout and batch norm.
type Modal interface {
	// Evaluated applies to the inputs what the operation does in evaluation. The result may be an input itself.
	Evaluated(in gorgonia.Nodes) (*gorgonia.Node, error)
	// Trained applies what it does in training.
	Trained(in gorgonia.Nodes) (*gorgonia.Node, error)
}

// Splitter is an operation whose gradient needs what it computes on the way. Split builds it of several operations instead,
// among which the gradient finds that; ok is false where it stays one.
type Splitter interface {
	Split(in gorgonia.Nodes) (n *gorgonia.Node, ok bool, err error)
}

// Separable is an operation that first computes something from its parameters alone. Where these are frozen, the compiler
// does that once: it runs the parts in advance, and Rest on input 0 and their results.
type Separable interface {
	// Separate takes an operation of that many inputs apart.
	Separate(inputs int) (parts []Part, rest Definition)
}

// Part is a step of a Separable operation, and which of the operation's inputs it reads.
type Part struct {
	Definition
	In []int
}

// Shifted is an operation that adds a parameter to its input 0, with that sign, before anything else: a constant in front of
// it may as well go into the parameter.
type Shifted interface {
	ShiftedBy() (input int, sign float64)
}

// Indexing is an operation that looks rows up: one of its inputs holds their numbers, another is the table.
type Indexing interface {
	Indexes() (ids, table int)
}

// As is what is known of an op as an interface that only some of them implement: Coupler, Coster, Exporter …, Gorgonia's
// own included. ok is false where it is not implemented, and for an op that is not known.
func As[T any](o gorgonia.Op) (t T, ok bool) {
	t, ok = known(o).(T)
	return t, ok
}

// Rebuilder is a Definition that must be made anew for inputs of another shape. Others are applied again as they are.
type Rebuilder interface {
	Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error)
}

// Of returns what is known of an op: the Definition of one of ours, or the table's entry for one of Gorgonia's own.
// The error names an op that nobody here knows; such an op still runs, through its own Do.
func Of(o gorgonia.Op) (any, error) {
	if o, ok := o.(*Operation); ok {
		return o.Definition, nil
	}
	switch k, err := builtinOf(o); {
	case err != nil:
		return nil, errors.Wrapf(err, "op %v", o)
	case k != nil:
		return k, nil
	}
	return nil, errors.Errorf("op %v (%T) is not known to gtrain", o, o)
}

// known is Of, nil for an op that nobody here knows.
func known(o gorgonia.Op) any {
	if o, ok := o.(*Operation); ok {
		return o.Definition
	}
	return builtin(o)
}

// Reapply adds a node that applies the op of old to other inputs of the same ranks, whatever their shapes. It keeps
// the node's name.
func Reapply(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	know, err := Of(old.Op())
	if err != nil {
		return nil, errors.Wrapf(err, "node %q cannot be rebuilt", old.Name())
	}
	var n *gorgonia.Node
	switch k := know.(type) {
	case Rebuilder:
		n, err = k.Rebuild(in)
	case Definition:
		n, err = Apply(k, in...)
	default:
		n, err = gorgonia.ApplyOp(old.Op(), in...)
	}
	return n, errors.Wrapf(err, "rebuild node %q", old.Name())
}

// rowwise ties every axis but the batch of input 0 to the output, for operations that treat elements alone.
func rowwise(t Ties) {
	for a := range t.Dims(0) {
		t.Tie(In(0, a), Out(a))
	}
}

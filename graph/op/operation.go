package op

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Definition is all that an operation must know of itself. Implementations are small comparable values whose String names
// every parameter. As values they may be used by several goroutines; what Bind returns is for one goroutine at a time.
type Definition interface {
	// String is the operation's name and every parameter, for example "Dense(relu)". It is what gets hashed.
	String() string
	// Signature gives the ranks of the inputs and of the output.
	Signature() Signature
	// Shape infers the output's shape. It returns an error that names the offending input.
	Shape(in []tensor.Shape) (tensor.Shape, error)
	// Bind returns the kernel that computes out from in. The kernel keeps the values' memory: it allocates nothing and
	// may be run any number of times. Values are contiguous.
	Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error)
}

// Kernel is one bound computation.
type Kernel func() error

// Differentiable is a Definition with a gradient.
type Differentiable interface {
	Definition
	// Wrt tells which inputs have a gradient.
	Wrt() []bool
	// Grad builds the gradients of the inputs, nil where Wrt is false, from the gradient of the output.
	Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error)
}

// Rank is the number of axes of an argument, or one of the special kinds below.
type Rank int

// The special kinds of argument.
const (
	Scalar Rank = 0  // a single number
	Vector Rank = 1  // (n)
	Matrix Rank = 2  // (rows, columns)
	Same   Rank = -1 // any rank; all arguments so marked have the same
	Labels Rank = -2 // a vector of int: class indices
)

// ofInt is a tensor of int of that many axes: Labels has one.
func ofInt(axes int) Rank { return Labels + 1 - Rank(axes) }

// Signature is the type of an operation, for Gorgonia's type inference.
type Signature struct {
	In  []Rank
	Out Rank
}

var instances atomic.Uint64

// Operation is a Definition as a gorgonia.Op.
type Operation struct {
	Definition
	id uint64
}

var (
	_ gorgonia.SDOp            = (*Operation)(nil)
	_ gorgonia.UsePreallocDoer = (*Operation)(nil)
)

// New makes an Operation with an identity of its own.
func New(r Definition) *Operation { return &Operation{Definition: r, id: instances.Add(1)} }

// Apply adds a node that applies r to the inputs.
func Apply(r Definition, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	for i, n := range in {
		if n == nil {
			return nil, errors.Errorf("%v: input %d is nil", r, i)
		}
	}
	n, err := gorgonia.ApplyOp(New(r), in...)
	return n, errors.Wrapf(err, "apply %v", r)
}

// Arity is the number of inputs.
func (o *Operation) Arity() int { return len(o.Signature().In) }

// Type gives the operation's type to Gorgonia's inference.
func (o *Operation) Type() hm.Type {
	s := o.Signature()
	ts := make([]hm.Type, 0, len(s.In)+1)
	for _, r := range s.In {
		ts = append(ts, r.typ())
	}
	return hm.NewFnType(append(ts, s.Out.typ())...)
}

func (r Rank) typ() hm.Type {
	switch {
	case r == Same:
		return hm.TypeVariable('t')
	case r <= Labels:
		return gorgonia.TensorType{Dims: int(Labels + 1 - r), Of: tensor.Int}
	case r == Scalar:
		return hm.TypeVariable('a')
	}
	return gorgonia.TensorType{Dims: int(r), Of: hm.TypeVariable('a')}
}

// InferShape implements gorgonia.Op.
func (o *Operation) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	shapes, err := gorgonia.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	return o.Shape(shapes)
}

// Do computes into new memory.
func (o *Operation) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	shapes := make([]tensor.Shape, len(in))
	dt := in[0].Dtype()
	for i, v := range in {
		shapes[i] = v.Shape()
		if v.Dtype() != tensor.Int { // labels come after the numbers they describe, but say so here
			dt = v.Dtype()
		}
	}
	s, err := o.Shape(shapes)
	if err != nil {
		return nil, err
	}
	out, err := NewValue(dt, s)
	if err != nil {
		return nil, errors.Wrapf(err, "%v", o.Definition)
	}
	return o.UsePreallocDo(out, in...)
}

// UsePreallocDo computes into prealloc.
func (o *Operation) UsePreallocDo(prealloc gorgonia.Value, in ...gorgonia.Value) (gorgonia.Value, error) {
	k, err := o.Bind(prealloc, in)
	if err != nil {
		return nil, err
	}
	return prealloc, k()
}

// DiffWRT implements gorgonia.SDOp.
func (o *Operation) DiffWRT(n int) []bool {
	if d, ok := o.Definition.(Differentiable); ok {
		return d.Wrt()
	}
	return make([]bool, n)
}

// SymDiff implements gorgonia.SDOp.
func (o *Operation) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	d, ok := o.Definition.(Differentiable)
	if !ok {
		return nil, errors.Errorf("%v has no gradient", o.Definition)
	}
	return d.Grad(in, out, grad)
}

// ReturnsPtr and CallsExtern are true so that TapeMachine preallocates the output and calls UsePreallocDo.
func (o *Operation) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op; see ReturnsPtr.
func (o *Operation) CallsExtern() bool { return true }

// OverwritesInput implements gorgonia.Op: outputs never alias inputs in a foreign VM.
func (o *Operation) OverwritesInput() int { return -1 }

// WriteHash covers every parameter and the instance.
func (o *Operation) WriteHash(h hash.Hash) { fmt.Fprintf(h, "gtrain %v #%d", o.Definition, o.id) }

// Hashcode implements gorgonia.Op.
func (o *Operation) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

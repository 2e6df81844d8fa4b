package graph

import (
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// compilation is a program under construction.
type compilation struct {
	graph   *gorgonia.ExprGraph
	outputs gorgonia.Nodes // nil: every root
	values  map[*gorgonia.Node]*value
	inputs  []*value // nodes that are given values from outside
	instrs  []*instruction
	reads   []read
	grads   []gradient
	peak    int64 // bytes of planned buffers
}

// value is what a node computes or is given.
type value struct {
	node     *gorgonia.Node
	shape    tensor.Shape
	dtype    tensor.Dtype
	computed bool           // by an instruction
	pinned   bool           // outlives the run, so its buffer is its own
	data     gorgonia.Value // the buffer; for inputs, what is bound at present
	own      gorgonia.Value // for inputs whose value must be copied: a buffer of ours
	users    []*instruction
}

// instruction computes one value.
type instruction struct {
	node   *gorgonia.Node
	op     gorgonia.Op
	in     []*value
	out    *value
	kernel op.Kernel
}

// read is a gorgonia.Read: a copy of the value for the user.
type read struct {
	of   *value
	into *gorgonia.Value
}

// gradient is what an input's Grad returns after a run.
type gradient struct {
	of   *gorgonia.Node
	from *value
	copy gorgonia.Value // nil where from's own memory serves
}

func typeName(o gorgonia.Op) string { return strings.TrimPrefix(reflect.TypeOf(o).String(), "*") }

func isStatement(o gorgonia.Op) bool {
	switch typeName(o) {
	case "gorgonia.readOp", "gorgonia.letOp":
		return true
	}
	return false
}

// orderNodes walks the graph from what is wanted and writes one instruction for each computed node. What nothing wanted
// depends on is never reached.
func orderNodes(c *compilation) error {
	order, err := topological(c.graph, c.wanted())
	if err != nil {
		return err
	}
	for _, n := range order {
		kids := Children(c.graph, n)
		if n.Op() != nil && isStatement(n.Op()) {
			if typeName(n.Op()) == "gorgonia.readOp" {
				c.reads = append(c.reads, read{c.values[kids[0]], readTarget(n.Op())})
			}
			continue
		}
		v := &value{node: n, shape: n.Shape(), dtype: n.Dtype()}
		c.values[n] = v
		switch {
		case n.Op() == nil:
			c.inputs = append(c.inputs, v)
			continue
		case isConstant(n.Op()):
			v.data = n.Value()
			if d, ok := v.data.(*tensor.Dense); ok {
				if v.data, err = op.Materialise(d); err != nil {
					return errors.Wrapf(err, "constant %q", n.Name())
				}
			}
			continue
		}
		ins := &instruction{node: n, op: n.Op(), out: v}
		for _, k := range kids {
			ins.in = append(ins.in, c.values[k])
		}
		c.instrs = append(c.instrs, ins)
	}
	return nil
}

// wanted lists where the walk begins: the outputs, or every root where none are named; the gradients of inputs; Reads.
func (c *compilation) wanted() gorgonia.Nodes {
	all := c.graph.AllNodes()
	used := map[*gorgonia.Node]bool{}
	for _, n := range all {
		for _, k := range Children(c.graph, n) {
			used[k] = true
		}
	}
	roots := slices.Clone(c.outputs)
	for _, n := range all {
		switch {
		case n.Op() == nil && n.Deriv() != nil:
			roots = append(roots, n.Deriv())
		case n.Op() != nil && typeName(n.Op()) == "gorgonia.readOp":
			roots = append(roots, n)
		case c.outputs == nil && !used[n] && n.Op() != nil && !isConstant(n.Op()) && !isUnasked(n):
			roots = append(roots, n)
		}
	}
	return roots
}

// isUnasked tells whether a node without users is the gradient of something that Grad was not asked about: Gorgonia
// builds the gradients of all inputs of an operation and marks them as a group.
func isUnasked(n *gorgonia.Node) bool {
	switch reflect.ValueOf(n).Elem().FieldByName("group").String() {
	case "gradients", "undifferentiated nodes":
		return true
	}
	return false
}

func isConstant(o gorgonia.Op) bool {
	switch typeName(o) {
	case "gorgonia.constantScalar", "gorgonia.constantTensor":
		return true
	}
	return false
}

// readTarget finds where a Read writes: a field that is not exported.
func readTarget(o gorgonia.Op) *gorgonia.Value {
	v := reflect.New(reflect.TypeOf(o)).Elem()
	v.Set(reflect.ValueOf(o))
	return *(**gorgonia.Value)(unsafe.Pointer(v.Field(0).UnsafeAddr()))
}

// pinVisible marks what must outlive a run, and lists the gradients that Solvers read.
func pinVisible(c *compilation) error {
	for _, r := range c.reads {
		r.of.pinned = true
	}
	for _, n := range c.outputs {
		if v := c.values[n]; v != nil {
			v.pinned = true
		}
	}
	if c.outputs == nil { // a user's program may look at any node of its forward part
		backward := c.backward()
		for _, i := range c.instrs {
			i.out.pinned = i.out.pinned || !backward[i.out]
		}
	}
	taken := map[*value]bool{}
	for _, n := range c.graph.AllNodes() {
		if n.Op() != nil || n.Deriv() == nil {
			continue
		}
		v := c.values[n.Deriv()]
		v.pinned = true
		g := gradient{of: n, from: v}
		// Solvers scale and zero gradients in place. So a gradient that is also another input's, or a constant or an input
		// itself, is copied.
		if taken[v] || v.node.Op() == nil || isConstant(v.node.Op()) {
			var err error
			if g.copy, err = newBuffer(v.dtype, v.shape); err != nil {
				return errors.Wrapf(err, "gradient of %q", n.Name())
			}
			c.peak += bytes(v)
		}
		taken[v] = true
		c.grads = append(c.grads, g)
	}
	return nil
}

// backward tells which values belong to the backward part: those that are a gradient or depend on one, and that no cost
// needs. The seed, a constant 1, says nothing: Gorgonia makes it one with any other 1 of the graph.
func (c *compilation) backward() map[*value]bool {
	derived := map[*gorgonia.Node]bool{}
	var costs gorgonia.Nodes
	for _, n := range c.graph.AllNodes() {
		if d := n.Deriv(); d != nil {
			if d.Op() != nil && isConstant(d.Op()) {
				costs = append(costs, n)
			} else {
				derived[d] = true
			}
		}
	}
	forward := map[*gorgonia.Node]bool{}
	if order, err := topological(c.graph, costs); err == nil {
		forward = nodeSet(order)
	}
	back := map[*value]bool{}
	for _, i := range c.instrs {
		if forward[i.node] {
			continue
		}
		back[i.out] = derived[i.node]
		for _, v := range i.in {
			back[i.out] = back[i.out] || back[v]
		}
	}
	return back
}

// bindKernels fixes each instruction to its buffers. What depends on an input that has no value yet is bound when the
// value comes.
func bindKernels(c *compilation) error {
	for _, i := range c.instrs {
		for _, v := range i.in {
			if len(v.users) == 0 || v.users[len(v.users)-1] != i {
				v.users = append(v.users, i)
			}
		}
	}
	for _, i := range c.instrs {
		if i.ready() {
			if err := i.bind(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *instruction) ready() bool {
	for _, v := range i.in {
		if v.data == nil {
			return false
		}
	}
	return true
}

func (i *instruction) bind() error {
	in := make([]gorgonia.Value, len(i.in))
	for k, v := range i.in {
		in[k] = v.data
	}
	know, err := op.Of(i.op)
	if b, ok := know.(op.Binder); err == nil && ok {
		k, err := b.Bind(i.out.data, in)
		if err == nil {
			i.kernel = k
			return nil
		}
		if _, ours := i.op.(*op.Operation); ours || !errors.Is(err, op.ErrNoKernel) {
			return errors.Wrapf(err, "node %q", i.node.Name())
		}
	}
	o, out := i.op, i.out.data
	i.kernel = func() error { // an operation that has no kernel here runs through its own Do
		r, err := o.Do(in...)
		if err != nil {
			return err
		}
		return assign(out, r)
	}
	return nil
}

// assign copies src into dst's memory.
func assign(dst, src gorgonia.Value) error {
	if dst.Shape().TotalSize() != src.Shape().TotalSize() || dst.Dtype() != src.Dtype() {
		return errors.Errorf("it gave %v of %v where %v of %v was inferred", src.Shape(), src.Dtype(), dst.Shape(), dst.Dtype())
	}
	if d, ok := dst.(*tensor.Dense); ok {
		s, ok := src.(*tensor.Dense)
		if !ok {
			return d.Memset(src.Data())
		}
		switch d.Dtype() {
		case tensor.Float32:
			op.CopyStrided(d.Float32s(), s)
		case tensor.Float64:
			op.CopyStrided(d.Float64s(), s)
		case tensor.Int:
			op.CopyStrided(d.Ints(), s)
		case tensor.Bool:
			op.CopyStrided(d.Bools(), s)
		default:
			return tensor.Copy(d, s)
		}
		return nil
	}
	switch d := dst.(type) {
	case *gorgonia.F32:
		v, ok := scalar[float32](src)
		*d = gorgonia.F32(v)
		return scalarErr(ok, src)
	case *gorgonia.F64:
		v, ok := scalar[float64](src)
		*d = gorgonia.F64(v)
		return scalarErr(ok, src)
	case *gorgonia.I:
		v, ok := scalar[int](src)
		*d = gorgonia.I(v)
		return scalarErr(ok, src)
	case *gorgonia.B:
		v, ok := scalar[bool](src)
		*d = gorgonia.B(v)
		return scalarErr(ok, src)
	}
	return errors.Errorf("a %T cannot be copied", dst)
}

// scalar reads a number out of a scalar value, or of a tensor of one element.
func scalar[T any](v gorgonia.Value) (t T, ok bool) {
	switch d := v.Data().(type) {
	case T:
		return d, true
	case []T:
		if len(d) == 1 {
			return d[0], true
		}
	}
	return t, false
}

func scalarErr(ok bool, v gorgonia.Value) error {
	if !ok {
		return errors.Errorf("a %T where a scalar was expected", v)
	}
	return nil
}

package graph

import (
	"reflect"
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
	peak    int64 // bytes of planned buffers
}

// value is what a node computes or is given.
type value struct {
	node     *gorgonia.Node
	shape    tensor.Shape
	dtype    tensor.Dtype
	constant bool
	pinned   bool // outlives the run, so its buffer is its own
	gradOf   gorgonia.Nodes
	data     gorgonia.Value // the buffer; for inputs, what is bound at present
	own      gorgonia.Value // for inputs whose value is not contiguous: a copy of ours
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

func typeName(o gorgonia.Op) string { return strings.TrimPrefix(reflect.TypeOf(o).String(), "*") }

func isStatement(o gorgonia.Op) bool {
	switch typeName(o) {
	case "gorgonia.readOp", "gorgonia.letOp":
		return true
	}
	return false
}

// orderNodes walks the graph from its roots and writes one instruction for each computed node.
func orderNodes(c *compilation) error {
	roots := c.outputs
	if roots == nil {
		roots = c.graph.Roots()
		// Roots comes from a map of the graph's; ids give an order that is the same every time.
		roots = append(gorgonia.Nodes(nil), roots...)
		sortByID(roots)
	} else {
		var more gorgonia.Nodes // gradients of inputs and Reads are wanted whatever the outputs are
		for _, n := range c.graph.AllNodes() {
			switch {
			case n.Op() == nil && n.Deriv() != nil:
				more = append(more, n.Deriv())
			case n.Op() != nil && typeName(n.Op()) == "gorgonia.readOp":
				more = append(more, n)
			}
		}
		sortByID(more)
		roots = append(append(gorgonia.Nodes(nil), roots...), more...)
	}
	order, err := topological(c.graph, roots)
	if err != nil {
		return err
	}
	for _, n := range order {
		kids := Children(c.graph, n)
		if n.Op() != nil && isStatement(n.Op()) {
			if typeName(n.Op()) == "gorgonia.readOp" {
				c.reads = append(c.reads, read{c.values[kids[0]], readTarget(n.Op())})
				c.values[kids[0]].pinned = true
			}
			continue
		}
		v := &value{node: n, shape: n.Shape(), dtype: n.Dtype()}
		c.values[n] = v
		switch {
		case n.Op() == nil:
			c.inputs = append(c.inputs, v)
			continue
		case len(kids) == 0 && n.Value() != nil:
			v.constant, v.data = true, n.Value()
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

// readTarget finds where a Read writes: a field that is not exported.
func readTarget(o gorgonia.Op) *gorgonia.Value {
	v := reflect.New(reflect.TypeOf(o)).Elem()
	v.Set(reflect.ValueOf(o))
	return *(**gorgonia.Value)(unsafe.Pointer(v.Field(0).UnsafeAddr()))
}

// removeDead marks what must be visible after a run and drops every instruction that nothing visible needs.
func removeDead(c *compilation) error {
	backward := c.backward()
	isOutput := nodeSet(c.outputs)
	used := map[*value]bool{}
	for _, i := range c.instrs {
		for _, v := range i.in {
			used[v] = true
		}
	}
	for _, v := range c.values {
		for _, of := range v.node.DerivOf() {
			if of.Op() == nil && c.values[of] != nil { // the gradient of an input is what a Solver reads
				v.pinned = true
				v.gradOf = append(v.gradOf, of)
			}
		}
		switch {
		case c.outputs != nil:
			v.pinned = v.pinned || isOutput[v.node]
		case !backward[v.node]: // a user's program may look at any node of its forward part
			v.pinned = true
		case !used[v] && len(v.node.DerivOf()) == 0:
			// A root of the backward part that is nobody's derivative: the gradient of an input nobody asked for.
		}
	}
	live := map[*value]bool{}
	kept := c.instrs[:0:0]
	for k := len(c.instrs) - 1; k >= 0; k-- {
		i := c.instrs[k]
		if !i.out.pinned && !live[i.out] {
			delete(c.values, i.out.node)
			continue
		}
		for _, v := range i.in {
			live[v] = true
		}
		kept = append(kept, i)
	}
	for l, r := 0, len(kept)-1; l < r; l, r = l+1, r-1 {
		kept[l], kept[r] = kept[r], kept[l]
	}
	c.instrs = kept
	inputs := c.inputs[:0:0]
	for _, v := range c.inputs {
		if live[v] || v.pinned {
			inputs = append(inputs, v)
		}
	}
	c.inputs = inputs
	return nil
}

// backward tells which nodes belong to the backward part: those that depend on the seed of a gradient (the constant 1
// that is the cost's own derivative) and are not needed to compute that cost.
func (c *compilation) backward() map[*gorgonia.Node]bool {
	var costs gorgonia.Nodes
	seeds := map[*value]bool{}
	for _, v := range c.values {
		if v.constant {
			for _, of := range v.node.DerivOf() {
				if c.values[of] != nil {
					costs = append(costs, of)
					seeds[v] = true
				}
			}
		}
	}
	forward := map[*gorgonia.Node]bool{}
	if order, err := topological(c.graph, costs); err == nil {
		forward = nodeSet(order)
	}
	back := map[*gorgonia.Node]bool{}
	for _, i := range c.instrs {
		if forward[i.node] {
			continue
		}
		for _, v := range i.in {
			if seeds[v] || back[v.node] {
				back[i.node] = true
			}
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
		if !errors.Is(err, op.ErrNoKernel) {
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
		if s, ok := src.(*tensor.Dense); ok {
			if !op.Contiguous(s) {
				s = s.Materialize().(*tensor.Dense)
			}
			switch d.Dtype() {
			case tensor.Float32:
				copy(d.Float32s(), s.Float32s())
				return nil
			case tensor.Float64:
				copy(d.Float64s(), s.Float64s())
				return nil
			case tensor.Int:
				copy(d.Ints(), s.Ints())
				return nil
			}
			return tensor.Copy(d, s)
		}
		return d.Memset(src.Data())
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

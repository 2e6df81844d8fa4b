package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Network is a model: a forward graph from inputs to outputs, whose leading axis is the batch.
type Network struct {
	Graph     *gorgonia.ExprGraph
	Inputs    gorgonia.Nodes // data, (batch, …)
	Outputs   gorgonia.Nodes // predictions, (batch, …)
	Params    gorgonia.Nodes // trained, uniquely named, in order of use
	States    gorgonia.Nodes // named values that training changes, but not by a gradient: running statistics
	Constants gorgonia.Nodes // named values that nothing changes: preprocessing statistics, masks
	// Integers names inputs that a model file declares as integers (tensor.Int64 or Int32), as indices into a table are.
	// Here they are of the network's type and hold whole numbers; a file that is saved declares them as integers again.
	Integers map[string]tensor.Dtype
}

// Tensors lists all that has a name and a value: parameters, states, constants.
func (n *Network) Tensors() gorgonia.Nodes { return slices.Concat(n.Params, n.States, n.Constants) }

// Named lists all that has a name: inputs and Tensors.
func (n *Network) Named() gorgonia.Nodes { return slices.Concat(n.Inputs, n.Tensors()) }

// ErrNoNetwork is the cause where a Network, or a node that it lists, is nil.
var ErrNoNetwork = errors.New("there is no network (nil)")

// exists checks that there is a network and that none of the nodes that it lists is nil.
func (n *Network) exists() error {
	if n == nil {
		return ErrNoNetwork
	}
	for _, part := range []struct {
		what  string
		nodes gorgonia.Nodes
	}{{"input", n.Inputs}, {"output", n.Outputs}, {"parameter", n.Params}, {"state", n.States}, {"constant", n.Constants}} {
		if i := slices.Index(part.nodes, nil); i >= 0 {
			return errors.Wrapf(ErrNoNetwork, "%s %d", part.what, i)
		}
	}
	return nil
}

// Validate checks what every rewrite relies on.
func (n *Network) Validate() error {
	if err := n.exists(); err != nil {
		return err
	}
	if len(n.Inputs) == 0 || len(n.Outputs) == 0 {
		return errors.New("a network needs at least one input and one output")
	}
	seen := map[string]bool{}
	for _, v := range n.Named() {
		switch {
		case v.Op() != nil:
			return errors.Errorf("node %q is computed, not an input", v.Name())
		case v.Name() == "":
			return errors.New("an input node has no name; give it one with gorgonia.WithName")
		case seen[v.Name()]:
			return errors.Errorf("two input nodes are called %q; names must be unique", v.Name())
		}
		seen[v.Name()] = true
	}
	for _, v := range n.Tensors() {
		if v.Value() == nil {
			return errors.Errorf("parameter %q has no value; give it one with gorgonia.WithInit or WithValue", v.Name())
		}
	}
	return nil
}

// Batch is the size of the leading axis of the first input.
func (n *Network) Batch() int {
	if s := n.Inputs[0].Shape(); len(s) > 0 {
		return s[0]
	}
	return 1
}

// Dtype is the type of the first input.
func (n *Network) Dtype() tensor.Dtype { return n.Inputs[0].Dtype() }

// Param returns the parameter, state or constant of that name, or nil.
func (n *Network) Param(name string) *gorgonia.Node {
	for _, p := range n.Tensors() {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

// Order returns the nodes that the outputs depend on, inputs before users. The order depends on the graph's structure
// alone, so that two builds of one network agree.
func (n *Network) Order() (gorgonia.Nodes, error) {
	if err := n.exists(); err != nil {
		return nil, err
	}
	return topological(n.Outputs)
}

func topological(roots gorgonia.Nodes) (gorgonia.Nodes, error) {
	return topologicalFrom(nil, roots, nil)
}

// topologicalFrom does not look behind the nodes of given, and puts the node before[n] before n.
func topologicalFrom(given, roots gorgonia.Nodes, before map[*gorgonia.Node]*gorgonia.Node) (gorgonia.Nodes, error) {
	children := func(n *gorgonia.Node) gorgonia.Nodes {
		if slices.Contains(given, n) {
			return nil
		}
		if b := before[n]; b != nil {
			return append(slices.Clone(Children(n)), b)
		}
		return Children(n)
	}
	const open, done = 1, 2
	state := map[*gorgonia.Node]int{}
	var order gorgonia.Nodes
	type frame struct {
		n    *gorgonia.Node
		kids gorgonia.Nodes
	}
	for _, r := range roots {
		if state[r] != 0 {
			continue
		}
		stack := []frame{{r, children(r)}}
		state[r] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.kids) == 0 {
				state[top.n] = done
				order = append(order, top.n)
				stack = stack[:len(stack)-1]
				continue
			}
			k := top.kids[0]
			top.kids = top.kids[1:]
			switch state[k] {
			case open:
				return nil, errors.Errorf("the graph has a cycle through node %q", k.Name())
			case 0:
				state[k] = open
				stack = append(stack, frame{k, children(k)})
			}
		}
	}
	return order, nil
}

// Children returns a node's inputs in order, duplicates kept. The slice must not be changed.
func Children(n *gorgonia.Node) gorgonia.Nodes { return op.Children(n) }

// Cost sums what one run of the network takes at its batch size.
func (n *Network) Cost() (op.Cost, error) {
	order, err := n.Order()
	if err != nil {
		return op.Cost{}, err
	}
	var c op.Cost
	for _, v := range order {
		if v.Op() == nil {
			continue
		}
		one := NodeCost(v)
		c.MACs += one.MACs
		c.Bytes += one.Bytes
	}
	return c, nil
}

// NodeCost is what one computed node takes.
func NodeCost(v *gorgonia.Node) (c op.Cost) {
	kids := Children(v)
	shapes := make([]tensor.Shape, len(kids))
	size := func(n *gorgonia.Node) int64 {
		return int64(n.Shape().TotalSize()) * int64(n.Dtype().Size())
	}
	for i, k := range kids {
		shapes[i] = k.Shape()
		c.Bytes += size(k)
	}
	c.Bytes += size(v)
	if know, err := op.Of(v.Op()); err == nil {
		if k, ok := know.(op.Coster); ok {
			c.MACs = k.MACs(shapes, v.Shape())
		}
	}
	return c
}

// ParamCount is the number of trained numbers, and how many of them are not zero.
func (n *Network) ParamCount() (total, nonzero int) {
	for _, p := range n.Params {
		d, ok := p.Value().(*tensor.Dense)
		if !ok {
			total++
			nonzero++
			continue
		}
		total += d.DataSize()
		switch p.Dtype() {
		case tensor.Float32:
			nonzero += countNonzero(d.Float32s())
		case tensor.Float64:
			nonzero += countNonzero(d.Float64s())
		}
	}
	return total, nonzero
}

func countNonzero[T float32 | float64](x []T) (c int) {
	for _, v := range x {
		if v != 0 {
			c++
		}
	}
	return c
}

package network

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Network is a model: a forward graph from inputs to outputs, whose leading axis is the batch.
//
// Nothing here locks it: while one goroutine trains, changes or rewrites a network, no other may use it or one that shares
// its parameters, as its forms do (Inference, Rebatch).
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

// ErrNone is the cause where a Network, or a node that it lists, is nil.
var ErrNone = errors.New("there is no network (nil)")

// exists checks that there is a network and that none of the nodes that it lists is nil.
func (n *Network) exists() error {
	if n == nil {
		return ErrNone
	}
	for _, part := range []struct {
		what  string
		nodes gorgonia.Nodes
	}{{"input", n.Inputs}, {"output", n.Outputs}, {"parameter", n.Params}, {"state", n.States}, {"constant", n.Constants}} {
		if i := slices.Index(part.nodes, nil); i >= 0 {
			return errors.Wrapf(ErrNone, "%s %d", part.what, i)
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
	return op.Order(n.Outputs, nil)
}

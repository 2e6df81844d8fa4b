package network

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Rewrite builds a network again, node by node, in a new graph. Every other form of a network is made by one of these. What
// is not set keeps things as they are.
type Rewrite struct {
	// Batch is the new size of the leading axis of the network's inputs, which then have no value.
	Batch int
	// Input gives the shape and value of an input node (of Network.Named) in the new graph, in place of Batch. A nil value
	// leaves it unbound.
	Input func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error)
	// Node builds the new node for a computed one, given its new inputs; [op.Reapply] keeps it. It may return one of them to
	// leave the node out.
	Node NodeFunc
}

// NodeFunc builds the node that takes the place of old on new inputs.
type NodeFunc = func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error)

// Apply returns the new network. The old one is unchanged; values that Input does not replace are shared. The error names
// the node that cannot be built again.
func (r Rewrite) Apply(net *Network) (_ *Network, err error) {
	defer guard(&err)
	if err := net.Validate(); err != nil {
		return nil, err
	}
	if r.Batch < 0 {
		return nil, errors.Errorf("batch size %d: must be at least 1", r.Batch)
	}
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	g := gorgonia.NewGraph()
	data := op.Set(net.Inputs)
	to := make(map[*gorgonia.Node]*gorgonia.Node, len(order))
	addInput := func(old *gorgonia.Node) error {
		if to[old] != nil {
			return nil
		}
		shape, value := old.Shape(), old.Value()
		switch {
		case r.Input != nil:
			var err error
			if shape, value, err = r.Input(old); err != nil {
				return errors.Wrapf(err, "input %q", old.Name())
			}
		case r.Batch > 0 && data[old]:
			if len(shape) == 0 {
				return errors.Errorf("input %q: a scalar has no batch axis", old.Name())
			}
			shape[0], value = r.Batch, nil
		}
		to[old] = newInput(g, old, shape, value)
		return nil
	}
	// Inputs first and in their own order, so that one that no output uses survives too.
	for _, n := range net.Named() {
		if err := addInput(n); err != nil {
			return nil, err
		}
	}
	for _, old := range order {
		kids := op.Children(old)
		n := to[old]
		switch {
		case n != nil:
		case old.Op() == nil:
			if err := addInput(old); err != nil {
				return nil, err
			}
			n = to[old]
		case op.IsConstant(old.Op()):
			n = old.CloneTo(g)
		case len(kids) == 0:
			return nil, errors.Errorf("node %q (%v) draws its own values in a fixed shape, which cannot be followed to another",
				old.Name(), old.Op())
		default:
			in := make(gorgonia.Nodes, len(kids))
			for i, k := range kids {
				in[i] = to[k]
			}
			build := r.Node
			if build == nil {
				build = op.Reapply
			}
			if n, err = build(old, in); err != nil {
				return nil, err
			}
			if name := op.GivenName(old); name != "" && !slices.Contains(in, n) { // a node may be left out
				gorgonia.WithName(name)(n)
			}
		}
		to[old] = n
	}
	all := func(ns gorgonia.Nodes) (r gorgonia.Nodes) {
		for _, n := range ns {
			r = append(r, to[n])
		}
		return r
	}
	return &Network{Graph: g, Inputs: all(net.Inputs), Outputs: all(net.Outputs), Params: all(net.Params),
		States: all(net.States), Constants: all(net.Constants), Integers: net.Integers}, nil
}

// guard turns a panic of Gorgonia's, which is how it reports a broken graph, into an error.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = errors.Errorf("gorgonia: %v", r)
	}
}

func newInput(g *gorgonia.ExprGraph, old *gorgonia.Node, shape tensor.Shape, value gorgonia.Value) *gorgonia.Node {
	opts := []gorgonia.NodeConsOpt{gorgonia.WithName(old.Name())}
	if value != nil {
		opts = append(opts, gorgonia.WithValue(value))
	}
	if shape.IsScalar() {
		return gorgonia.NewScalar(g, old.Dtype(), opts...)
	}
	return gorgonia.NewTensor(g, old.Dtype(), len(shape), append(opts, gorgonia.WithShape(shape...))...)
}

// Rebatch returns the same network for another batch size. Parameters, states and constants share their memory with
// the old network.
func (n *Network) Rebatch(batch int) (*Network, error) {
	if batch < 1 {
		return nil, errors.Errorf("batch size %d: must be at least 1", batch)
	}
	if err := n.Validate(); err != nil {
		return nil, err
	}
	out, err := Rewrite{Batch: batch}.Apply(n)
	return out, errors.Wrapf(err, "rebatch to %d", batch)
}

// Inference returns the network as it is used for predictions: dropout is left out, batch norm uses its running
// statistics, also where they are Gorgonia's. Parameters and statistics share their memory.
func (n *Network) Inference() (*Network, error) {
	t := translation{net: n, form: toEvaluate}
	out, err := t.apply(Rewrite{Node: t.node(InferenceForm)})
	return out, errors.Wrap(err, "inference form")
}

// InferenceForm builds a node for predictions: dropout is left out, and batch norm uses its running statistics. It is what
// [Network.Inference] does to our own operations.
func InferenceForm(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	if m, ok := op.As[op.Modal](old.Op()); ok {
		return m.Evaluated(in)
	}
	return op.Reapply(old, in)
}

// Training returns the network as it is trained: batch norm uses the statistics of the batch, also where a file has it in
// its evaluation form. One of Gorgonia's becomes one of ours on the same running statistics, which are then States.
// Dropout that was left out does not come back. Parameters and states share their memory.
func (n *Network) Training() (*Network, error) {
	t := translation{net: n, form: toTrain}
	out, err := t.apply(Rewrite{Node: t.node(func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		if m, ok := op.As[op.Modal](old.Op()); ok {
			return m.Trained(in)
		}
		return op.Reapply(old, in)
	})})
	return out, errors.Wrap(err, "training form")
}

// Clone copies the network and the memory of its parameters, states and constants: a snapshot. The running statistics of
// gorgonia.BatchNorm, which all its graphs share, become States of the copy.
func (n *Network) Clone() (*Network, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	data := op.Set(n.Inputs)
	made := copies{}
	t := translation{net: n, copy: made}
	out, err := t.apply(Rewrite{Node: t.node(op.Reapply), Input: func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
		if data[old] || old.Value() == nil {
			return old.Shape(), nil, nil
		}
		if d, ok := old.Value().(*tensor.Dense); ok {
			return old.Shape(), made.of(d), nil
		}
		v, err := gorgonia.CloneValue(old.Value())
		return old.Shape(), v, err
	}})
	return out, errors.Wrap(err, "clone")
}

// copies are what a clone has in the place of tensors. What two nodes share, as the statistics of one gorgonia.BatchNormOp
// that is applied twice, their copies share too.
type copies map[*tensor.Dense]*tensor.Dense

func (c copies) of(d *tensor.Dense) *tensor.Dense {
	if c[d] == nil {
		c[d] = d.Clone().(*tensor.Dense)
	}
	return c[d]
}

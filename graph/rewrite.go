package graph

import (
	"reflect"
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// rewrite builds a network again, node by node, in a new graph. Every rewrite of this package is one of these with some
// of the hooks set; a nil hook keeps things as they are.
type rewrite struct {
	// input gives the shape and value of an input node in the new graph. A nil value leaves it unbound.
	input func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error)
	// node builds the new node for a computed one, given its new inputs.
	node func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error)
}

// apply returns the new network.
func (r rewrite) apply(net *Network) (_ *Network, err error) {
	defer guard(&err)
	if err := net.Validate(); err != nil {
		return nil, err
	}
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	g := gorgonia.NewGraph()
	to := make(map[*gorgonia.Node]*gorgonia.Node, len(order))
	addInput := func(old *gorgonia.Node) error {
		if to[old] != nil {
			return nil
		}
		shape, value := old.Shape(), old.Value()
		if r.input != nil {
			var err error
			if shape, value, err = r.input(old); err != nil {
				return errors.Wrapf(err, "input %q", old.Name())
			}
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
		kids := Children(old)
		n := to[old]
		switch {
		case n != nil:
		case old.Op() == nil:
			if err := addInput(old); err != nil {
				return nil, err
			}
			n = to[old]
		case isConstant(old.Op()):
			n = old.CloneTo(g)
		case len(kids) == 0:
			return nil, errors.Errorf("node %q (%v) draws its own values in a fixed shape, which cannot be followed to another",
				old.Name(), old.Op())
		default:
			in := make(gorgonia.Nodes, len(kids))
			for i, k := range kids {
				in[i] = to[k]
			}
			build := r.node
			if build == nil {
				build = op.Reapply
			}
			if n, err = build(old, in); err != nil {
				return nil, err
			}
			if name := givenName(old); name != "" && !slices.Contains(in, n) { // a node may be left out
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

// givenName is the name that somebody gave to a node, or empty: Name makes one up, from the ids of the node's children.
func givenName(n *gorgonia.Node) string {
	return reflect.ValueOf(n).Elem().FieldByName("name").String()
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
	out, err := rewrite{input: n.rebatched(batch)}.apply(n)
	return out, errors.Wrapf(err, "rebatch to %d", batch)
}

func (n *Network) rebatched(batch int) func(*gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
	data := nodeSet(n.Inputs)
	return func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
		s := old.Shape()
		if !data[old] {
			return s, old.Value(), nil
		}
		if len(s) == 0 {
			return nil, nil, errors.New("a scalar has no batch axis")
		}
		s[0] = batch
		return s, nil, nil
	}
}

// Inference returns the network as it is used for predictions: dropout is left out, batch norm uses its running
// statistics, also where they are Gorgonia's. Parameters and statistics share their memory.
func (n *Network) Inference() (*Network, error) {
	t := translation{net: n, form: toEvaluate}
	out, err := t.apply(rewrite{node: t.node(inferenceForm)})
	return out, errors.Wrap(err, "inference form")
}

// inferenceForm leaves dropout out and has batch norm use its running statistics.
func inferenceForm(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	if o, ok := old.Op().(*op.Operation); ok {
		if _, ok := o.Definition.(op.DropoutLayer); ok {
			return in[0], nil
		}
	}
	if _, ok := op.GorgoniaDropout(old.Op()); ok {
		return in[0], nil
	}
	if l, _ := activated(old); l != nil {
		if b, ok := l.(op.BatchNormLayer); ok {
			b.Eval = true
			return op.Apply(b, in...)
		}
	}
	return op.Reapply(old, in)
}

// Training returns the network as it is trained: batch norm uses the statistics of the batch, also where a file has it in
// its evaluation form. One of Gorgonia's becomes one of ours on the same running statistics, which are then States.
// Dropout that was left out does not come back. Parameters and states share their memory.
func (n *Network) Training() (*Network, error) {
	t := translation{net: n, form: toTrain}
	out, err := t.apply(rewrite{node: t.node(func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		if l, _ := activated(old); l != nil {
			if b, ok := l.(op.BatchNormLayer); ok {
				b.Eval = false
				return op.Apply(b, in...)
			}
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
	data := nodeSet(n.Inputs)
	made := copies{}
	t := translation{net: n, copy: made}
	out, err := t.apply(rewrite{node: t.node(op.Reapply), input: func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
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

func nodeSet(ns gorgonia.Nodes) map[*gorgonia.Node]bool {
	m := make(map[*gorgonia.Node]bool, len(ns))
	for _, n := range ns {
		m[n] = true
	}
	return m
}

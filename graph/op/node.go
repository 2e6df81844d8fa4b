package op

import (
	"reflect"

	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Set is the set of some nodes.
func Set(ns gorgonia.Nodes) map[*gorgonia.Node]bool {
	m := make(map[*gorgonia.Node]bool, len(ns))
	for _, n := range ns {
		m[n] = true
	}
	return m
}

// Order returns what the roots depend on, and the roots, each after its inputs. The order depends on the graph's structure
// alone, so that two builds of one graph agree. Inputs says what a node reads; nil means [Children]. A cycle is an error, and so is a version of
// Gorgonia whose nodes cannot be read.
func Order(roots gorgonia.Nodes, inputs func(*gorgonia.Node) gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := private.Err("Node"); err != nil {
		return nil, err
	}
	if inputs == nil {
		inputs = Children
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
		stack := []frame{{r, inputs(r)}}
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
				stack = append(stack, frame{k, inputs(k)})
			}
		}
	}
	return order, nil
}

// IsConstant tells whether an operation is a constant of Gorgonia's.
func IsConstant(o gorgonia.Op) bool {
	switch reflect.TypeOf(o).String() {
	case "gorgonia.constantScalar", "gorgonia.constantTensor", "*gorgonia.constantScalar", "*gorgonia.constantTensor":
		return true
	}
	return false
}

// LayerOf returns a node's operation where that is a layer with an activation of its own.
func LayerOf(n *gorgonia.Node) (Activated, Activation) {
	if o, ok := n.Op().(*Operation); ok {
		if l, ok := o.Definition.(Activated); ok {
			act, _ := l.Activation()
			return l, act
		}
	}
	return nil, Identity
}

// NodeCost is what one computed node takes.
func NodeCost(v *gorgonia.Node) (c Cost) {
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
	if know, err := Of(v.Op()); err == nil {
		if k, ok := know.(Coster); ok {
			c.MACs = k.MACs(shapes, v.Shape())
		}
	}
	return c
}

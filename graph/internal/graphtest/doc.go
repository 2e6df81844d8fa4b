// Package graphtest is for the tests of graph and of the packages below it: it builds graphs and networks out of seeded
// numbers, lists the patterns that every rewrite must survive, and compares values. It imports neither graph nor network,
// so that their own tests can use it.
package graphtest

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Net has the fields of network.Network, to which it converts.
type Net struct {
	Graph     *gorgonia.ExprGraph
	Inputs    gorgonia.Nodes
	Outputs   gorgonia.Nodes
	Params    gorgonia.Nodes
	States    gorgonia.Nodes
	Constants gorgonia.Nodes
	Integers  map[string]tensor.Dtype
}

// Param is the parameter, state or constant of that name, or nil.
func (n *Net) Param(name string) *gorgonia.Node {
	for _, v := range n.Tensors() {
		if v.Name() == name {
			return v
		}
	}
	return nil
}

// Tensors lists all that has a name and a value.
func (n *Net) Tensors() gorgonia.Nodes {
	return append(append(append(gorgonia.Nodes{}, n.Params...), n.States...), n.Constants...)
}

// Objective has the fields of network.Objective.
type Objective struct {
	*Net
	Target *gorgonia.Node
	Cost   *gorgonia.Node
	Grads  gorgonia.Nodes
}

package network

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

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
		one := op.NodeCost(v)
		c.MACs += one.MACs
		c.Bytes += one.Bytes
	}
	return c, nil
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

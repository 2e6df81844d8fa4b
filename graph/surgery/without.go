package surgery

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Without is the network with zeros in the place of units wherever they are summed, the simplest way to say what it is to
// be without them: masks and cuts are held against it. Parameters share their memory with the network.
func (c *Coupling) Without(units map[string][]int) (*network.Network, error) {
	gone, err := c.gone(units)
	if err != nil {
		return nil, errors.Wrap(err, "without units")
	}
	var added gorgonia.Nodes
	out, err := network.Rewrite{Node: func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		for _, s := range c.a.sinks {
			if s.node != old {
				continue
			}
			ones, err := c.a.onesBut(gone, s, in[s.arg])
			if err != nil {
				return nil, err
			}
			name := fmt.Sprintf("without#%d", len(added)+1)
			by := gorgonia.NewTensor(in[s.arg].Graph(), ones.Dtype(), ones.Dims(), gorgonia.WithName(name),
				gorgonia.WithShape(ones.Shape()...), gorgonia.WithValue(ones))
			added = append(added, by)
			if in[s.arg], err = op.Mul(in[s.arg], by); err != nil {
				return nil, err
			}
		}
		return op.Reapply(old, in)
	}}.Apply(c.a.net)
	if err != nil {
		return nil, errors.Wrap(err, "without units")
	}
	out.Constants = append(out.Constants, added...)
	return out, errors.Wrap(out.Validate(), "without units")
}

// onesBut is what x, which a node sums over, is multiplied by: a number for each index along the axis, 0 for what is gone.
func (a *analysis) onesBut(gone map[int]bool, s sink, x *gorgonia.Node) (*tensor.Dense, error) {
	shape := make([]int, x.Dims())
	for k := range shape {
		shape[k] = 1
	}
	shape[s.axis] = x.Shape()[s.axis]
	keep := make([]float64, shape[s.axis])
	for i := range keep {
		if !gone[a.root(s.activation, s.axis, i)] {
			keep[i] = 1
		}
	}
	return denseOf(x.Dtype(), keep, shape)
}

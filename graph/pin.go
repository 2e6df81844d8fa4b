package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

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
	if c.tape != nil {
		return c.tape.pin(c)
	}
	if c.outputs == nil { // a user's program may look at any node of its forward part
		backward, read := c.backward(), map[*value]bool{}
		for _, i := range slices.Backward(c.instrs) {
			i.out.pinned = i.out.pinned || !backward[i.out] || !read[i.out] // unread: the gradient of a node, asked for
			for _, v := range i.in {
				read[v] = true
			}
		}
	}
	taken := map[*value]bool{}
	for _, n := range c.graph.AllNodes() {
		v := c.values[n.Deriv()]
		if n.Op() != nil || v == nil {
			continue
		}
		v.pinned = true
		g := gradient{of: n, from: v}
		// Solvers scale and zero gradients in place. So a gradient that is also another input's, or a constant or an input
		// itself, is copied.
		if taken[v] || v.node.Op() == nil || op.IsConstant(v.node.Op()) {
			var err error
			if g.copy, err = op.NewBuffer(v.dtype, v.shape); err != nil {
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
			if d.Op() != nil && op.IsConstant(d.Op()) {
				costs = append(costs, n)
			} else {
				derived[d] = true
			}
		}
	}
	forward := map[*gorgonia.Node]bool{}
	if order, err := op.Order(costs, nil); err == nil {
		forward = op.Set(order)
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

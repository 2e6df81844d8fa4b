package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func isStatement(o gorgonia.Op) bool {
	switch typeName(o) {
	case "gorgonia.readOp", "gorgonia.letOp":
		return true
	}
	return false
}

// orderNodes walks the graph from what is wanted and writes one instruction for each computed node. What nothing wanted
// depends on is never reached.
func orderNodes(c *compilation) error {
	before, err := commonState(c.graph)
	if err != nil {
		return err
	}
	order, err := op.Order(c.wanted(), func(n *gorgonia.Node) gorgonia.Nodes {
		if slices.Contains(c.given, n) {
			return nil
		}
		if b := before[n]; b != nil {
			return append(slices.Clone(op.Children(n)), b)
		}
		return op.Children(n)
	})
	if err != nil {
		return err
	}
	for _, n := range order {
		kids := op.Children(n)
		if n.Op() != nil && isStatement(n.Op()) {
			if typeName(n.Op()) == "gorgonia.readOp" {
				into, err := private.ReadTarget(n.Op())
				if err != nil {
					return err
				}
				c.reads = append(c.reads, read{c.values[kids[0]], into})
			}
			continue
		}
		v := &value{node: n, shape: n.Shape(), dtype: n.Dtype()}
		c.values[n] = v
		switch {
		case n.Op() == nil || slices.Contains(c.given, n):
			c.inputs = append(c.inputs, v)
			continue
		case op.IsConstant(n.Op()):
			v.data = n.Value()
			if d, ok := v.data.(*tensor.Dense); ok {
				if v.data, err = op.Materialize(d); err != nil {
					return errors.Wrapf(err, "constant %q", n.Name())
				}
			}
			continue
		}
		ins := &instruction{node: n, op: n.Op(), out: v}
		for _, k := range kids {
			ins.in = append(ins.in, c.values[k])
		}
		if k := before[n]; k != nil {
			ins.after = append(ins.after, c.values[k])
		}
		c.noteSlice(ins)
		c.instrs = append(c.instrs, ins)
	}
	return nil
}

// wanted lists where the walk begins: the outputs, or every root where none are named; the gradients of inputs; Reads.
func (c *compilation) wanted() gorgonia.Nodes {
	all := c.graph.AllNodes()
	used := map[*gorgonia.Node]bool{}
	for _, n := range all {
		for _, k := range op.Children(n) {
			used[k] = true
		}
	}
	roots := slices.Clone(c.outputs)
	if c.tape != nil {
		for _, d := range c.tape.derivatives(all) {
			if c.nodes == nil || slices.Contains(c.nodes, d) {
				roots = append(roots, d)
			}
		}
	}
	if c.nodes != nil {
		if c.outputs == nil {
			roots = append(roots, c.nodes...)
		}
		return roots
	}
	for _, n := range all {
		switch {
		case n.Op() == nil && n.Deriv() != nil:
			if c.tape == nil || c.has(n.Deriv()) {
				roots = append(roots, n.Deriv())
			}
		case n.Op() != nil && typeName(n.Op()) == "gorgonia.readOp":
			roots = append(roots, n)
		case c.outputs != nil || n.Op() == nil || op.IsConstant(n.Op()):
		case n.Deriv() != nil || len(n.DerivOf()) > 0 || !used[n] && !isUnasked(n):
			// What was differentiated, or is a derivative, may have no users but gradients that nobody asked for.
			roots = append(roots, n)
		}
	}
	return roots
}

// has tells whether a node is of the graph: a subgraph lacks some that those of it know, such as their derivatives.
func (c *compilation) has(n *gorgonia.Node) bool { return n != nil && c.graph.Node(n.ID()) == n }

// isUnasked tells whether a node without users is the gradient of something that Grad was not asked about: Gorgonia
// builds the gradients of all inputs of an operation and marks them as a group.
func isUnasked(n *gorgonia.Node) bool {
	switch private.Group(n) {
	case "gradients", "undifferentiated nodes":
		return true
	}
	return false
}

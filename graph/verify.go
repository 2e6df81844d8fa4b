package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// verifying turns on the check between passes; the tests do.
var verifying = false

// verify checks what every pass may rely on and must leave behind: values are computed once and before they are read,
// operations of ours, which fusion puts in, fit their inputs and outputs, and what is visible is there.
func verify(c *compilation) error {
	known := map[*value]bool{}
	for _, v := range c.inputs {
		known[v] = true
	}
	made := map[*value]bool{}
	for _, i := range c.instrs {
		if i.out == nil || i.op == nil || i.node == nil {
			return errors.New("an instruction lacks its node, operation or output")
		}
		made[i.out] = true
	}
	for _, i := range c.instrs {
		for k, v := range i.in {
			if made[v] && !known[v] {
				return errors.Errorf("node %q reads input %d, %q, before it is computed", i.node.Name(), k, v.node.Name())
			}
			if !made[v] && !known[v] && v.data == nil {
				return errors.Errorf("node %q reads input %d, %q, which nothing computes", i.node.Name(), k, v.node.Name())
			}
		}
		if err := verifyShape(i); err != nil {
			return err
		}
		if known[i.out] {
			return errors.Errorf("node %q is computed twice", i.node.Name())
		}
		known[i.out] = true
	}
	for _, n := range c.outputs {
		if v := c.values[n]; v == nil || !known[v] && v.data == nil {
			return errors.Errorf("output %q is not computed", n.Name())
		}
	}
	for _, r := range c.reads {
		if !known[r.of] && r.of.data == nil {
			return errors.Errorf("node %q, which is read, is not computed", r.of.node.Name())
		}
	}
	for _, g := range c.grads {
		if !known[g.from] && g.from.data == nil {
			return errors.Errorf("the gradient of %q is not computed", g.of.Name())
		}
	}
	return nil
}

// verifyShape checks an operation of ours against what it reads and writes.
func verifyShape(i *instruction) error {
	o, ours := i.op.(*op.Operation)
	if !ours {
		return nil
	}
	if len(i.in) != o.Arity() {
		return errors.Errorf("node %q: %v reads %d values, not %d", i.node.Name(), o.Definition, o.Arity(), len(i.in))
	}
	in := shapes(i.in)
	s, err := o.Shape(in)
	if err != nil {
		return errors.Wrapf(err, "node %q", i.node.Name())
	}
	if !sameDims(s, i.out.shape) {
		return errors.Errorf("node %q: %v of %v gives %v, not %v", i.node.Name(), o.Definition, in, s, i.out.shape)
	}
	return nil
}

func shapes(vs []*value) []tensor.Shape {
	s := make([]tensor.Shape, len(vs))
	for i, v := range vs {
		s[i] = v.shape
	}
	return s
}

package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
)

// foldConstants computes, once and for all, what depends on constants alone; the size of an axis is one.
func foldConstants(c *compilation) error {
	constant := map[*value]bool{}
	for _, v := range c.values {
		if v.node.Op() != nil && isConstant(v.node.Op()) {
			constant[v] = true
		}
	}
	kept := c.instrs[:0:0]
	for _, i := range c.instrs {
		if !op.Pure(i.op) || !(op.Describe(i.op).Name == "size" || allIn(i.in, constant)) || i.out.pinned {
			kept = append(kept, i)
			continue
		}
		data, err := newBuffer(i.out.dtype, i.out.shape)
		if err != nil {
			kept = append(kept, i) // an exotic type: leave it to its own Do
			continue
		}
		once := &instruction{node: i.node, op: i.op, out: &value{node: i.node, data: data}}
		for _, v := range i.in {
			in := v
			if in.data == nil { // the size of something that is computed later: only its shape matters
				stand, err := newBuffer(v.dtype, v.shape)
				if err != nil {
					return errors.Wrapf(err, "node %q", i.node.Name())
				}
				in = &value{node: v.node, data: stand}
			}
			once.in = append(once.in, in)
		}
		if err := once.bind(); err != nil {
			return err
		}
		if err := once.kernel(); err != nil {
			return errors.Wrapf(err, "node %q", i.node.Name())
		}
		i.out.data = data
		constant[i.out] = true
	}
	c.instrs = kept
	return nil
}

func allIn(vs []*value, set map[*value]bool) bool {
	for _, v := range vs {
		if !set[v] {
			return false
		}
	}
	return true
}

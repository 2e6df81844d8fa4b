package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// foldConstants computes, once and for all, what depends on constants alone; the size of an axis is one.
func foldConstants(c *compilation) error {
	constant := map[*value]bool{}
	for _, v := range c.values {
		if v.node.Op() != nil && op.IsConstant(v.node.Op()) {
			constant[v] = true
		}
	}
	kept := c.instrs[:0:0]
	for _, i := range c.instrs {
		if !op.Pure(i.op) || !(isSize(i) || allIn(i.in, constant)) || i.out.pinned {
			kept = append(kept, i)
			continue
		}
		data, err := op.NewBuffer(i.out.dtype, i.out.shape)
		if err != nil || isSize(i) && !setNumber(data, sizeOf(i)) {
			kept = append(kept, i) // an exotic type: leave it to its own Do
			continue
		}
		i.out.data = data
		constant[i.out] = true
		if isSize(i) { // what it is the size of may not be known yet
			continue
		}
		once := &instruction{node: i.node, op: i.op, in: i.in, out: i.out}
		if err := once.bind(); err != nil {
			return err
		}
		if err := once.kernel(); err != nil {
			return errors.Wrapf(err, "node %q", i.node.Name())
		}
	}
	c.instrs = kept
	return nil
}

func isSize(i *instruction) bool { return op.KindOf(i.op) == op.KindSize }

func sizeOf(i *instruction) int {
	if s, axis := i.in[0].shape, op.Describe(i.op).Axis; axis < len(s) {
		return s[axis]
	}
	return 1
}

// setNumber stores n in a scalar; false where it is of another type.
func setNumber(v gorgonia.Value, n int) bool {
	switch v := v.(type) {
	case *gorgonia.F32:
		*v = gorgonia.F32(n)
	case *gorgonia.F64:
		*v = gorgonia.F64(n)
	case *gorgonia.I:
		*v = gorgonia.I(n)
	default:
		return false
	}
	return true
}

func allIn(vs []*value, set map[*value]bool) bool {
	for _, v := range vs {
		if !set[v] {
			return false
		}
	}
	return true
}

package graph

import (
	"github.com/gtrain/gtrain/graph/op"
)

// mergeEqual computes equal expressions once. Equal means the same function of the same values, compared as such and not
// by a hash. A value that must be visible on its own node, or that a gradient or a Read shows, is pinned and left alone.
func mergeEqual(c *compilation) error {
	byInput := map[*value][]*instruction{}
	replaced := map[*value]*value{}
	kept := c.instrs[:0:0]
	for _, i := range c.instrs {
		for k, v := range i.in {
			if r := replaced[v]; r != nil {
				i.in[k] = r
			}
		}
		if twin := equalTo(i, byInput); twin != nil && !i.out.pinned {
			replaced[i.out] = twin.out
			continue
		}
		if len(i.in) > 0 {
			byInput[i.in[0]] = append(byInput[i.in[0]], i)
		}
		kept = append(kept, i)
	}
	c.instrs = kept
	return nil
}

func equalTo(i *instruction, byInput map[*value][]*instruction) *instruction {
	if len(i.in) == 0 || !op.Pure(i.op) {
		return nil
	}
next:
	for _, j := range byInput[i.in[0]] {
		if len(i.in) != len(j.in) || i.out.dtype != j.out.dtype || !sameDims(i.out.shape, j.out.shape) || !op.SameOp(i.op, j.op) {
			continue
		}
		for k := range i.in {
			if i.in[k] != j.in[k] {
				continue next
			}
		}
		return j
	}
	return nil
}

func sameDims(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

package graph

import (
	"slices"
)

// scheduleLeaves runs what nothing else needs as soon as it can run. Gorgonia's order has the gradients of parameters
// last, the first layer's first, long after the gradient of each layer's output went out of the cache, and keeps all of
// these until then.
func scheduleLeaves(c *compilation) error {
	readers := map[*value][]*instruction{}
	for _, i := range c.instrs {
		for _, v := range slices.Concat(i.in, i.after) {
			readers[v] = append(readers[v], i)
		}
	}
	leaf := map[*instruction]bool{} // or read by one alone
	for _, i := range slices.Backward(c.instrs) {
		switch r := readers[i.out]; len(r) {
		case 0:
			leaf[i] = true
		case 1:
			leaf[i] = leaf[r[0]]
		}
	}
	type place struct {
		*instruction
		after int // the instruction that computes its last input
	}
	places := make([]place, len(c.instrs))
	at := map[*value]int{}
	for k, i := range c.instrs {
		p := place{i, k}
		if leaf[i] {
			p.after = -1
			for _, v := range slices.Concat(i.in, i.after) {
				if t, computed := at[v]; computed {
					p.after = max(p.after, t)
				}
			}
		}
		places[k], at[i.out] = p, p.after
	}
	slices.SortStableFunc(places, func(a, b place) int { return a.after - b.after })
	for k, p := range places {
		c.instrs[k] = p.instruction
	}
	return nil
}

package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
)

// chainFrom is the number of elements from which elementwise operations are chained: what is smaller stays in the cache
// by itself.
var chainFrom = 1 << 13

// chainElementwise joins elementwise operations of one shape into Chains: a value that nothing but the next operation
// reads is not worth writing to memory. Nothing is joined that would keep more values alive.
func chainElementwise(c *compilation) error {
	readers := map[*value]int{}
	for _, i := range c.instrs {
		for k, v := range i.in {
			if !slices.Contains(i.in[:k], v) {
				readers[v]++
			}
		}
	}
	made := map[*value]int{} // by the instruction at that index of kept
	kept := make([]*instruction, 0, len(c.instrs))
	for _, i := range c.instrs {
		if chainable(i) {
			for _, v := range i.in {
				at, ok := made[v]
				if !ok || readers[v] != 1 || v.pinned || !sameDims(v.shape, i.out.shape) || !chainable(kept[at]) {
					continue
				}
				if before := kept[at]; at == len(kept)-1 || costsNothing(before, made) {
					join(before, i, v)
					kept[at] = nil
					break
				}
			}
		}
		for len(kept) > 0 && kept[len(kept)-1] == nil {
			kept = kept[:len(kept)-1]
		}
		made[i.out] = len(kept)
		kept = append(kept, i)
	}
	c.instrs = slices.DeleteFunc(kept, func(i *instruction) bool { return i == nil })
	return nil
}

// steps is a chain already.
type steps interface{ Steps() []op.Step }

// chainable tells whether an instruction is one step, or is a chain already.
func chainable(i *instruction) bool {
	if i == nil || !isFloat(i.out.dtype) || i.out.shape.TotalSize() < chainFrom {
		return false
	}
	if _, ok := definition[steps](i); ok {
		return true
	}
	for _, v := range i.in {
		if v.dtype != i.out.dtype {
			return false
		}
	}
	return op.Chainable(i.op, i.out.shape, shapes(i.in)...)
}

// costsNothing tells whether an instruction may run later: instead of its result, at most one of its inputs is kept.
func costsNothing(i *instruction, made map[*value]int) bool {
	planned := 0
	for k, v := range i.in {
		if _, ok := made[v]; ok && inArena(v) && !slices.Contains(i.in[:k], v) {
			planned++
		}
	}
	return planned <= 1
}

// join makes one chain of two instructions in the place of the second, which reads v, the result of the first.
func join(first, second *instruction, v *value) {
	var in []*value
	index := func(w *value) int {
		k := slices.Index(in, w)
		if k < 0 {
			k = len(in)
			in = append(in, w)
		}
		return k
	}
	var all []op.Step
	add := func(i *instruction) { // second is no chain yet
		if c, ok := definition[steps](i); ok {
			for _, s := range c.Steps() {
				step := op.Step{Op: s.Op}
				for _, k := range s.In {
					if k != op.Previous {
						k = index(i.in[k])
					}
					step.In = append(step.In, k)
				}
				all = append(all, step)
			}
			return
		}
		step := op.Step{Op: i.op}
		for _, w := range i.in {
			if i == second && w == v {
				step.In = append(step.In, op.Previous)
			} else {
				step.In = append(step.In, index(w))
			}
		}
		all = append(all, step)
	}
	add(first)
	add(second)
	second.become(op.NewChain(all, len(in), second.out.shape), in...)
}

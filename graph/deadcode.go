package graph

// removeDead drops instructions that nothing visible depends on any more: fusion leaves them behind.
func removeDead(c *compilation) error {
	live := map[*value]bool{}
	kept := make([]*instruction, 0, len(c.instrs))
	for k := len(c.instrs) - 1; k >= 0; k-- {
		i := c.instrs[k]
		if !i.out.pinned && !live[i.out] {
			continue
		}
		for _, v := range i.in {
			live[v] = true
		}
		for _, v := range i.after {
			live[v] = true
		}
		kept = append(kept, i)
	}
	for l, r := 0, len(kept)-1; l < r; l, r = l+1, r-1 {
		kept[l], kept[r] = kept[r], kept[l]
	}
	c.instrs = kept
	return nil
}

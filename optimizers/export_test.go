package optimizers

// Unfuse has an optimizer go through its transforms one by one, and tells whether a fused kernel stood for them.
func Unfuse(o Optimizer) bool {
	e, err := o.(interface{ core() (*engine, error) }).core()
	if err != nil {
		panic(err)
	}
	was := e.chain.fused
	if was != nil {
		usedFusions[was] = true
	}
	e.chain.fused, e.chain.fusedLinks, e.chain.fusedSlots = nil, 0, 0
	return was != nil
}

var usedFusions = map[*fusion]bool{}

// UnusedFusions is how many rows of the table Unfuse has never seen.
func UnusedFusions() int { return len(fusions) - len(usedFusions) }

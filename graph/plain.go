package graph

import (
	"github.com/pkg/errors"
)

// Plain has a program compute what the graph says, operation by operation in the graph's order, with nothing folded,
// fused, frozen, merged or shared: slow, and what every other way to run the graph is held against. All of a forward
// graph's values are kept, so that it takes the memory of them all. No other option but [Dump] goes with it.
func Plain() Option { return option("Plain", func(c *compilation) { c.plain = true }) }

func (c *compilation) checkPlain() error {
	if c.plain && (c.foldNorm || c.frozen != nil || c.shared != nil || c.outputs != nil || c.given != nil) {
		return errors.New("compile: Plain goes with no other option")
	}
	return nil
}

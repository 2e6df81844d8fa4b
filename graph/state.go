package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// commonState finds operations that hold state in common, as a loss does whose gradient reads what the loss left in its
// own fields. No value ties them, so the order in which they run is Gorgonia's: each has the one that goes before it.
// Operations of ours, and those that are known to depend on their inputs alone, hold none.
func commonState(g *gorgonia.ExprGraph) (before map[*gorgonia.Node]*gorgonia.Node, err error) {
	holders := map[uintptr]gorgonia.Nodes{}
	common := false
	for _, n := range g.AllNodes() {
		if !mayHoldState(n.Op()) {
			continue
		}
		for p := range private.Held(n.Op()) {
			holders[p] = append(holders[p], n)
			common = common || len(holders[p]) > 1
		}
	}
	if !common {
		return nil, nil
	}
	group := map[*gorgonia.Node]*gorgonia.Node{} // union-find: towards the first of its group
	var first func(n *gorgonia.Node) *gorgonia.Node
	first = func(n *gorgonia.Node) *gorgonia.Node {
		if group[n] == nil || group[n] == n {
			return n
		}
		return first(group[n])
	}
	for _, ns := range holders {
		for _, n := range ns[1:] {
			if a, b := first(ns[0]), first(n); a != b {
				group[a] = b
			}
		}
	}
	sorted, err := gorgonia.Sort(g) // users first
	if err != nil {
		return nil, errors.Wrap(err, "sort")
	}
	before = map[*gorgonia.Node]*gorgonia.Node{}
	last := map[*gorgonia.Node]*gorgonia.Node{}
	for k := len(sorted) - 1; k >= 0; k-- {
		n := sorted[k]
		if !mayHoldState(n.Op()) {
			continue
		}
		of := first(n)
		if last[of] != nil {
			before[n] = last[of]
		}
		last[of] = n
	}
	return before, nil
}

func mayHoldState(o gorgonia.Op) bool {
	if o == nil || isStatement(o) || op.IsConstant(o) {
		return false
	}
	_, ours := o.(*op.Operation)
	return !ours && !op.Pure(o)
}

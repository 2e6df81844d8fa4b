package pruning

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/graph/surgery"
)

// spare takes units off a selection where nothing would be left of a slice or a branch of the network: the one of them that
// scored best stays, and a warning says so.
func (p *pruner) spare(list []candidate) ([]candidate, error) {
	if len(list) == 0 {
		return list, nil
	}
	c, err := p.analyse()
	if err != nil {
		return nil, err
	}
	dead, err := c.Masked() // what is masked already is as good as gone
	if err != nil {
		return nil, err
	}
	for {
		empty, err := p.emptied(c, dead, list)
		if err != nil || len(empty) == 0 {
			return list, err
		}
		first := empty[0]
		var on []candidate // what lies on it, the best first
		for _, u := range list {
			if slices.Contains(first.Units[u.layer], u.index) {
				on = append(on, u)
			}
		}
		slices.SortStableFunc(on, func(x, y candidate) int { return cmp.Compare(y.place, x.place) })
		best := on[0]
		for _, u := range on { // a position is no help where its channel goes
			now, err := p.emptied(c, dead, except(list, u))
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(now, func(e surgery.Emptied) bool { return e.Node == first.Node && e.Axis == first.Axis }) {
				best = u
				break
			}
		}
		list = except(list, best)
		p.kept = append(p.kept, fmt.Sprintf(
			"unit %d of layer %q stays: without it nothing would be left of axis %d of node %q", best.unit, best.layer,
			first.Axis, first.Node))
	}
}

// emptied lists axes that would lose all that is left of them by units of the list.
func (p *pruner) emptied(c *surgery.Coupling, dead map[string][]int, list []candidate) ([]surgery.Emptied, error) {
	gone := map[string][]int{}
	for layer, units := range dead {
		gone[layer] = slices.Clone(units)
	}
	for _, u := range list {
		gone[u.layer] = append(gone[u.layer], u.index)
	}
	all, err := c.Emptied(gone)
	return slices.DeleteFunc(all, func(e surgery.Emptied) bool {
		return !slices.ContainsFunc(list, func(u candidate) bool { return slices.Contains(e.Units[u.layer], u.index) })
	}), err
}

func except(list []candidate, u candidate) []candidate {
	return slices.DeleteFunc(slices.Clone(list), func(v candidate) bool { return v.layer == u.layer && v.index == u.index })
}

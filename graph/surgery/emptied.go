package surgery

import (
	"slices"
)

// Emptied is an axis of a node of which nothing would be left.
type Emptied struct {
	Node  string
	Axis  int
	Units map[string][]int // the units to be removed that lie on it, by group
}

// Emptied lists the axes, in the order of computation, that would have no index left if the given units were removed: a
// slice of a layer whose units would all go, or a branch. [Cut] refuses to cut those. Units are named by group and
// index.
func (c *Coupling) Emptied(removed map[string][]int) ([]Emptied, error) {
	gone, err := c.gone(removed)
	if err != nil {
		return nil, err
	}
	var out []Emptied
	for _, n := range c.a.order {
		for axis, size := range c.a.shape[n] {
			if size == 0 || len(c.a.left(n, axis, gone)) > 0 {
				continue
			}
			lies := map[int]bool{}
			for i := range size {
				lies[c.a.root(n, axis, i)] = true
			}
			e := Emptied{Node: n.Name(), Axis: axis, Units: map[string][]int{}}
			for _, name := range sortedKeys(removed) {
				for _, u := range c.Group(name).Units {
					if slices.Contains(removed[name], u.Index) && slices.ContainsFunc(u.roots, func(r int) bool { return lies[r] }) {
						e.Units[name] = append(e.Units[name], u.Index)
					}
				}
			}
			out = append(out, e)
		}
	}
	return out, nil
}

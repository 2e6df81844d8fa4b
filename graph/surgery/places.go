package surgery

import (
	"slices"

	"gorgonia.org/gorgonia"
)

// Place is an axis of an activation along which units are summed.
type Place struct {
	Activation *gorgonia.Node
	Axis       int
	Indices    []int // of the units
}

// Places lists where units end: the units themselves and what goes with them. Units are named by group and index.
func (c *Coupling) Places(units map[string][]int) ([]Place, error) {
	gone, err := c.gone(units)
	if err != nil {
		return nil, err
	}
	var out []Place
	for _, s := range c.a.sinks {
		p := Place{Activation: s.activation, Axis: s.axis}
		if slices.ContainsFunc(out, func(q Place) bool { return q.Activation == p.Activation && q.Axis == p.Axis }) {
			continue
		}
		for i := range c.a.shape[p.Activation][p.Axis] {
			if gone[c.a.root(p.Activation, p.Axis, i)] {
				p.Indices = append(p.Indices, i)
			}
		}
		if len(p.Indices) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

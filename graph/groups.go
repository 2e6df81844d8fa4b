package graph

import (
	"fmt"
	"strings"

	"gorgonia.org/gorgonia"
)

// result sorts the components of the analysis into groups: units are of one group if they occupy the same axes.
func (a *analysis) result(order gorgonia.Nodes) *Coupling {
	atoms := map[int][]Atom{} // by root
	c := &Coupling{}
	for _, n := range a.net.Named() {
		for axis, size := range a.shape[n] {
			for i := range size {
				r := a.find(a.base[n][axis] + i)
				atoms[r] = append(atoms[r], Atom{n.Name(), axis, i})
				if why, ok := a.why[r]; ok && i == 0 {
					c.Frozen = append(c.Frozen, FrozenAxis{n.Name(), axis, why})
				}
			}
		}
	}
	where := map[string]*Group{} // by the axes that the units occupy
	taken := map[int]bool{}
	for _, s := range a.sinks {
		base := a.base[s.activation][s.axis]
		joined := map[*Group]bool{}
		for i := range a.shape[s.activation][s.axis] {
			r := a.find(base + i)
			if _, frozen := a.why[r]; frozen || len(atoms[r]) == 0 {
				continue
			}
			key := signature(atoms[r])
			g := where[key]
			if g == nil {
				g = &Group{Activation: s.activation, Axis: s.axis, Name: a.layerName(order, s, base+i)}
				for k, name := 2, g.Name; c.Group(g.Name) != nil; k++ { // units are asked for by this name
					g.Name = fmt.Sprintf("%s#%d", name, k)
				}
				where[key] = g
				c.Groups = append(c.Groups, g)
			}
			if !taken[r] {
				taken[r] = true
				g.Units = append(g.Units, Unit{Index: i, Atoms: atoms[r]})
			}
			if !joined[g] {
				joined[g] = true
				g.sinks = append(g.sinks, s)
			}
		}
	}
	return c
}

// signature names the axes that a unit occupies, indices aside.
func signature(atoms []Atom) string {
	var b strings.Builder
	for _, a := range atoms {
		fmt.Fprintf(&b, "%s.%d;", a.Tensor, a.Axis)
	}
	return b.String()
}

// layerName is the name of the input whose features the units are, or of the first operation whose parameters hold them
// as outputs, or of these parameters, or of the activation.
func (a *analysis) layerName(order gorgonia.Nodes, s sink, atom int) string {
	root := a.find(atom)
	for _, in := range a.net.Inputs {
		for axis := range a.shape[in] {
			if a.holds(in, axis, root) {
				return in.Name()
			}
		}
	}
	params := nodeSet(a.net.Params)
	for _, n := range order {
		for _, k := range Children(n) {
			if !params[k] {
				continue
			}
			if last := len(a.shape[k]) - 1; last >= 0 && a.holds(k, last, root) {
				if name := givenName(n); name != "" {
					return name
				}
				if dot := strings.LastIndexByte(k.Name(), '.'); dot > 0 {
					return k.Name()[:dot]
				}
				return k.Name()
			}
		}
	}
	return s.activation.Name()
}

func (a *analysis) holds(n *gorgonia.Node, axis, root int) bool {
	for i := range a.shape[n][axis] {
		if a.find(a.base[n][axis]+i) == root {
			return true
		}
	}
	return false
}

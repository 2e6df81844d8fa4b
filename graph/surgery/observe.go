package surgery

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// observe chooses where a group's units are looked at: where they are summed, or else as late as possible.
func (a *analysis) observe(g *Group, common map[axisOf]bool, at map[int][]int) {
	rank := map[*gorgonia.Node]int{}
	for k, n := range a.order {
		rank[n] = k
	}
	sums := map[axisOf]int{}
	for k, s := range a.sinks {
		if p := (axisOf{s.activation, s.axis}); sums[p] == 0 {
			sums[p] = len(a.sinks) - k
		}
	}
	var watch axisOf
	for p := range common {
		if watch.node == nil || cmp.Or(sums[p]-sums[watch], rank[p.node]-rank[watch.node], p.axis-watch.axis) > 0 {
			watch = p
		}
	}
	g.Activation, g.Axis = watch.node, watch.axis
	seen := map[int][]int{} // by component, indices along the axis
	for i := range a.shape[watch.node][watch.axis] {
		r := a.root(watch.node, watch.axis, i)
		seen[r] = append(seen[r], i)
	}
	numberUnits(g.Units, seen)
	through := map[axisOf]bool{}
	for k := range g.Units {
		u := &g.Units[k]
		for _, r := range u.roots {
			for _, atom := range at[r] {
				if n, axis, _ := a.at(atom); n.Op() != nil && op.GivenName(n) != "" {
					through[axisOf{n, axis}] = true
				}
			}
		}
	}
	slices.SortFunc(g.Units, func(x, y Unit) int { return cmp.Compare(x.Index, y.Index) })
	for _, n := range a.order {
		for axis := range a.shape[n] {
			if through[axisOf{n, axis}] {
				g.Through = append(g.Through, AxisOf{n.Name(), axis})
			}
		}
	}
}

// numberUnits gives units their indices: along the first axis of a named tensor on which each lies once, so that those of a
// layer are the numbers of its columns or filters. Until then Index is the unit's component.
func numberUnits(units []Unit, seen map[int][]int) {
	axis := -1 // among those of the first unit's atoms
	for k, a := range units[0].Atoms {
		once := true
		for _, u := range units {
			n := 0
			for _, b := range u.Atoms {
				if b.Tensor == a.Tensor && b.Axis == a.Axis {
					n++
				}
			}
			once = once && n == 1
		}
		if once {
			axis = k
			break
		}
	}
	first := units[0].Atoms[max(axis, 0)]
	for k := range units {
		u := &units[k]
		u.At = seen[u.Index]
		u.Index = u.Atoms[slices.IndexFunc(u.Atoms, func(b Atom) bool {
			return b.Tensor == first.Tensor && b.Axis == first.Axis
		})].Index
	}
}

// layerName is the name of the input whose features the units are, or of the first operation that computes them from a
// parameter of theirs, or of that parameter, or of the first operation that they lie on, or of the layer that reads them.
func (a *analysis) layerName(s sink, d *draft) string {
	for _, in := range a.net.Inputs {
		if a.holds(in, d) {
			return in.Name()
		}
	}
	params := op.Set(a.net.Params)
	for _, n := range a.order {
		if n.Op() == nil || !a.holds(n, d) {
			continue
		}
		for _, k := range op.Children(n) {
			if !params[k] || !a.holds(k, d) {
				continue
			}
			if name := op.GivenName(n); name != "" {
				return name
			}
			return layerOf(k.Name())
		}
	}
	for _, n := range a.order {
		if name := op.GivenName(n); n.Op() != nil && name != "" && a.holds(n, d) {
			return name
		}
	}
	if name := op.GivenName(s.node); name != "" {
		return name + ".inputs"
	}
	return layerOf(s.weight.Name()) + ".inputs"
}

// layerOf is the layer's part of a parameter's name.
func layerOf(param string) string {
	if dot := strings.LastIndexByte(param, '.'); dot > 0 {
		return param[:dot]
	}
	return param
}

// holds tells whether a part of a unit lies on a node.
func (a *analysis) holds(n *gorgonia.Node, d *draft) bool {
	for axis := range a.shape[n] {
		for i := range a.shape[n][axis] {
			if _, ok := slices.BinarySearch(d.roots, a.root(n, axis, i)); ok {
				return true
			}
		}
	}
	return false
}

package surgery

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// axisOf is an axis of a node.
type axisOf struct {
	node *gorgonia.Node
	axis int
}

// draft is a unit that has no group yet.
type draft struct {
	start int   // the component that it begins with
	roots []int // its closure, ascending
	atoms []int // in named tensors, ascending
	key   string
}

// result finds the units and sorts them into groups: units are of one group if they occupy the same axes.
func (a *analysis) result() *Coupling {
	c := &Coupling{a: a}
	at := a.places()
	named := a.named()
	drafts, refused := a.drafts(at, named)
	by := map[int][]*draft{} // by component
	for _, d := range drafts {
		for _, r := range d.roots {
			by[r] = append(by[r], d)
		}
	}
	where := map[string][]*Group{}         // by the axes that the units occupy
	common := map[*Group]map[axisOf]bool{} // axes that every unit lies on by itself
	taken := map[*draft]bool{}
	for _, s := range a.sinks {
		for i := range a.shape[s.activation][s.axis] {
			for _, d := range by[a.root(s.activation, s.axis, i)] {
				if taken[d] {
					continue
				}
				taken[d] = true
				a.join(c, where, common, d, s, at)
			}
		}
	}
	for _, g := range c.Groups {
		a.observe(g, common[g], at)
	}
	covered := map[int]bool{}
	for _, d := range drafts {
		for _, r := range d.roots {
			covered[r] = true
		}
	}
	c.Frozen = a.frozen(covered, refused)
	return c
}

// places lists the atoms of each component.
func (a *analysis) places() map[int][]int {
	at := map[int][]int{}
	for atom := range a.parent {
		r := a.find(atom)
		at[r] = append(at[r], atom)
	}
	return at
}

// named is the number of atoms that lie in tensors with a name: those come first.
func (a *analysis) named() int {
	n := 0
	for _, t := range a.net.Named() {
		for _, size := range a.shape[t] {
			n += size
		}
	}
	return n
}

// drafts finds the units: closures that may go and that end in a sum. It also says, by component, why others must stay.
func (a *analysis) drafts(at map[int][]int, named int) ([]*draft, map[int]string) {
	refused := map[int]string{}
	seen := map[string]bool{}
	var out []*draft
	for _, r := range slices.Sorted(maps.Keys(at)) {
		gone, why := a.closure([]int{r}, true)
		if why != "" {
			refused[r] = why
			continue
		}
		d := &draft{start: r, roots: slices.Sorted(maps.Keys(gone))}
		summed := false
		for _, k := range d.roots {
			summed = summed || a.summed[k]
			for _, atom := range at[k] {
				if atom < named {
					d.atoms = append(d.atoms, atom)
				}
			}
		}
		if !summed || len(d.atoms) == 0 {
			continue
		}
		if key := fmt.Sprint(d.roots); !seen[key] {
			seen[key] = true
			if len(a.lies(at[r])) == 0 { // a slice of filters over a channel of padding
				refused[r] = "nothing that is computed lies along it, so that it has no activation"
				continue
			}
			slices.Sort(d.atoms)
			d.key = a.signature(d.atoms)
			out = append(out, d)
		}
	}
	// A channel comes before the positions that are a part of it.
	slices.SortStableFunc(out, func(x, y *draft) int { return cmp.Compare(len(y.roots), len(x.roots)) })
	return out, refused
}

// at says where an atom lies.
func (a *analysis) at(atom int) (n *gorgonia.Node, axis, i int) {
	k := sort.SearchInts(a.first, atom+1) - 1
	n = a.nodes[k]
	for axis = len(a.base[n]) - 1; a.base[n][axis] > atom; {
		axis--
	}
	return n, axis, atom - a.base[n][axis]
}

// signature names the axes that a unit occupies, indices aside.
func (a *analysis) signature(atoms []int) string {
	var b strings.Builder
	last := axisOf{}
	for _, atom := range atoms {
		n, axis, _ := a.at(atom)
		if now := (axisOf{n, axis}); now != last {
			fmt.Fprintf(&b, "%s.%d;", n.Name(), axis)
			last = now
		}
	}
	return b.String()
}

// join puts a unit into the group of its kind. All units of a group can be observed along one axis.
func (a *analysis) join(c *Coupling, where map[string][]*Group, common map[*Group]map[axisOf]bool, d *draft, s sink,
	at map[int][]int) {
	lies := a.lies(at[d.start])
	var g *Group
	for _, one := range where[d.key] {
		for p := range common[one] {
			if lies[p] {
				g = one
			}
		}
	}
	if g == nil {
		g = &Group{Name: a.layerName(s, d)}
		for k, name := 2, g.Name; c.Group(g.Name) != nil; k++ { // units are asked for by this name
			g.Name = fmt.Sprintf("%s#%d", name, k)
		}
		c.Groups = append(c.Groups, g)
		where[d.key] = append(where[d.key], g)
		common[g] = lies
	}
	maps.DeleteFunc(common[g], func(p axisOf, _ bool) bool { return !lies[p] })
	u := Unit{roots: d.roots, Index: d.start} // the index follows when the axis is known
	for _, atom := range d.atoms {
		n, axis, i := a.at(atom)
		u.Atoms = append(u.Atoms, Atom{n.Name(), axis, i})
	}
	g.Units = append(g.Units, u)
}

// lies are the axes of computed values and inputs that atoms lie on.
func (a *analysis) lies(atoms []int) map[axisOf]bool {
	lies := map[axisOf]bool{}
	for _, atom := range atoms {
		if n, axis, _ := a.at(atom); n.Op() != nil || slices.Contains(a.net.Inputs, n) {
			lies[axisOf{n, axis}] = true
		}
	}
	return lies
}

// frozen lists what no unit covers, axis by axis, with the reason of the first index.
func (a *analysis) frozen(covered map[int]bool, refused map[int]string) (out []FrozenAxis) {
	used := op.Set(a.order)
	for _, n := range a.net.Named() {
		for axis, size := range a.shape[n] {
			f := FrozenAxis{Tensor: n.Name(), Axis: axis, Size: size}
			for i := range size {
				r := a.root(n, axis, i)
				if covered[r] {
					continue
				}
				f.Count++
				switch {
				case f.Why != "":
				case refused[r] != "":
					f.Why = a.because(r, refused, 8)
				case !used[n]:
					f.Why = "no output depends on it"
				default:
					f.Why = "no product sums over it"
				}
			}
			if f.Count > 0 {
				out = append(out, f)
			}
		}
	}
	return out
}

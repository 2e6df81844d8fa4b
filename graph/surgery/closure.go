package surgery

import (
	"slices"
)

// ownership says that atoms go with their owner. A forward one leads from an operation's input to its output (a channel
// and its positions behind a flatten): what is left of the input may still be there when nothing of it is read. A
// backward one leads from an output to the input that it is cut from: without the input there is no output.
type ownership struct {
	owner   int
	owned   []int
	forward bool
}

// binding says that an atom goes only with one of its owners.
type binding struct {
	atom   int
	owners []int
	why    string
}

// index sorts by component what operations said by atom. Unions are over.
func (a *analysis) index() {
	a.summed, a.owner, a.owned, a.bound = map[int]bool{}, map[int][]int{}, map[int][]int{}, map[int][]int{}
	for _, s := range a.sinks {
		for i := range a.shape[s.activation][s.axis] {
			a.summed[a.root(s.activation, s.axis, i)] = true
		}
	}
	for k := range a.owns {
		o := &a.owns[k]
		o.owner = a.find(o.owner)
		for i, atom := range o.owned {
			o.owned[i] = a.find(atom)
		}
		slices.Sort(o.owned)
		o.owned = slices.Compact(o.owned)
		a.owner[o.owner] = append(a.owner[o.owner], k)
		for _, r := range o.owned {
			a.owned[r] = append(a.owned[r], k)
		}
	}
	for k := range a.bindings {
		g := &a.bindings[k]
		g.atom = a.find(g.atom)
		for i, o := range g.owners {
			g.owners[i] = a.find(o)
		}
		a.bound[g.atom] = append(a.bound[g.atom], k)
	}
}

// closure is everything that goes when the given components go; why is not empty where they must not go. With tidy, an
// owner goes too when nothing reads what is left of it.
func (a *analysis) closure(start []int, tidy bool) (gone map[int]bool, why string) {
	gone = map[int]bool{}
	left := map[int]int{} // by ownership: owned components that are still there
	queue := append([]int(nil), start...)
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		if gone[r] {
			continue
		}
		if w, frozen := a.why[r]; frozen {
			return nil, w
		}
		gone[r] = true
		for _, k := range a.owner[r] {
			queue = append(queue, a.owns[k].owned...)
		}
		for _, k := range a.owned[r] {
			if _, counted := left[k]; !counted {
				left[k] = len(a.owns[k].owned)
			}
			left[k]--
			if o := a.owns[k].owner; left[k] == 0 && (!a.owns[k].forward || tidy && a.unread(o, left)) {
				queue = append(queue, o)
			}
		}
	}
	if k := a.broken(gone); k >= 0 {
		return nil, a.bindings[k].why
	}
	return gone, ""
}

// broken finds the first binding that a removal does not keep, or −1.
func (a *analysis) broken(gone map[int]bool) int {
	first := -1
	for r := range gone {
		for _, k := range a.bound[r] {
			if b := a.bindings[k]; (first < 0 || k < first) && !slices.ContainsFunc(b.owners, func(o int) bool {
				return gone[o]
			}) {
				first = k
			}
		}
	}
	return first
}

// because explains why a component cannot go: where it is bound, why none of its owners can.
func (a *analysis) because(r int, refused map[int]string, depth int) string {
	if depth > 0 && a.why[r] == "" {
		for _, k := range a.bound[r] {
			if a.bindings[k].why != refused[r] {
				continue
			}
			for _, o := range a.bindings[k].owners {
				if refused[o] != "" {
					return a.because(o, refused, depth-1)
				}
			}
		}
	}
	return refused[r]
}

// unread tells whether nothing is left of what reads a component, so that it may go by itself.
func (a *analysis) unread(o int, left map[int]int) bool {
	if _, frozen := a.why[o]; frozen || a.summed[o] || len(a.bound[o]) > 0 {
		return false
	}
	for _, k := range a.owner[o] {
		if n, counted := left[k]; !a.owns[k].forward || !counted || n > 0 {
			return false
		}
	}
	return true
}

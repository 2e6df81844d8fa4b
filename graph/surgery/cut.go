package surgery

import (
	"maps"
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Keep gives, for a named tensor and an axis, the indices that stay, ascending. What is not mentioned stays whole.
type Keep map[string]map[int][]int

// KeepAll returns what stays of the network when the given units are removed. Units are named by group and index. What they
// own goes with them, and an owner that nothing reads any more.
func (c *Coupling) KeepAll(removed map[string][]int) (Keep, error) {
	gone, err := c.gone(removed)
	if err != nil {
		return nil, err
	}
	keep := Keep{}
	for _, n := range c.a.net.Named() {
		for axis, size := range c.a.shape[n] {
			stay := c.a.left(n, axis, gone)
			if len(stay) == size {
				continue
			}
			if keep[n.Name()] == nil {
				keep[n.Name()] = map[int][]int{}
			}
			keep[n.Name()][axis] = stay
		}
	}
	return keep, nil
}

// left lists the indices of an axis that stay.
func (a *analysis) left(n *gorgonia.Node, axis int, gone map[int]bool) []int {
	var stay []int
	for i := range a.shape[n][axis] {
		if !gone[a.root(n, axis, i)] {
			stay = append(stay, i)
		}
	}
	return stay
}

// named is the input or tensor of that name, or nil.
func named(n *network.Network, name string) *gorgonia.Node {
	for _, v := range n.Named() {
		if v.Name() == name {
			return v
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// Cut returns the network without the given units; see the function Cut.
func (c *Coupling) Cut(removed map[string][]int) (*network.Network, error) {
	keep, err := c.KeepAll(removed)
	if err != nil {
		return nil, errors.Wrap(err, "cut")
	}
	return Cut(c.a.net, keep)
}

// Cut removes what keep does not hold: it gathers the indices to keep of every tensor named and builds the forward graph
// again with the smaller tensors. What is left of an activation follows from the coupling; an operation that counts indices is made
// anew (op.Cutter). The network itself is unchanged; tensors that are not cut share their memory with it. It is an error
// to cut an axis to nothing, one that is frozen, or tensors that go together differently: the error names them.
func Cut(n *network.Network, keep Keep) (*network.Network, error) {
	c, err := newCutter(n, keep)
	if err != nil {
		return nil, errors.Wrap(err, "cut")
	}
	out, err := network.Rewrite{Input: c.input, Node: c.node}.Apply(n)
	return out, errors.Wrap(err, "cut")
}

// cutter is a removal in progress.
type cutter struct {
	a    *analysis
	keep Keep
	gone map[int]bool
}

func newCutter(n *network.Network, keep Keep) (*cutter, error) {
	a, err := analyse(n, PruneInputs(), PrunePositions())
	if err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(keep) {
		if named(n, name) == nil {
			return nil, errors.Errorf("the network has no tensor called %q", name)
		}
	}
	c := &cutter{a: a, keep: keep}
	by := map[int]string{} // tensor that a component is removed from, by root
	var start []int
	for _, v := range n.Named() {
		for _, axis := range slices.Sorted(maps.Keys(keep[v.Name()])) {
			idx := keep[v.Name()][axis]
			if err := checkKeep(a.shape[v], axis, idx); err != nil {
				return nil, errors.Wrapf(err, "tensor %q", v.Name())
			}
			for i := range a.shape[v][axis] {
				if _, stays := slices.BinarySearch(idx, i); stays {
					continue
				}
				r := a.root(v, axis, i)
				if why, frozen := a.why[r]; frozen {
					return nil, errors.Errorf("index %d of axis %d of %q must stay: %s", i, axis, v.Name(), why)
				}
				if by[r] == "" {
					by[r] = v.Name()
					start = append(start, r)
				}
			}
		}
	}
	var why string
	if c.gone, why = a.closure(start, false); why != "" { // perhaps what owns it goes too, and has no name
		c.gone, why = a.closure(start, true)
	}
	if why != "" {
		return nil, errors.Errorf("what is removed cannot go alone: %s", why)
	}
	return c, c.whole(n, by)
}

func firstOf(keep Keep) string { return sortedKeys(keep)[0] }

// whole checks that nothing of what goes together stays.
func (c *cutter) whole(n *network.Network, by map[int]string) error {
	for _, v := range n.Named() {
		for axis, size := range c.a.shape[v] {
			idx, cut := c.keep[v.Name()][axis]
			for i := range size {
				r := c.a.root(v, axis, i)
				if !c.gone[r] {
					continue
				}
				if _, stays := slices.BinarySearch(idx, i); stays || !cut {
					with := by[r]
					if with == "" { // it is owned by what goes
						with = firstOf(c.keep)
					}
					return errors.Errorf("index %d of axis %d of %q is to stay, but goes with what is removed from %q", i, axis,
						v.Name(), with)
				}
			}
		}
	}
	for _, v := range c.a.order {
		for axis, size := range c.a.shape[v] {
			if size > 0 && len(c.a.left(v, axis, c.gone)) == 0 {
				return errors.Errorf("nothing would be left of axis %d of node %q", axis, v.Name())
			}
		}
	}
	return nil
}

// input gathers a tensor.
func (c *cutter) input(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
	shape, v := old.Shape(), old.Value()
	axes := c.keep[old.Name()]
	for axis, idx := range axes {
		shape[axis] = len(idx)
	}
	if len(axes) == 0 || v == nil {
		return shape, v, nil
	}
	d, ok := v.(*tensor.Dense)
	if !ok {
		return nil, nil, errors.Errorf("a %T cannot be cut", v)
	}
	for _, axis := range slices.Sorted(maps.Keys(axes)) { // in order, for the same bits each time
		var err error
		if d, err = Gather(d, axis, axes[axis]); err != nil {
			return nil, nil, err
		}
	}
	return shape, d, nil
}

// node applies an operation to cut inputs, and checks that the result is what the coupling promised.
func (c *cutter) node(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	k := &kept{c, old, op.Children(old)}
	if !k.cuts() {
		return op.Reapply(old, in)
	}
	know, err := op.Of(old.Op())
	if err != nil {
		return nil, errors.Wrapf(err, "node %q cannot be cut", old.Name())
	}
	var n *gorgonia.Node
	if cut, ok := know.(op.Cutter); ok {
		n, err = cut.Cut(in, k)
		err = errors.Wrapf(err, "node %q", old.Name())
	} else {
		n, err = op.Reapply(old, in)
	}
	if err != nil {
		return nil, err
	}
	want := make(tensor.Shape, len(c.a.shape[old]))
	for axis := range want {
		want[axis] = len(k.Keep(op.Out(axis)))
	}
	if !n.Shape().Eq(want) {
		return nil, errors.Errorf("node %q has shape %v after the cut, where %v was expected", old.Name(), n.Shape(), want)
	}
	return n, nil
}

// kept implements op.Kept for one node.
type kept struct {
	c    *cutter
	node *gorgonia.Node
	kids gorgonia.Nodes
}

func (k *kept) arg(i int) *gorgonia.Node {
	if i == op.Output {
		return k.node
	}
	return k.kids[i]
}

// Dims implements op.Kept.
func (k *kept) Dims(arg int) tensor.Shape { return k.c.a.shape[k.arg(arg)].Clone() }

// Keep implements op.Kept.
func (k *kept) Keep(x op.Axis) []int { return k.c.a.left(k.arg(x.Arg), x.Axis, k.c.gone) }

// cuts tells whether anything of the operation's axes goes.
func (k *kept) cuts() bool {
	for arg := op.Output; arg < len(k.kids); arg++ {
		for axis, size := range k.c.a.shape[k.arg(arg)] {
			if len(k.Keep(op.Axis{Arg: arg, Axis: axis})) < size {
				return true
			}
		}
	}
	return false
}

func checkKeep(shape tensor.Shape, axis int, idx []int) error {
	if axis < 0 || axis >= len(shape) {
		return errors.Errorf("shape %v has no axis %d", shape, axis)
	}
	if len(idx) == 0 {
		return errors.Errorf("nothing would be left of axis %d", axis)
	}
	last := -1
	for _, i := range idx {
		if i <= last || i >= shape[axis] {
			return errors.Errorf("indices to keep of axis %d must ascend within [0, %d)", axis, shape[axis])
		}
		last = i
	}
	return nil
}

package graph

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Coupling says which indices of which tensors of a network live and die together.
type Coupling struct {
	Groups []*Group
	Frozen []FrozenAxis
}

// Group is a layer in the sense of pruning: units of the same kind, one for each index of an activation's axis.
type Group struct {
	Name       string         // of the layer that computes the units
	Activation *gorgonia.Node // where a unit's value can be observed, and masked: what the next operation sums over
	Axis       int            // the units' axis of Activation
	Units      []Unit         // by index along Axis
	sinks      []sink         // every place where a unit's value is summed into something
}

// Unit is one removable index: everything that goes when it goes.
type Unit struct {
	Index int    // along the group's axis
	Atoms []Atom // in parameters, constants and inputs
}

// Atom is one index of one axis of a named tensor.
type Atom struct {
	Tensor string
	Axis   int
	Index  int
}

// FrozenAxis is an axis that cannot be pruned, and why.
type FrozenAxis struct {
	Tensor string
	Axis   int
	Why    string
}

// sink is where an activation ends: as an argument of a node that contracts it with a weight.
type sink struct {
	node       *gorgonia.Node
	arg        int
	activation *gorgonia.Node
	axis       int
	weight     *gorgonia.Node
	weightAxis int
}

// AnalyseOption changes what Analyse may prune.
type AnalyseOption func(*analysis)

// PruneInputs lets input features be units like any other.
func PruneInputs() AnalyseOption { return func(a *analysis) { a.inputs = true } }

// Analyse computes the coupling of a network by union-find over atoms (tensor, axis, index): each operation states
// which atoms it ties, and a component that touches no frozen atom and ends in at least one contraction is a unit.
// An operation that is not known freezes everything that it touches, and says so.
func Analyse(net *Network, opts ...AnalyseOption) (*Coupling, error) {
	a, order, err := analyse(net, opts...)
	if err != nil {
		return nil, err
	}
	return a.result(order), nil
}

func analyse(net *Network, opts ...AnalyseOption) (*analysis, gorgonia.Nodes, error) {
	order, err := net.Order()
	if err != nil {
		return nil, nil, err
	}
	a := &analysis{net: net, base: map[*gorgonia.Node][]int{}, shape: map[*gorgonia.Node]tensor.Shape{},
		why: map[int]string{}}
	for _, o := range opts {
		o(a)
	}
	for _, n := range append(net.Named(), order...) {
		a.add(n)
	}
	for _, in := range net.Inputs {
		for axis := range a.shape[in] {
			if axis == 0 || !a.inputs {
				a.freeze(in, axis, map[bool]string{true: "it is the batch", false: "it is an input of the network"}[axis == 0])
			}
		}
	}
	for _, out := range net.Outputs {
		for axis := range a.shape[out] {
			a.freeze(out, axis, "it is an output of the network")
		}
	}
	for _, n := range order {
		kids := Children(n)
		if n.Op() == nil || len(kids) == 0 {
			continue
		}
		t := &ties{a: a, node: n, kids: kids}
		know, err := op.Of(n.Op())
		c, ok := know.(op.Coupler)
		if err != nil || !ok {
			why := fmt.Sprintf("op %v of node %q is not known to the pruner", n.Op(), n.Name())
			for arg := -1; arg < len(kids); arg++ {
				for axis := range t.Dims(arg) {
					t.Freeze(op.Axis{Arg: arg, Axis: axis}, why)
				}
			}
			continue
		}
		c.Couple(t)
		if t.err != nil {
			return nil, nil, errors.Wrapf(t.err, "coupling of node %q", n.Name())
		}
	}
	return a, order, nil
}

type analysis struct {
	net    *Network
	inputs bool
	nodes  gorgonia.Nodes
	base   map[*gorgonia.Node][]int // first atom of each axis
	shape  map[*gorgonia.Node]tensor.Shape
	parent []int
	why    map[int]string // reasons, by root
	sinks  []sink
}

func (a *analysis) add(n *gorgonia.Node) {
	if a.base[n] != nil || a.shape[n] != nil {
		return
	}
	s := n.Shape()
	a.nodes = append(a.nodes, n)
	a.shape[n] = s
	bases := make([]int, len(s))
	for i, size := range s {
		bases[i] = len(a.parent)
		for range size {
			a.parent = append(a.parent, len(a.parent))
		}
	}
	a.base[n] = bases
}

func (a *analysis) find(i int) int {
	for a.parent[i] != i {
		a.parent[i] = a.parent[a.parent[i]]
		i = a.parent[i]
	}
	return i
}

// union keeps the smaller root, so that the result does not depend on the order of ties.
func (a *analysis) union(i, j int) {
	i, j = a.find(i), a.find(j)
	if i == j {
		return
	}
	if j < i {
		i, j = j, i
	}
	a.parent[j] = i
	if w, ok := a.why[j]; ok {
		if _, has := a.why[i]; !has {
			a.why[i] = w
		}
		delete(a.why, j)
	}
}

func (a *analysis) freeze(n *gorgonia.Node, axis int, why string) {
	for i := range a.shape[n][axis] {
		r := a.find(a.base[n][axis] + i)
		if _, ok := a.why[r]; !ok {
			a.why[r] = why
		}
	}
}

// ties is what an operation speaks to.
type ties struct {
	a    *analysis
	node *gorgonia.Node
	kids gorgonia.Nodes
	err  error
}

func (t *ties) arg(i int) *gorgonia.Node {
	if i == op.Output {
		return t.node
	}
	if i < len(t.kids) {
		return t.kids[i]
	}
	return nil
}

func (t *ties) Dims(arg int) tensor.Shape {
	if n := t.arg(arg); n != nil {
		return t.a.shape[n]
	}
	return nil
}

func (t *ties) Tie(x, y op.Axis) {
	nx, ny := t.arg(x.Arg), t.arg(y.Arg)
	sx, sy := t.a.shape[nx], t.a.shape[ny]
	if x.Axis >= len(sx) || y.Axis >= len(sy) || sx[x.Axis] != sy[y.Axis] {
		t.err = errors.Errorf("axis %d of %q %v and axis %d of %q %v do not match", x.Axis, nx.Name(), sx, y.Axis, ny.Name(),
			sy)
		return
	}
	for i := range sx[x.Axis] {
		t.a.union(t.a.base[nx][x.Axis]+i, t.a.base[ny][y.Axis]+i)
	}
}

func (t *ties) TieRange(x op.Axis, i int, y op.Axis, j, n int) {
	nx, ny := t.arg(x.Arg), t.arg(y.Arg)
	if !t.has(nx, x.Axis, i, n) || !t.has(ny, y.Axis, j, n) {
		return
	}
	for k := range n {
		t.a.union(t.a.base[nx][x.Axis]+i+k, t.a.base[ny][y.Axis]+j+k)
	}
}

func (t *ties) has(n *gorgonia.Node, axis, i, count int) bool {
	s := t.a.shape[n]
	if axis < len(s) && i >= 0 && i+count <= s[axis] {
		return true
	}
	t.err = errors.Errorf("indices %d to %d of axis %d of %q %v are not there", i, i+count-1, axis, n.Name(), s)
	return false
}

// Own ties both ways: a unit is an owner with all that it owns.
func (t *ties) Own(x op.Axis, i int, y op.Axis, owned []int) {
	nx, ny := t.arg(x.Arg), t.arg(y.Arg)
	if !t.has(nx, x.Axis, i, 1) {
		return
	}
	for _, j := range owned {
		if !t.has(ny, y.Axis, j, 1) {
			return
		}
		t.a.union(t.a.base[nx][x.Axis]+i, t.a.base[ny][y.Axis]+j)
	}
}

// Bound has nothing to add where what is owned is tied to its owner.
func (t *ties) Bound(op.Axis, string) {}

func (t *ties) Contract(x, w op.Axis) {
	t.Tie(x, w)
	t.Sum(x, w)
}

func (t *ties) Sum(x, w op.Axis) {
	t.a.sinks = append(t.a.sinks, sink{t.node, x.Arg, t.arg(x.Arg), x.Axis, t.arg(w.Arg), w.Axis})
}

func (t *ties) Freeze(x op.Axis, why string) {
	if n := t.arg(x.Arg); n != nil && x.Axis < len(t.a.shape[n]) {
		t.a.freeze(n, x.Axis, why)
	}
}

// Group returns the group of that name, or nil.
func (c *Coupling) Group(name string) *Group {
	for _, g := range c.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

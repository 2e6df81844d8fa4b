package surgery

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Coupling says which indices of which tensors of a network live and die together. It belongs to that network: what it
// masks, cuts or folds is always the network that Analyze was given.
type Coupling struct {
	Groups []*Group
	Frozen []FrozenAxis
	a      *analysis
}

// Network is what was analyzed.
func (c *Coupling) Network() *network.Network {
	if c.made() != nil {
		return nil
	}
	return c.a.net
}

// made checks that Analyze has made the coupling.
func (c *Coupling) made() error {
	if c == nil || c.a == nil {
		return errors.New("there is no coupling; Analyze makes one")
	}
	return nil
}

// Group is a layer in the sense of pruning: units that occupy the same axes.
type Group struct {
	Name       string         // of the layer that computes the units
	Activation *gorgonia.Node // where a unit's value can be observed
	Axis       int            // the units' axis of Activation
	Units      []Unit         // by Index, ascending
	Through    []AxisOf       // named activations that the units lie on
}

// Unit is one removable index: everything that goes when it goes.
type Unit struct {
	Index int    // of the layer's column or filter that computes it
	At    []int  // where it lies along the group's axis: in several places where channels are tied to each other
	Atoms []Atom // in inputs, parameters, states and constants
	roots []int  // components that go
}

// Atom is one index of one axis of a named tensor.
type Atom struct {
	Tensor string
	Axis   int
	Index  int
}

// AxisOf is an axis of a named node.
type AxisOf struct {
	Node string
	Axis int
}

// FrozenAxis is an axis that cannot be pruned, or not as a whole, and why.
type FrozenAxis struct {
	Tensor string
	Axis   int
	Count  int // indices that must stay
	Size   int // of all
	Why    string
}

// AnalyzeOption changes what Analyze may prune.
type AnalyzeOption func(*analysis)

// PruneInputs lets input features be units like any other.
func PruneInputs() AnalyzeOption { return func(a *analysis) { a.inputs = true } }

// PrunePositions lets single positions behind a flatten be units of their own, next to the channels that own them. A
// selection is inserted where the flatten was.
func PrunePositions() AnalyzeOption { return func(a *analysis) { a.positions = true } }

// Analyze computes the coupling of a network by union-find over atoms (tensor, axis, index): each operation states
// which atoms it ties and which own others. What goes with a component is its closure: the components that it owns, and
// an owner that has lost all it owned. A closure that touches no frozen atom, takes nothing that is bound to an owner
// that stays, and ends in at least one sum is a unit. An operation that is not known freezes everything that it touches,
// and says so.
func Analyze(net *network.Network, opts ...AnalyzeOption) (*Coupling, error) {
	a, err := analyse(net, opts...)
	if err != nil {
		return nil, err
	}
	return a.result(), nil
}

func analyse(net *network.Network, opts ...AnalyzeOption) (*analysis, error) {
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	a := &analysis{net: net, order: order, base: map[*gorgonia.Node][]int{}, shape: map[*gorgonia.Node]tensor.Shape{},
		why: map[int]string{}}
	for _, o := range opts {
		o(a)
	}
	for _, n := range append(net.Named(), order...) {
		a.add(n)
	}
	for _, in := range net.Inputs {
		for axis := range a.shape[in] {
			switch {
			case axis == 0:
				a.freeze(in, axis, fmt.Sprintf("input %q: it is the batch", in.Name()))
			case !a.inputs:
				a.freeze(in, axis, fmt.Sprintf("input %q: it is an input of the network", in.Name()))
			}
		}
	}
	for _, out := range net.Outputs {
		for axis := range a.shape[out] {
			a.freeze(out, axis, fmt.Sprintf("output %q: it is an output of the network", out.Name()))
		}
	}
	for _, n := range order {
		kids := op.Children(n)
		if n.Op() == nil || len(kids) == 0 {
			continue
		}
		t := &ties{a: a, node: n, kids: kids, owners: map[int][]int{}}
		know, err := op.Of(n.Op())
		if errors.Is(err, private.ErrMissing) {
			return nil, errors.Wrapf(err, "node %q", n.Name())
		}
		c, ok := know.(op.Coupler)
		if err != nil || !ok {
			t.freezeAll(fmt.Sprintf("op %v is not known to the pruner", n.Op()))
			continue
		}
		c.Couple(t)
		if t.err != nil {
			return nil, errors.Wrapf(t.err, "coupling of node %q", n.Name())
		}
		t.bind()
	}
	a.index()
	return a, nil
}

// analysis is the union-find, and what else operations said.
type analysis struct {
	net               *network.Network
	inputs, positions bool
	order             gorgonia.Nodes
	base              map[*gorgonia.Node][]int // first atom of each axis
	shape             map[*gorgonia.Node]tensor.Shape
	nodes             gorgonia.Nodes
	first             []int // atom of each of nodes; ascending
	parent            []int
	why               map[int]string // why a component is frozen, by root
	sinks             []sink
	owns              []ownership
	bindings          []binding

	// Filled by index, by root.
	summed map[int]bool
	owner  map[int][]int // ownerships whose owner it is
	owned  map[int][]int // ownerships that it is owned by
	bound  map[int][]int
}

// sink is where an activation ends: as an argument of a node that sums over it against a weight.
type sink struct {
	node       *gorgonia.Node
	arg        int
	activation *gorgonia.Node
	axis       int
	weight     *gorgonia.Node
	weightAxis int
}

func (a *analysis) add(n *gorgonia.Node) {
	if _, known := a.base[n]; known {
		return
	}
	s := n.Shape()
	a.nodes, a.first = append(a.nodes, n), append(a.first, len(a.parent))
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

// root is the component of an index of an axis.
func (a *analysis) root(n *gorgonia.Node, axis, i int) int { return a.find(a.base[n][axis] + i) }

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
		r := a.root(n, axis, i)
		if _, ok := a.why[r]; !ok {
			a.why[r] = why
		}
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

// roots are the components of some units, named by group and index.
func (c *Coupling) roots(units map[string][]int) ([]int, error) {
	var start []int
	for _, name := range sortedKeys(units) {
		g := c.Group(name)
		if g == nil {
			return nil, errors.Errorf("no prunable layer is called %q", name)
		}
		byIndex := map[int]Unit{}
		for _, u := range g.Units {
			byIndex[u.Index] = u
		}
		for _, i := range units[name] {
			u, ok := byIndex[i]
			if !ok {
				return nil, errors.Errorf("layer %q has no prunable unit %d", name, i)
			}
			start = append(start, u.roots...)
		}
	}
	return start, nil
}

// gone are the components that go when some units do.
func (c *Coupling) gone(units map[string][]int) (map[int]bool, error) {
	if err := c.made(); err != nil {
		return nil, err
	}
	start, err := c.roots(units)
	if err != nil {
		return nil, err
	}
	gone, why := c.a.closure(start, true)
	if why != "" {
		return nil, errors.New(why)
	}
	return gone, nil
}

// Gone lists, by group, the units that go when the given ones are removed: these, and others whose every part goes with
// them, as the positions behind a flatten go with their channel.
func (c *Coupling) Gone(units map[string][]int) (map[string][]int, error) {
	gone, err := c.gone(units)
	if err != nil {
		return nil, err
	}
	out := map[string][]int{}
	for _, g := range c.Groups {
		for _, u := range g.Units {
			if allGone(u.roots, gone) {
				out[g.Name] = append(out[g.Name], u.Index)
			}
		}
	}
	return out, nil
}

func allGone(roots []int, gone map[int]bool) bool {
	for _, r := range roots {
		if !gone[r] {
			return false
		}
	}
	return true
}

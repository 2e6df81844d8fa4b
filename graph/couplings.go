package graph

import (
	"fmt"
	"strings"

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
	a := &analysis{net: net, base: map[*gorgonia.Node][]int{}, shape: map[*gorgonia.Node]tensor.Shape{}, why: map[int]string{}}
	for _, o := range opts {
		o(a)
	}
	for _, list := range []gorgonia.Nodes{net.Inputs, net.Params, net.Constants, order} {
		for _, n := range list {
			a.add(n)
		}
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
		kids := Children(net.Graph, n)
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
		t.err = errors.Errorf("axis %d of %q %v and axis %d of %q %v do not match", x.Axis, nx.Name(), sx, y.Axis, ny.Name(), sy)
		return
	}
	for i := range sx[x.Axis] {
		t.a.union(t.a.base[nx][x.Axis]+i, t.a.base[ny][y.Axis]+i)
	}
}

func (t *ties) Contract(x, w op.Axis) {
	t.Tie(x, w)
	t.a.sinks = append(t.a.sinks, sink{t.node, x.Arg, t.arg(x.Arg), x.Axis, t.arg(w.Arg), w.Axis})
}

func (t *ties) Freeze(x op.Axis, why string) {
	if n := t.arg(x.Arg); n != nil && x.Axis < len(t.a.shape[n]) {
		t.a.freeze(n, x.Axis, why)
	}
}

func (a *analysis) result(order gorgonia.Nodes) *Coupling {
	named := gorgonia.Nodes{}
	for _, list := range []gorgonia.Nodes{a.net.Inputs, a.net.Params, a.net.Constants} {
		named = append(named, list...)
	}
	atoms := map[int][]Atom{} // by root
	c := &Coupling{}
	for _, n := range named {
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
		for _, k := range Children(a.net.Graph, n) {
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

// Group returns the group of that name, or nil.
func (c *Coupling) Group(name string) *Group {
	for _, g := range c.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

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

// root is the component of an index of an axis.
func (a *analysis) root(n *gorgonia.Node, axis, i int) int { return a.find(a.base[n][axis] + i) }

package surgery

import (
	"github.com/gtrain/gtrain/graph/network"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Coupling says which indices of which tensors of a network can only go together. It belongs to that network: what it
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

package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Machine runs a graph as Gorgonia's TapeMachine does, and keeps its promises: after RunAll every node that the program
// can reach has its Value and its Grad, and a value belongs to the caller, who may keep it over the next run. With
// gorgonia.BindDualValues gradients add up until a Solver zeroes them. docs/gorgonia.md lists what differs, and why.
//
// That costs a copy of every value at each run. [Compile] with [Outputs] is several times as fast.
//
// A Machine is for one goroutine at a time. Machines of different graphs may run at the same time.
type Machine struct{ *Program }

var _ gorgonia.VM = (*Machine)(nil)

// NewMachine replaces gorgonia.NewTapeMachine in an existing program; it takes the same options and those of Compile.
// As gorgonia.NewTapeMachine does, it puts operations that have a training form into that form, or into the other one with
// EvalMode. An error of the compilation is returned by the first RunAll.
//
// With [Outputs] only the nodes named there, the gradients of inputs and those of BindDualValues are computed and bound.
func NewMachine(g *gorgonia.ExprGraph, opts ...Option) *Machine {
	p, err := newMachine(g, opts)
	if err != nil {
		p = &Program{compilation: compilation{graph: g}, err: errors.Wrap(err, "machine")}
	}
	return &Machine{p}
}

func newMachine(g *gorgonia.ExprGraph, opts []Option) (*Program, error) {
	if g == nil {
		return nil, errors.New("the graph is nil")
	}
	c := compilation{graph: g}
	t, err := c.apply(opts)
	if err != nil {
		return nil, err
	}
	c.nodes = t.nodes
	if len(t.nodes) > 0 {
		c.graph = t.nodes[0].Graph()
	}
	c.tape = &tape{tapeOptions: t, watches: t.nan || t.inf || t.logger != nil && (t.watchAll || t.watched != nil || t.watchedIDs != nil)}
	if err := c.setTraining(!t.eval); err != nil {
		return nil, err
	}
	return compileGraph(c)
}

// Let binds a value to a node of the machine's graph, as gorgonia.Let does.
func (m *Machine) Let(n *gorgonia.Node, value any) error {
	if err := m.owns(n); err != nil {
		return err
	}
	return errors.Wrapf(gorgonia.Let(n, value), "node %q", n.Name())
}

// Set binds the value that b has at present to a.
func (m *Machine) Set(a, b *gorgonia.Node) error {
	for _, n := range []*gorgonia.Node{a, b} {
		if err := m.owns(n); err != nil {
			return err
		}
	}
	v := b.Value()
	if v == nil {
		return errors.Wrapf(ErrNoValue, "node %q: run the machine first, or bind one", b.Name())
	}
	return errors.Wrapf(gorgonia.UnsafeLet(a, v), "node %q", a.Name())
}

func (m *Machine) owns(n *gorgonia.Node) error {
	if m.graph == nil || !m.compilation.has(n) {
		return errors.Errorf("node %v is not of the machine's graph", n)
	}
	return nil
}

// setTraining puts operations that have a training form into it, or out of it, and gives values the engine of a Machine.
func (c *compilation) setTraining(training bool) error {
	nodes := c.nodes
	if nodes == nil {
		nodes = c.graph.AllNodes()
	}
	for _, n := range nodes {
		if d, ok := n.Value().(*tensor.Dense); ok && c.tape != nil {
			c.tape.engine(d)
		}
		if o, ok := n.Op().(gorgonia.TrainModeOp); ok {
			if err := o.SetTraining(training); err != nil {
				return errors.Wrapf(err, "node %q", n.Name())
			}
		}
	}
	return nil
}

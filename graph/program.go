package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Program is a compiled graph: a gorgonia.VM that runs it synchronously in memory that was allocated once.
//
// After RunAll a node's result is its Value and an input's gradient is its Grad, as with Gorgonia's own machines, so
// any Solver works.
//
// A Program is for one goroutine at a time. Programs of different graphs may run at the same time; those that share
// parameters only if these are frozen (FrozenTo), for values and gradients are written into the nodes and tensors.
type Program struct {
	compilation
	err error // of a compilation that NewMachine could not report
	pc  int   // instruction that is running, for errors

	caller workers.Caller
}

var _ gorgonia.VM = (*Program)(nil)

// ErrNoValue is the cause of the error when an input node has no value at a run.
var ErrNoValue = errors.New("no value")

// Outputs names the nodes whose values must be visible after a run. Without it every root of the graph is computed and
// every forward node's value is kept; with it only what is named, the gradients of inputs and what gorgonia.Read asks
// for, and all else shares memory.
func Outputs(nodes ...*gorgonia.Node) Option {
	return option("Outputs", func(c *compilation) { c.outputs = append(gorgonia.Nodes{}, nodes...) })
}

// Compile makes a Program of a graph. The error names the node that cannot be compiled. Nodes must not be added to the
// graph afterwards. Of Gorgonia's options it takes EvalMode; NewMachine takes the others too.
func Compile(g *gorgonia.ExprGraph, opts ...Option) (*Program, error) {
	if g == nil {
		return nil, errors.New("compile: there is no graph (nil)")
	}
	c := compilation{graph: g}
	t, err := c.apply(opts)
	if err != nil {
		return nil, errors.Wrap(err, "compile")
	}
	if name := t.beyondCompile(); name != "" {
		return nil, errors.Errorf("compile: %s is an option of graph.NewMachine", name)
	}
	if t.eval {
		if err := c.setTraining(false); err != nil {
			return nil, errors.Wrap(err, "compile")
		}
	}
	return compileGraph(c)
}

// compileGraph runs the passes.
func compileGraph(c compilation) (p *Program, err error) {
	c.values = map[*gorgonia.Node]*value{}
	p = &Program{compilation: c}
	defer func() {
		if r := recover(); r != nil { // Gorgonia reports broken graphs by panics
			p, err = nil, errors.Errorf("compile: %v", r)
		}
	}()
	if err := private.Err("Node"); err != nil {
		return nil, errors.Wrap(err, "compile")
	}
	if err := p.checkPlain(); err != nil {
		return nil, err
	}
	for _, pass := range passesOf(p.plain) {
		if err := pass.run(&p.compilation); err != nil {
			return nil, errors.Wrapf(err, "compile, %s", pass.name)
		}
		if verifying {
			if err := verify(&p.compilation); err != nil {
				return nil, errors.Wrapf(err, "after pass %s", pass.name)
			}
		}
		if p.dump != nil {
			if err := p.dump.pass(pass, &p.compilation); err != nil {
				return nil, errors.Wrap(err, "compile")
			}
		}
	}
	return p, nil
}

// RunAll computes every instruction once. An input without a value, a label out of range or a panic inside an operation
// is an error that names the node.
//
// Programs that run at the same time, on goroutines of their own, share the threads that package threads allows.
func (p *Program) RunAll() error {
	p.caller.Begin()
	defer p.caller.End()
	return p.RunPart()
}

// RunPart is RunAll for one of several programs that one computation runs side by side: they do not count as several users
// of the threads.
func (p *Program) RunPart() (err error) {
	if p.err != nil {
		return p.err
	}
	p.pc = -1
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("node %q: %v", p.at(), r)
		}
	}()
	if err := p.followSlices(); err != nil {
		return err
	}
	for _, v := range p.inputs {
		if err := p.follow(v); err != nil {
			return err
		}
	}
	for k, i := range p.instrs {
		p.pc = k
		if err := i.kernel(); err != nil {
			return errors.Wrapf(err, "node %q", i.node.Name())
		}
		if p.tape != nil && p.tape.watches {
			if err := p.tape.watch(i); err != nil {
				return err
			}
		}
	}
	if p.tape != nil {
		return p.tape.publish(p)
	}
	return p.publish()
}

func (p *Program) at() string {
	if p.pc < 0 || p.pc >= len(p.instrs) {
		return "inputs"
	}
	return p.instrs[p.pc].node.Name()
}

// follow takes over an input's value where it is another one than at the last run.
func (p *Program) follow(v *value) error {
	now := v.given
	if now == nil {
		now = v.node.Value()
	}
	if now != nil && now == v.data && v.own == nil {
		return nil
	}
	if err := fitsInput(v.node, now, v.dtype, v.shape); err != nil {
		return err
	}
	if d, dense := now.(*tensor.Dense); dense && !op.Contiguous(d) || p.computes(now) {
		if v.own == nil {
			var err error
			if v.own, err = op.NewBuffer(v.dtype, v.shape); err != nil {
				return errors.Wrapf(err, "input %q", v.node.Name())
			}
		}
		if err := assign(v.own, now); err != nil {
			return errors.Wrapf(err, "input %q", v.node.Name())
		}
		now = v.own
	}
	if now == v.data {
		return nil
	}
	v.data = now
	for _, i := range v.users {
		if i.ready() {
			if err := i.rebind(); err != nil {
				return err
			}
		}
	}
	return nil
}

// fitsInput checks the value that an input is bound to.
func fitsInput(n *gorgonia.Node, now gorgonia.Value, dt tensor.Dtype, s tensor.Shape) error {
	if now == nil {
		remedy := "bind one with gorgonia.Let"
		if n.Op() != nil {
			remedy = "it is given, so give it one with Program.Feed"
		}
		return errors.Wrapf(ErrNoValue, "input %q: %s", n.Name(), remedy)
	}
	if now.Dtype() != dt || now.Shape().TotalSize() != s.TotalSize() {
		return errors.Errorf("input %q is bound to %v of %v; the graph was built for %v of %v", n.Name(), now.Shape(), now.Dtype(),
			s, dt)
	}
	return nil
}

// computes tells whether x lies in memory that a run writes: a result of the last run that was bound to an input, as a
// recurrent state is.
func (p *Program) computes(x gorgonia.Value) bool {
	if p.tape != nil { // it hands out copies
		return false
	}
	lo, hi := span(x)
	for _, i := range p.instrs {
		if i.out.pinned {
			if l, h := span(i.out.data); l < hi && lo < h {
				return true
			}
		}
	}
	for _, g := range p.grads {
		if g.copy == x {
			return true
		}
	}
	return false
}

func span(x gorgonia.Value) (lo, hi uintptr) {
	return x.Uintptr(), x.Uintptr() + x.MemSize()
}

// publish makes results visible on their nodes. Another program over the same graph may have bound its own.
func (p *Program) publish() error {
	for _, i := range p.instrs {
		v := i.out
		if v.pinned && v.node.Value() != v.data {
			if err := gorgonia.UnsafeLet(v.node, v.data); err != nil {
				return errors.Wrapf(err, "node %q", v.node.Name())
			}
		}
	}
	for _, g := range p.grads {
		data := g.from.data
		if g.copy != nil {
			if err := assign(g.copy, data); err != nil {
				return errors.Wrapf(err, "gradient of %q", g.of.Name())
			}
			data = g.copy
		}
		if now, err := g.of.Grad(); err != nil || now != data { // a copy, or left over from a machine with BindDualValues
			if g.of.Value() == nil { // there is nothing yet that Gorgonia could hang a gradient on
				continue
			}
			gorgonia.WithGrad(data)(g.of)
		}
	}
	return p.fillReads()
}

// fillReads gives the user what gorgonia.Read asks for.
func (p *Program) fillReads() error {
	for _, r := range p.reads {
		c, err := gorgonia.CloneValue(r.of.data)
		if err != nil {
			return errors.Wrapf(err, "read of node %q", r.of.node.Name())
		}
		*r.into = c
	}
	return nil
}

// Reset implements gorgonia.VM. Nothing has to be reset between runs.
func (p *Program) Reset() {}

// Close implements gorgonia.VM. A Program holds nothing but memory.
func (p *Program) Close() error { return nil }

// Bytes is the memory that the program allocated for what it computes at each run; see [Snapshot.Bytes] for what is frozen.
func (p *Program) Bytes() int64 { return p.peak }

// Len is the number of instructions.
func (p *Program) Len() int { return len(p.instrs) }

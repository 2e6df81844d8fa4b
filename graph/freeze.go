package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Frozen takes the values that inputs have when the program is compiled. What depends on them alone is computed then,
// and matrices among it are packed for the kernels that multiply by them; results have the same bits as without it. The
// program does not see that values change, in place or by gorgonia.Let, until Refresh. Its copies take the memory of the
// values once, and that of such a matrix twice.
func Frozen(nodes ...*gorgonia.Node) Option {
	return option("Frozen", func(c *compilation) { c.frozen = append(c.frozen, nodes...) })
}

// FrozenTo compiles a program that reads every input that has the name of one of the snapshot from there. Programs that
// are compiled so share the snapshot: networks that are rewrites of each other have the same names. It goes before
// Frozen, where both name an input.
func FrozenTo(s *Snapshot) Option {
	return option("FrozenTo", func(c *compilation) { c.shared = s })
}

// Refresh takes the values that frozen inputs have now: those of Frozen and of FrozenTo, of which the latter are those of
// all programs that share the snapshot.
func (p *Program) Refresh() error {
	if p.err != nil {
		return p.err
	}
	for _, s := range []*Snapshot{p.shared, p.own} {
		if s == nil {
			continue
		}
		if err := s.Refresh(); err != nil {
			return err
		}
	}
	return nil
}

// freeze puts snapshots in the place of inputs and takes away what depends on them alone.
func freeze(c *compilation) error {
	for _, n := range c.frozen {
		if n == nil || n.Graph() != c.graph {
			return errors.New("a frozen node is not of this graph")
		}
	}
	if len(c.frozen) > 0 && c.own == nil { // a program that is compiled again keeps what it took
		var err error
		if c.own, err = TakeSnapshot(c.frozen...); err != nil {
			return err
		}
	}
	if c.own == nil && c.shared == nil {
		return nil
	}
	from := map[*value]*Snapshot{}
	for _, v := range c.inputs {
		t, s := c.takenFor(v.node)
		if t == nil {
			continue
		}
		if t.data.Dtype() != v.dtype || !sameDims(t.data.Shape(), v.shape) {
			return errors.Errorf("input %q is %v of %v, its snapshot %v of %v", v.node.Name(), v.shape, v.dtype, t.data.Shape(),
				t.data.Dtype())
		}
		v.data, from[v] = t.data, s
	}
	c.inputs = slices.DeleteFunc(c.inputs, func(v *value) bool { return from[v] != nil })
	f := &freezer{c, from}
	return f.run()
}

// takenFor finds a node's copy and the snapshot that it is in.
func (c *compilation) takenFor(n *gorgonia.Node) (*taken, *Snapshot) {
	if c.shared != nil {
		if t := c.shared.byName[n.Name()]; t != nil {
			return t, c.shared
		}
	}
	if c.own != nil {
		return c.own.byNode[n], c.own
	}
	return nil, nil
}

// freezer is a freeze in progress.
type freezer struct {
	c    *compilation
	from map[*value]*Snapshot // of what is frozen
}

func (f *freezer) run() error {
	kept := f.c.instrs[:0:0]
	for _, i := range f.c.instrs {
		if u, ok := known(i.op).(op.Updater); ok {
			for _, k := range u.Updates() {
				if f.from[i.in[k]] != nil {
					return errors.Errorf("node %q changes input %q, which is frozen", i.node.Name(), i.in[k].node.Name())
				}
			}
		}
		if err := f.split(i); err != nil {
			return err
		}
		done, err := f.compute(i)
		if err == nil && !done {
			kept = append(kept, i)
			err = f.pack(i)
		}
		if err != nil {
			return errors.Wrapf(err, "node %q", i.node.Name())
		}
	}
	f.c.instrs = kept
	return nil
}

// known is what is known of an operation, or nil.
func known(o gorgonia.Op) any {
	know, err := op.Of(o)
	if err != nil {
		return nil
	}
	return know
}

// compute takes an instruction away that depends on frozen values and constants alone.
func (f *freezer) compute(i *instruction) (done bool, err error) {
	s := f.source(i.in)
	if s == nil || i.out.pinned || !op.Pure(i.op) {
		return false, nil
	}
	f.from[i.out] = s
	return true, s.compute(i)
}

// source is the snapshot that all of vs come from, constants aside; nil where there is none.
func (f *freezer) source(vs []*value) (s *Snapshot) {
	for _, v := range vs {
		switch {
		case v.data == nil:
			return nil
		case f.from[v] == nil: // a constant
		case s == nil:
			s = f.from[v]
		case s != f.from[v]:
			return nil
		}
	}
	return s
}

// split takes an operation apart, where what it makes of its parameters alone is frozen.
func (f *freezer) split(i *instruction) error {
	n, ok := definition[op.Separable](i)
	if !ok || f.source(i.in[1:]) == nil {
		return nil
	}
	parts, rest := n.Separate(len(i.in))
	in := []*value{i.in[0]}
	for _, p := range parts {
		step := &instruction{node: i.node, op: op.New(p.Definition), in: make([]*value, len(p.In))}
		for k, at := range p.In {
			step.in[k] = i.in[at]
		}
		shape, err := p.Shape(shapes(step.in))
		if err != nil {
			return err
		}
		step.out = &value{node: i.node, dtype: i.out.dtype, shape: shape}
		if _, err := f.compute(step); err != nil {
			return err
		}
		in = append(in, step.out)
	}
	i.become(rest, in...)
	return nil
}

// pack has an instruction read a matrix from panels.
func (f *freezer) pack(i *instruction) error {
	p, ok := known(i.op).(op.Packer)
	if !ok {
		return nil
	}
	factor, ok := p.Packs(i.out.dtype, shapes(i.in))
	if !ok {
		return nil
	}
	v := i.in[factor.Input]
	s := f.from[v]
	if s == nil {
		return nil
	}
	var err error
	i.panels, err = s.panelsOf(v.data, factor)
	return err
}

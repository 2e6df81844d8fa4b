package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// tape is what a Machine promises beyond a Program: values that are the caller's, and gradients that add up.
type tape struct {
	tapeOptions
	watches bool
	duals   []dual
	kinds   map[*value]kind // of values whose form is not that of the node's shape; nil before the first run
}

// dual is a gradient that is added to what its node has already.
type dual struct {
	of   *gorgonia.Node
	from *value
}

// derivatives lists the nodes whose values BindDualValues adds to others' gradients.
func (t *tape) derivatives(all gorgonia.Nodes) (d gorgonia.Nodes) {
	for _, n := range all {
		if slices.ContainsFunc(n.DerivOf(), t.binds) {
			d = append(d, n)
		}
	}
	return d
}

func (t *tape) binds(n *gorgonia.Node) bool {
	return t.accumulate && (len(t.bound) == 0 || slices.Contains(t.bound, n))
}

// pin marks what the caller can reach: all but the inner nodes of gradients, which only Gorgonia knows.
func (t *tape) pin(c *compilation) error {
	all := c.graph.AllNodes()
	var gradients gorgonia.Nodes
	for _, n := range all {
		if d := n.Deriv(); d != nil && c.values[d] != nil {
			gradients = append(gradients, d)
		}
		if len(n.DerivOf()) > 0 && c.values[n] != nil {
			gradients = append(gradients, n)
		}
	}
	isGradient := op.Set(gradients)
	if c.outputs == nil {
		behind, err := op.Order(gradients, nil)
		if err != nil {
			return err
		}
		backward, feeds := c.backward(), op.Set(behind)
		for _, i := range c.instrs {
			inner := backward[i.out] && feeds[i.node] && !isGradient[i.node]
			i.out.pinned = i.out.pinned || !inner
		}
	}
	t.duals, t.kinds = nil, nil
	for _, d := range all {
		v := c.values[d]
		if v == nil {
			continue
		}
		for _, n := range d.DerivOf() {
			if t.binds(n) && c.values[n] != nil {
				v.pinned = true
				t.duals = append(t.duals, dual{n, v})
			}
		}
	}
	t.ownGradients(c, all)
	return nil
}

// ownGradients lists gradients of inputs that need memory of their own, for Solvers scale and zero gradients in place:
// those that are another input's too, or a constant or an input themselves.
func (t *tape) ownGradients(c *compilation, all gorgonia.Nodes) {
	taken := map[*value]bool{}
	for _, n := range all {
		v := c.values[n.Deriv()]
		if n.Op() != nil || v == nil {
			continue
		}
		v.pinned = true
		if (taken[v] || v.node.Op() == nil || op.IsConstant(v.node.Op())) && !t.binds(n) {
			c.grads = append(c.grads, gradient{of: n, from: v})
		}
		taken[v] = true
	}
}

// publish binds copies of the results to their nodes: the next run does not write to them.
func (t *tape) publish(p *Program) error {
	if t.kinds == nil {
		if err := t.learnKinds(p); err != nil {
			return err
		}
	}
	for _, i := range p.instrs {
		if !i.out.pinned {
			continue
		}
		v, err := t.handOut(i.out)
		if err != nil {
			return errors.Wrapf(err, "node %q", i.out.node.Name())
		}
		if err := private.Bind(i.out.node, v); err != nil {
			return err
		}
	}
	for k := range p.grads {
		if err := p.grads[k].own(); err != nil {
			return err
		}
	}
	for _, d := range t.duals {
		if err := d.add(); err != nil {
			return errors.Wrapf(err, "gradient of %q", d.of.Name())
		}
	}
	return p.fillReads()
}

// own gives an input a copy of its gradient, unless another machine's gradient is there: a machine without BindDualValues
// leaves that alone.
func (g *gradient) own() error {
	if now := dualOf(g.of); now != nil && now != g.copy || g.of.Value() == nil {
		return nil
	}
	v, err := zeroLike(g.of.Value())
	if err == nil {
		err = assign(v, g.from.data)
	}
	if err == nil {
		err = try(func() { gorgonia.WithGrad(v)(g.of) })
	}
	g.copy = v
	return errors.Wrapf(err, "gradient of %q", g.of.Name())
}

// handOut copies a value into memory of the caller's, in the form that Gorgonia gives it.
func (t *tape) handOut(v *value) (gorgonia.Value, error) {
	var c gorgonia.Value
	var err error
	if k, other := t.kinds[v]; other {
		c, err = k.of(v.data)
	} else {
		c, err = fresh(v.data)
	}
	if d, ok := c.(*tensor.Dense); ok {
		t.engine(d)
	}
	return c, err
}

// add adds the derivative to the gradient that the node has.
func (d dual) add() error {
	sum := dualOf(d.of)
	if sum == nil {
		if d.of.Value() == nil { // there is nothing that Gorgonia could hang a gradient on
			return nil
		}
		zero, err := zeroLike(d.of.Value())
		if err != nil {
			return err
		}
		if err := try(func() { gorgonia.WithGrad(zero)(d.of) }); err != nil {
			return err
		}
		sum = zero
	}
	if _, dense := sum.(*tensor.Dense); dense {
		return addTo(sum, d.from.data)
	}
	c, err := gorgonia.CloneValue(sum) // a scalar that a program keeps is its own, as on TapeMachine
	if err != nil {
		return err
	}
	if err := addTo(c, d.from.data); err != nil {
		return err
	}
	return try(func() { gorgonia.WithGrad(c)(d.of) })
}

// fresh copies a value into memory of its own.
func fresh(v gorgonia.Value) (gorgonia.Value, error) {
	d, ok := v.(*tensor.Dense)
	if !ok {
		return gorgonia.CloneValue(v)
	}
	switch d.Dtype() {
	case tensor.Float32:
		return tensor.New(tensor.WithShape(d.Shape().Clone()...), tensor.WithBacking(slices.Clone(d.Float32s()))), nil
	case tensor.Float64:
		return tensor.New(tensor.WithShape(d.Shape().Clone()...), tensor.WithBacking(slices.Clone(d.Float64s()))), nil
	}
	return gorgonia.CloneValue(v)
}

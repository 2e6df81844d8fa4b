package onnx

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// plan is what a node means: an operation on computed values. Its constants are in the closure, which is called once
// for each trial.
type plan struct {
	in   []string
	make func(in gorgonia.Nodes) (*gorgonia.Node, error)
	// split is make for a node of several results, nil for those that nobody asks for.
	split func(in gorgonia.Nodes) (gorgonia.Nodes, error)
	// folded is set instead of both for a node whose value follows from shapes.
	folded bool
}

// match makes the plans, from the outputs backwards; nil where nothing needs the node.
func (im *importer) match() ([]*plan, error) {
	needed := map[string]bool{}
	for _, o := range im.pb.GetOutput() {
		needed[o.GetName()] = true
	}
	plans := make([]*plan, len(im.order))
	for i := len(im.order) - 1; i >= 0; i-- {
		n := im.order[i]
		if !slices.ContainsFunc(n.Output, func(out string) bool { return out != "" && needed[out] }) {
			continue
		}
		if len(n.Output) > 1 && !n.row.many {
			for _, extra := range n.Output[1:] {
				if needed[extra] {
					return nil, unsupportedf("%s: its output %q is not supported, only the first is", n.label, extra)
				}
			}
		}
		p, err := im.planOf(n)
		if err != nil {
			return nil, im.located(n, err)
		}
		for _, in := range p.in {
			if im.consts[in] != nil {
				return nil, unsupportedf("%s: it computes on the constant %q; fold constants first", n.label, in)
			}
			if im.integers[in] && !n.row.integers {
				return nil, unsupportedf("%s: it computes on the integers of input %q, which can only be indices", n.label, in)
			}
			needed[in] = true
		}
		for _, in := range n.Input {
			if in != "" && (p.folded || im.shapey[in]) {
				needed[in] = true
			}
		}
		plans[i] = p
	}
	return plans, nil
}

func (im *importer) planOf(n *node) (*plan, error) {
	if im.shapey[n.out()] {
		return &plan{folded: true}, nil
	}
	if n.row.match == nil {
		return nil, unsupportedf("operator %s of opset %d is supported only of constants and shapes", n.OpType, im.opset)
	}
	p, err := n.row.match(im, n)
	if err == nil {
		err = n.attrs.done()
	}
	return p, err
}

// build adds a plan's operation to the trial at hand. Gorgonia panics on some inputs that do not fit.
func (im *importer) build(n *node, p *plan) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = unsupportedf("%v", r)
		}
	}()
	if p.folded {
		c, err := n.row.fold(im, n)
		if err != nil {
			return err
		}
		c.name = n.out()
		im.at.known[n.out()] = c
		return nil
	}
	in := make(gorgonia.Nodes, len(p.in))
	for i, name := range p.in {
		if in[i], err = im.value(name); err != nil {
			return err
		}
	}
	if p.split == nil {
		v, err := p.make(in)
		if err != nil {
			return err
		}
		return im.define(n, 0, v, in)
	}
	all, err := p.split(in)
	if err != nil {
		return err
	}
	for i, v := range all {
		if v != nil {
			if err := im.define(n, i, v, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// value gives a computed value at the present batch size.
func (im *importer) value(name string) (*gorgonia.Node, error) {
	if v := im.at.values[name]; v != nil {
		return v, nil
	}
	if im.at.known[name] != nil {
		return im.spread(name)
	}
	return nil, errors.Errorf("input %q is missing", name)
}

// define makes v the value of output i of a node.
func (im *importer) define(n *node, i int, v *gorgonia.Node, in gorgonia.Nodes) error {
	if err := im.held(n.Output[i], v.Shape()); err != nil {
		return err
	}
	if !im.temporary(n, i) && v.Op() != nil && !slices.Contains(in, v) {
		gorgonia.WithName(n.Output[i])(v)
	}
	im.at.values[n.Output[i]] = v
	return nil
}

// temporary tells whether a value's name says nothing: it was made up by our exporter, which will make it up again.
// Outputs keep theirs.
func (im *importer) temporary(n *node, i int) bool {
	if !im.ours || im.outputs[n.Output[i]] {
		return false
	}
	name, made := n.Output[i], positional(n.NodeProto, n.index)
	return name == made || strings.HasPrefix(name, made+"_") && positionalName.MatchString(name)
}

// located puts the node in front of an error, which keeps its kind. An error without one is an operation's that does not
// take what the file gives it: ONNX may, and a valid file is never called invalid.
func (im *importer) located(n *node, err error) error {
	var f *fault
	if errors.As(err, &f) {
		return faultf(f.kind, "%s: %v", n.label, err)
	}
	return unsupportedf("%s: %v", n.label, errors.Cause(err)) // without the words of what hands it on
}

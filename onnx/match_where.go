package onnx

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
)

// matchWhere chooses between two values by a constant mask, as causal attention does. The mask becomes a constant of the
// network's type.
func matchWhere(im *importer, n *node) (*plan, error) {
	mask, err := im.mask(n.in(0))
	if err != nil {
		return nil, err
	}
	p := &plan{}
	for _, in := range n.Input[1:] {
		if im.consts[in] == nil {
			p.in = append(p.in, in)
		}
	}
	p.make = func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if err := im.fitsBroadcast(n.in(1), n.in(2)); err != nil {
			return nil, err
		}
		m, err := im.paramOf(mask, form{scale: 1}, fixed)
		if err != nil {
			return nil, err
		}
		args := gorgonia.Nodes{m}
		for _, name := range n.Input[1:] {
			if im.consts[name] == nil {
				args, in = append(args, in[0]), in[1:]
				continue
			}
			c, err := im.float(name)
			if err != nil {
				return nil, err
			}
			var v *gorgonia.Node
			if im.isNumber(c) {
				v = im.number(c.number(0))
			} else if v, err = im.param(name, form{scale: 1}, trained); err != nil {
				return nil, err
			}
			args = append(args, v)
		}
		return op.Where(args[0], args[1], args[2])
	}
	return p, nil
}

// mask gives the constant of booleans called name as numbers. Where it is cast from numbers, as in our own files, it is
// these.
func (im *importer) mask(name string) (*constant, error) {
	c := im.consts[name]
	if c == nil {
		return nil, unsupportedf("its condition %q is computed; a constant one is supported", name)
	}
	if c.i64 == nil {
		return nil, invalidf("its condition %q is not of booleans", name)
	}
	if m := im.makers[name]; m != nil && m.OpType == "Cast" {
		if from := im.consts[m.in(0)]; from != nil && from.i64 == nil && m.attrs.integer("to", 0) == int64(pb.TensorProto_BOOL) {
			if _, err := im.float(m.in(0)); err == nil {
				return from, nil
			}
		}
	}
	if err := im.spend(c.len()); err != nil {
		return nil, err
	}
	m := &constant{name: c.name, dims: c.dims}
	for i := range c.i64 {
		m.f64 = append(m.f64, float64(truth(c.i64[i] != 0)))
	}
	if len(m.dims) == 0 {
		m.dims = []int{1}
	}
	floats := m.floats(im.dt)
	m.f64 = nil
	switch x := floats.(type) {
	case []float32:
		m.f32 = x
	case []float64:
		m.f64 = x
	}
	return m, nil
}

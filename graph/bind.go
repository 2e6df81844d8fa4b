package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// bindKernels fixes each instruction to its buffers. What depends on an input that has no value yet is bound when the
// value comes.
func bindKernels(c *compilation) error {
	for _, i := range c.instrs {
		for _, v := range i.in {
			if len(v.users) == 0 || v.users[len(v.users)-1] != i {
				v.users = append(v.users, i)
			}
		}
	}
	for _, i := range c.instrs {
		if i.ready() {
			if err := i.bind(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *instruction) ready() bool {
	for _, v := range i.in {
		if v.data == nil {
			return false
		}
	}
	return true
}

func (i *instruction) bind() error {
	in := make([]gorgonia.Value, len(i.in))
	for k, v := range i.in {
		in[k] = v.data
	}
	i.bound = in
	know, err := op.Of(i.op)
	if b, ok := know.(op.Binder); err == nil && ok {
		k, err := i.kernelOf(b, in)
		if err == nil {
			i.kernel, i.viaDo = k, false
			return nil
		}
		if _, ours := i.op.(*op.Operation); ours || !errors.Is(err, op.ErrNoKernel) {
			return errors.Wrapf(err, "node %q", i.node.Name())
		}
	}
	o, out := i.op, i.out.data
	i.viaDo = true
	i.kernel = func() error { // an operation that has no kernel here runs through its own Do
		r, err := o.Do(in...)
		if err != nil {
			return err
		}
		if s := r.Shape(); i.gave.shape == nil || !sameDims(s, i.gave.shape) {
			i.gave = kindOf(r)
		}
		return assign(out, r)
	}
	return nil
}

// kernelOf binds an operation that has a kernel here.
func (i *instruction) kernelOf(b op.Binder, in []gorgonia.Value) (op.Kernel, error) {
	if p, ok := b.(op.Packer); ok && i.panels != nil {
		return p.BindPacked(i.out.data, in, i.panels)
	}
	return b.Bind(i.out.data, in)
}

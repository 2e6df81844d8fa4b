package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Feed gives an input the value that runs read from now on, in place of what gorgonia.Let binds to the node: a program
// that alternates between the same few values allocates nothing. nil goes back to the node's own value. The error says
// that the program has no such input; a value that does not fit is an error of the next run.
func (p *Program) Feed(input *gorgonia.Node, x gorgonia.Value) error {
	v := p.values[input]
	if !slices.Contains(p.inputs, v) {
		return errors.Errorf("node %q is not an input of the program", input.Name())
	}
	v.given = x
	return nil
}

// boundKernel is an instruction's kernel for certain inputs.
type boundKernel struct {
	in     []gorgonia.Value
	kernel op.Kernel
	viaDo  bool
}

// rebind binds an instruction again after an input was given another value. The kernel of before is kept, so that a
// program whose inputs alternate, one batch being gathered while the other is computed, binds each twice in all.
func (i *instruction) rebind() error {
	before := boundKernel{i.bound, i.kernel, i.viaDo}
	if o := i.other; o.kernel != nil && o.fits(i.in) {
		i.bound, i.kernel, i.viaDo, i.other = o.in, o.kernel, o.viaDo, before
		return nil
	}
	if err := i.bind(); err != nil {
		return err
	}
	i.other = before
	return nil
}

// fits reports whether these are the inputs that the kernel reads.
func (b boundKernel) fits(in []*value) bool {
	for k, v := range in {
		if b.in[k] != v.data {
			return false
		}
	}
	return true
}

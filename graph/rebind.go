package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

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

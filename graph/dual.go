package graph

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// dualOf is the gradient that hangs on a node itself; nil where Node.Grad shows the value of the node's derivative.
func dualOf(n *gorgonia.Node) gorgonia.Value {
	if !private.HasDual(n) {
		return nil
	}
	g, err := n.Grad()
	if err != nil {
		return nil
	}
	return g
}

// zeroLike is a zero of a value's type and shape.
func zeroLike(v gorgonia.Value) (gorgonia.Value, error) {
	c, err := gorgonia.CloneValue(v)
	if err != nil {
		return nil, err
	}
	return gorgonia.ZeroValue(c), nil
}

// addTo adds a derivative to a gradient, in place.
func addTo(sum, d gorgonia.Value) error {
	switch sum.Dtype() {
	case tensor.Float32:
		return addFloats[float32](sum, d)
	case tensor.Float64:
		return addFloats[float64](sum, d)
	}
	return errors.Errorf("gradients of %v do not add up", sum.Dtype())
}

func addFloats[T kernels.Float](sum, d gorgonia.Value) error {
	to, err := op.Floats[T](sum)
	if err != nil {
		return err
	}
	from, err := op.Floats[T](d)
	if err != nil {
		return err
	}
	if len(to) != len(from) {
		return errors.Errorf("a derivative of %v does not fit a gradient of %v", d.Shape(), sum.Shape())
	}
	kernels.Add(to, to, from)
	return nil
}

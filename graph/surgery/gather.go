package surgery

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Gather returns a new tensor with the given indices of one axis of d, in the order given.
func Gather(d *tensor.Dense, axis int, idx []int) (*tensor.Dense, error) {
	if d == nil {
		return nil, errors.New("there is no tensor (nil)")
	}
	if len(idx) == 0 {
		return nil, errors.Errorf("no index is left of axis %d of %v", axis, d.Shape())
	}
	if axis < 0 || axis >= d.Dims() {
		return nil, errors.Errorf("shape %v has no axis %d", d.Shape(), axis)
	}
	for _, i := range idx {
		if i < 0 || i >= d.Shape()[axis] {
			return nil, errors.Errorf("index %d is outside axis %d of %v", i, axis, d.Shape())
		}
	}
	d, err := op.Materialize(d)
	if err != nil {
		return nil, err
	}
	switch d.Dtype() {
	case tensor.Float32:
		return gather(d, d.Float32s(), axis, idx), nil
	case tensor.Float64:
		return gather(d, d.Float64s(), axis, idx), nil
	}
	return nil, errors.Errorf("a tensor of %v cannot be cut", d.Dtype())
}

func gather[T any](d *tensor.Dense, data []T, axis int, idx []int) *tensor.Dense {
	s := d.Shape().Clone()
	outer, inner, n := 1, 1, s[axis]
	for _, v := range s[:axis] {
		outer *= v
	}
	for _, v := range s[axis+1:] {
		inner *= v
	}
	out := make([]T, 0, outer*len(idx)*inner)
	for o := range outer {
		for _, i := range idx {
			at := (o*n + i) * inner
			out = append(out, data[at:at+inner]...)
		}
	}
	s[axis] = len(idx)
	return tensor.New(tensor.WithShape(s...), tensor.WithBacking(out))
}

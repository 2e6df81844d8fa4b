package graph

import (
	"maps"
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Keep gives, for a named tensor and an axis, the indices that stay, ascending. What is not mentioned stays whole.
type Keep map[string]map[int][]int

// KeepAll returns what stays of net when the given units are removed. Units are named by group and index.
func (c *Coupling) KeepAll(net *Network, removed map[string][]int) (Keep, error) {
	gone := map[string]map[int]map[int]bool{}
	for _, name := range sortedKeys(removed) {
		g := c.Group(name)
		if g == nil {
			return nil, errors.Errorf("no prunable layer is called %q", name)
		}
		byIndex := map[int]Unit{}
		for _, u := range g.Units {
			byIndex[u.Index] = u
		}
		for _, i := range removed[name] {
			u, ok := byIndex[i]
			if !ok {
				return nil, errors.Errorf("layer %q has no prunable unit %d", name, i)
			}
			for _, a := range u.Atoms {
				if gone[a.Tensor] == nil {
					gone[a.Tensor] = map[int]map[int]bool{}
				}
				if gone[a.Tensor][a.Axis] == nil {
					gone[a.Tensor][a.Axis] = map[int]bool{}
				}
				gone[a.Tensor][a.Axis][a.Index] = true
			}
		}
	}
	keep := Keep{}
	for _, n := range net.Named() {
		for axis, out := range gone[n.Name()] {
			var stay []int
			for i := range n.Shape()[axis] {
				if !out[i] {
					stay = append(stay, i)
				}
			}
			if keep[n.Name()] == nil {
				keep[n.Name()] = map[int][]int{}
			}
			keep[n.Name()][axis] = stay
		}
	}
	return keep, nil
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// Cut removes units: it gathers the indices to keep of every tensor named and builds the forward graph again with the
// smaller tensors. The network itself is unchanged; tensors that are not cut share their memory with it. Cutting an
// axis to nothing, or axes that do not fit together, is an error that names the tensor or the node.
func (n *Network) Cut(keep Keep) (*Network, error) {
	for _, name := range sortedKeys(keep) {
		known := n.Param(name) != nil
		for _, in := range n.Inputs {
			known = known || in.Name() == name
		}
		if !known {
			return nil, errors.Errorf("cut: the network has no tensor called %q", name)
		}
	}
	out, err := rewrite{input: func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
		shape, v := old.Shape(), old.Value()
		axes := keep[old.Name()]
		for _, axis := range slices.Sorted(maps.Keys(axes)) {
			idx := axes[axis]
			if err := checkKeep(shape, axis, idx); err != nil {
				return nil, nil, err
			}
			shape[axis] = len(idx)
		}
		if len(axes) == 0 || v == nil {
			return shape, v, nil
		}
		d, ok := v.(*tensor.Dense)
		if !ok {
			return nil, nil, errors.Errorf("a %T cannot be cut", v)
		}
		for axis := range old.Shape() { // in order, for the same bits each time
			if idx, ok := axes[axis]; ok {
				var err error
				if d, err = Gather(d, axis, idx); err != nil {
					return nil, nil, err
				}
			}
		}
		return shape, d, nil
	}}.apply(n)
	return out, errors.Wrap(err, "cut")
}

func checkKeep(shape tensor.Shape, axis int, idx []int) error {
	if axis < 0 || axis >= len(shape) {
		return errors.Errorf("shape %v has no axis %d", shape, axis)
	}
	if len(idx) == 0 {
		return errors.Errorf("nothing would be left of axis %d", axis)
	}
	last := -1
	for _, i := range idx {
		if i <= last || i >= shape[axis] {
			return errors.Errorf("indices to keep of axis %d must ascend within [0, %d)", axis, shape[axis])
		}
		last = i
	}
	return nil
}

// Gather returns a new tensor with the given indices of one axis of d, in the order given.
func Gather(d *tensor.Dense, axis int, idx []int) (*tensor.Dense, error) {
	if axis < 0 || axis >= d.Dims() {
		return nil, errors.Errorf("shape %v has no axis %d", d.Shape(), axis)
	}
	for _, i := range idx {
		if i < 0 || i >= d.Shape()[axis] {
			return nil, errors.Errorf("index %d is outside axis %d of %v", i, axis, d.Shape())
		}
	}
	d, err := op.Materialise(d)
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

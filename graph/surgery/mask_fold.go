package surgery

import (
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// FoldMasks multiplies every mask into the weights that read the masked activation and takes the mask away. The result
// computes the same; its weights are copies. A mask that anything but a product with a parameter reads cannot be
// folded: the error names it.
func FoldMasks(n *network.Network) (*network.Network, error) {
	a, err := analyse(n)
	if err != nil {
		return nil, err
	}
	order := a.order
	folded := map[*gorgonia.Node]*tensor.Dense{} // weights, scaled
	type axis struct {
		weight *gorgonia.Node
		axis   int
	}
	by := map[axis]*gorgonia.Node{} // the mask that a weight is scaled by
	gone := map[*gorgonia.Node]bool{}
	masks := map[*gorgonia.Node]bool{}
	params := op.Set(n.Params)
	for _, v := range order {
		if v.Op() == nil {
			continue
		}
		along, _ := op.IsMask(v.Op())
		m := maskOf(n, v, along)
		if m == nil {
			continue
		}
		reads := uses(n, order, v)
		for _, s := range a.sinks {
			if s.activation != v || s.axis != along {
				continue
			}
			reads--
			if !params[s.weight] {
				return nil, errors.Errorf("fold: mask %q is followed by a product with %q, which is not a parameter", m.Name(),
					s.weight.Name())
			}
			if at := (axis{s.weight, s.weightAxis}); by[at] == nil {
				w := s.weight.Value()
				if folded[s.weight] != nil {
					w = folded[s.weight]
				}
				if folded[s.weight], err = scaled(w, s.weightAxis, m.Value()); err != nil {
					return nil, errors.Wrapf(err, "fold mask %q into %q", m.Name(), s.weight.Name())
				}
				by[at] = m
			}
		}
		if reads != 0 {
			return nil, errors.Errorf("fold: mask %q is read by an operation that does not multiply it with a parameter",
				m.Name())
		}
		gone[v], masks[m] = true, true
	}
	behind := map[*gorgonia.Node]int{}
	for _, s := range a.sinks {
		if m := by[axis{s.weight, s.weightAxis}]; m != nil && m == maskOf(n, s.activation, s.axis) {
			behind[s.weight]++
		}
	}
	for _, w := range n.Params {
		if folded[w] != nil && behind[w] != uses(n, order, w) {
			return nil, errors.Errorf("fold: weight %q is used behind a mask and elsewhere without it", w.Name())
		}
	}
	out, err := network.Rewrite{
		Input: func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
			if w := folded[old]; w != nil {
				return old.Shape(), w, nil
			}
			return old.Shape(), old.Value(), nil
		},
		Node: func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
			if gone[old] {
				return in[0], nil
			}
			return op.Reapply(old, in)
		},
	}.Apply(n)
	if err != nil {
		return nil, errors.Wrap(err, "fold masks")
	}
	out.Constants = slices.DeleteFunc(out.Constants, func(v *gorgonia.Node) bool {
		for m := range masks {
			if m.Name() == v.Name() {
				return true
			}
		}
		return false
	})
	return out, nil
}

// uses counts how often a node is read: by others, and as an output.
func uses(n *network.Network, order gorgonia.Nodes, v *gorgonia.Node) int {
	count := 0
	for _, o := range n.Outputs {
		if o == v {
			count++
		}
	}
	for _, u := range order {
		for _, k := range op.Children(u) {
			if k == v {
				count++
			}
		}
	}
	return count
}

// scaled is a copy of a weight whose slices along an axis are multiplied by the entries of a vector. A weight of a grouped
// convolution has the channels of one group; the vector must then say the same of each.
func scaled(weight gorgonia.Value, axis int, by gorgonia.Value) (*tensor.Dense, error) {
	d, ok := weight.(*tensor.Dense)
	if !ok {
		return nil, errors.Errorf("a %T cannot be scaled", weight)
	}
	m, err := op.Materialize(d)
	if err != nil {
		return nil, err
	}
	w := m.Clone().(*tensor.Dense)
	switch w.Dtype() {
	case tensor.Float32:
		err := scaleSlices(w.Float32s(), w.Shape(), axis, by.Data().([]float32))
		return w, err
	case tensor.Float64:
		err := scaleSlices(w.Float64s(), w.Shape(), axis, by.Data().([]float64))
		return w, err
	}
	return nil, errors.Errorf("weights of %v cannot be scaled", w.Dtype())
}

func scaleSlices[T float32 | float64](w []T, s tensor.Shape, axis int, by []T) error {
	if len(by)%s[axis] != 0 {
		return errors.Errorf("%d entries for %d slices", len(by), s[axis])
	}
	for i, v := range by {
		if v != by[i%s[axis]] {
			return errors.Errorf("entries %d and %d differ, which read one slice of the weight", i%s[axis], i)
		}
	}
	inner := 1
	for _, v := range s[axis+1:] {
		inner *= v
	}
	for i := range w {
		w[i] *= by[i/inner%s[axis]]
	}
	return nil
}

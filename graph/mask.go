package graph

import (
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Mask puts masks before the sums that units go into: there, and nowhere else, their activation is multiplied by 0, so
// that the network computes what it would without them, whatever an optimizer does to their weights. Units are named by
// group and index. Masking a network that has masks already adds to them. The network itself is unchanged; parameters
// share their memory with it.
func (n *Network) Mask(c *Coupling, masked map[string][]int) (*Network, error) {
	type place struct {
		node *gorgonia.Node
		arg  int
	}
	layerAt := map[place]string{}
	values := map[*gorgonia.Node]gorgonia.Value{} // masks that are there already, updated
	for _, name := range sortedKeys(masked) {
		g := c.Group(name)
		if g == nil {
			return nil, errors.Errorf("mask: no prunable layer is called %q", name)
		}
		if len(masked[name]) == 0 {
			continue
		}
		for _, i := range masked[name] {
			if !slices.ContainsFunc(g.Units, func(u Unit) bool { return u.Index == i }) {
				return nil, errors.Errorf("mask: layer %q has no prunable unit %d", name, i)
			}
		}
		if g.Activation.Graph() != n.Graph {
			return nil, errors.New("mask: the coupling is that of another network; analyse the one that is to be masked")
		}
		for _, s := range g.sinks {
			shape := s.activation.Shape()
			if len(shape) != 2 || s.axis != 1 {
				return nil, errors.Errorf("mask: units of %q lie on axis %d of %v; only columns of a matrix can be masked", name,
					s.axis, shape)
			}
			if m := maskOf(n, s.activation); m != nil {
				v, err := maskValue(m.Value(), m.Dtype(), shape[1], masked[name])
				if err != nil {
					return nil, err
				}
				values[m] = v
				continue
			}
			layerAt[place{s.node, s.arg}] = name
		}
	}
	vectors := map[string]*gorgonia.Node{}        // a layer that is summed in several places has one mask for all of them
	behind := map[*gorgonia.Node]*gorgonia.Node{} // masked activations
	var added gorgonia.Nodes
	maskedInput := func(x *gorgonia.Node, layer string) (_ *gorgonia.Node, err error) {
		if behind[x] != nil {
			return behind[x], nil
		}
		m := vectors[layer]
		if m == nil {
			units := x.Shape()[1]
			v, err := maskValue(nil, x.Dtype(), units, masked[layer])
			if err != nil {
				return nil, err
			}
			m = gorgonia.NewVector(x.Graph(), x.Dtype(), gorgonia.WithName("mask."+layer), gorgonia.WithShape(units),
				gorgonia.WithValue(v))
			vectors[layer] = m
			added = append(added, m)
		}
		behind[x], err = op.Mask(x, m)
		return behind[x], err
	}
	out, err := rewrite{
		input: func(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
			if v, ok := values[old]; ok {
				return old.Shape(), v, nil
			}
			return old.Shape(), old.Value(), nil
		},
		node: func(old *gorgonia.Node, in gorgonia.Nodes) (_ *gorgonia.Node, err error) {
			for arg := range in {
				if layer, ok := layerAt[place{old, arg}]; ok {
					if in[arg], err = maskedInput(in[arg], layer); err != nil {
						return nil, err
					}
				}
			}
			return op.Reapply(old, in)
		},
	}.apply(n)
	if err != nil {
		return nil, errors.Wrap(err, "mask")
	}
	out.Constants = append(out.Constants, added...)
	return out, errors.Wrap(out.Validate(), "mask")
}

// maskOf returns the mask constant where node is itself a masked activation.
func maskOf(net *Network, node *gorgonia.Node) *gorgonia.Node {
	o, ok := node.Op().(*op.Operation)
	if !ok || o.Room != op.Room(op.RowScale{}) {
		return nil
	}
	m := Children(node)[1]
	if slices.Contains(net.Constants, m) {
		return m
	}
	return nil
}

// maskValue is a copy of old, or ones, with zeros at idx.
func maskValue(old gorgonia.Value, dt tensor.Dtype, units int, idx []int) (*tensor.Dense, error) {
	d := tensor.New(tensor.Of(dt), tensor.WithShape(units))
	switch dt {
	case tensor.Float32:
		fillMask(d.Float32s(), old, idx)
	case tensor.Float64:
		fillMask(d.Float64s(), old, idx)
	default:
		return nil, errors.Errorf("a mask of %v is not supported", dt)
	}
	return d, nil
}

func fillMask[T float32 | float64](dst []T, old gorgonia.Value, idx []int) {
	if old == nil {
		for i := range dst {
			dst[i] = 1
		}
	} else {
		copy(dst, old.Data().([]T))
	}
	for _, i := range idx {
		dst[i] = 0
	}
}

// Masked returns, for each group of c, the indices of its units that a mask of the network zeroes.
func (n *Network) Masked(c *Coupling) (map[string][]int, error) {
	out := map[string][]int{}
	for _, g := range c.Groups {
		for _, u := range g.Units {
			for _, a := range u.Atoms {
				m := n.Param(a.Tensor)
				if m == nil || !slices.Contains(n.Constants, m) || !isMask(n, m) {
					continue
				}
				f, err := op.Floats[float64](widen(m.Value()))
				if err != nil {
					return nil, err
				}
				if f[a.Index] == 0 {
					out[g.Name] = append(out[g.Name], u.Index)
				}
			}
		}
	}
	return out, nil
}

func isMask(n *Network, m *gorgonia.Node) bool {
	order, err := n.Order()
	if err != nil {
		return false
	}
	for _, v := range order {
		if v.Op() != nil && maskOf(n, v) == m {
			return true
		}
	}
	return false
}

func widen(v gorgonia.Value) gorgonia.Value {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dtype() != tensor.Float32 {
		return v
	}
	f := d.Float32s()
	w := make([]float64, len(f))
	for i, x := range f {
		w[i] = float64(x)
	}
	return tensor.New(tensor.WithShape(d.Shape().Clone()...), tensor.WithBacking(w))
}

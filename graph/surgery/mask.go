package surgery

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Mask puts masks before the sums that units go into: there, and nowhere else, their activation is multiplied by 0, so
// that the network computes what it would without them, whatever an optimizer does to their weights. Units are named by
// group and index; what goes with them is masked too. Masking a network that has masks already adds to them. The network
// itself is unchanged; parameters share their memory with it.
func (c *Coupling) Mask(masked map[string][]int) (*network.Network, error) {
	if err := c.made(); err != nil {
		return nil, errors.Wrap(err, "mask")
	}
	m := &masking{net: c.a.net, c: c, at: map[*gorgonia.Node]map[int][]*maskPlace{}, values: map[*gorgonia.Node]gorgonia.Value{},
		shared: map[string]*gorgonia.Node{}}
	if err := m.plan(masked); err != nil {
		return nil, errors.Wrap(err, "mask")
	}
	out, err := network.Rewrite{Input: m.input, Node: m.node}.Apply(c.a.net)
	if err != nil {
		return nil, errors.Wrap(err, "mask")
	}
	out.Constants = append(out.Constants, m.added...)
	return out, errors.Wrap(out.Validate(), "mask")
}

// masking is a Mask in progress.
type masking struct {
	net    *network.Network
	c      *Coupling
	at     map[*gorgonia.Node]map[int][]*maskPlace // by node and argument
	values map[*gorgonia.Node]gorgonia.Value       // masks that are there already, updated
	shared map[string]*gorgonia.Node               // new masks by what lies on their axis
	added  gorgonia.Nodes
}

// maskPlace is an axis of an activation that needs a new mask.
type maskPlace struct {
	axis  int
	zeros []int
	layer string
	key   string         // what lies on the axis: equal axes have one mask
	node  *gorgonia.Node // the masked activation in the new graph
}

func (m *masking) plan(masked map[string][]int) error {
	start, err := m.c.roots(masked)
	if err != nil {
		return err
	}
	a := m.c.a
	gone, why := a.closure(start, true)
	if why != "" {
		return errors.New(why)
	}
	layer := map[int]string{}
	for _, name := range sortedKeys(masked) {
		for _, u := range m.c.Group(name).Units {
			if slices.Contains(masked[name], u.Index) {
				for _, r := range u.roots {
					if layer[r] == "" {
						layer[r] = name
					}
				}
			}
		}
	}
	places := map[axisOf]*maskPlace{}
	for _, s := range a.sinks {
		p := &maskPlace{axis: s.axis}
		var roots []int
		for i := range a.shape[s.activation][s.axis] {
			r := a.root(s.activation, s.axis, i)
			roots = append(roots, r)
			if gone[r] {
				p.zeros = append(p.zeros, i)
				if p.layer == "" {
					p.layer = layer[r]
				}
			}
		}
		if len(p.zeros) == 0 {
			continue
		}
		if old := maskOf(m.net, s.activation, s.axis); old != nil {
			if m.values[old], err = maskValue(old.Value(), old.Dtype(), old.Shape(), p.zeros); err != nil {
				return err
			}
			continue
		}
		p.key = fmt.Sprint(len(a.shape[s.activation])-s.axis, roots)
		at := axisOf{s.activation, s.axis}
		if places[at] == nil {
			places[at] = p
		}
		if m.at[s.node] == nil {
			m.at[s.node] = map[int][]*maskPlace{}
		}
		if list := m.at[s.node][s.arg]; !slices.Contains(list, places[at]) {
			m.at[s.node][s.arg] = append(list, places[at])
		}
	}
	return nil
}

func (m *masking) input(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
	if v, ok := m.values[old]; ok {
		return old.Shape(), v, nil
	}
	return old.Shape(), old.Value(), nil
}

func (m *masking) node(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	for arg := range in {
		for _, p := range m.at[old][arg] {
			if p.node == nil {
				mask, err := m.mask(p, in[arg])
				if err != nil {
					return nil, err
				}
				if p.node, err = op.Mask(in[arg], mask); err != nil {
					return nil, err
				}
			}
			in[arg] = p.node
		}
	}
	return op.Reapply(old, in)
}

// mask is the constant of a place. A layer that is summed in several places has one for all of them, where the same
// lies on their axes.
func (m *masking) mask(p *maskPlace, x *gorgonia.Node) (*gorgonia.Node, error) {
	if n := m.shared[p.key]; n != nil {
		return n, nil
	}
	shape := tensor.Shape{x.Shape()[p.axis]}
	for range x.Dims() - p.axis - 1 {
		shape = append(shape, 1)
	}
	v, err := maskValue(nil, x.Dtype(), shape, p.zeros)
	if err != nil {
		return nil, err
	}
	name := "mask." + p.layer
	for k := 2; named(m.net, name) != nil || slices.ContainsFunc(m.added, func(o *gorgonia.Node) bool {
		return o.Name() == name
	}); k++ {
		name = fmt.Sprintf("mask.%s#%d", p.layer, k)
	}
	n := gorgonia.NewTensor(x.Graph(), x.Dtype(), len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(v))
	m.shared[p.key] = n
	m.added = append(m.added, n)
	return n, nil
}

// maskOf returns the mask constant where node is itself an activation that is masked along that axis.
func maskOf(net *network.Network, node *gorgonia.Node, axis int) *gorgonia.Node {
	along, ok := op.IsMask(node.Op())
	if !ok || along != axis {
		return nil
	}
	m := op.Children(node)[1]
	if slices.Contains(net.Constants, m) {
		return m
	}
	return nil
}

// maskValue is a copy of old, or ones, with zeros at idx.
func maskValue(old gorgonia.Value, dt tensor.Dtype, shape tensor.Shape, idx []int) (*tensor.Dense, error) {
	d := tensor.New(tensor.Of(dt), tensor.WithShape(shape.Clone()...))
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

// Masked returns, for each group, the indices of its units that are masked: wherever such a unit is summed, a mask of the
// network multiplies it by 0.
func (c *Coupling) Masked() (map[string][]int, error) {
	if err := c.made(); err != nil {
		return nil, errors.Wrap(err, "masked units")
	}
	zero, live := map[int]bool{}, map[int]bool{} // components that are masked somewhere, and that are summed unmasked
	a := c.a
	for _, s := range a.sinks {
		var bits []float64
		if m := maskOf(a.net, s.activation, s.axis); m != nil {
			var err error
			if bits, err = floats(m.Value()); err != nil {
				return nil, errors.Wrapf(err, "mask %q", m.Name())
			}
		}
		for i := range a.shape[s.activation][s.axis] {
			r := a.root(s.activation, s.axis, i)
			if bits != nil && bits[i] == 0 {
				zero[r] = true
			} else {
				live[r] = true
			}
		}
	}
	out := map[string][]int{}
	for _, g := range c.Groups {
		for _, u := range g.Units {
			if slices.ContainsFunc(u.roots, func(r int) bool { return zero[r] }) &&
				!slices.ContainsFunc(u.roots, func(r int) bool { return live[r] }) {
				out[g.Name] = append(out[g.Name], u.Index)
			}
		}
	}
	return out, nil
}

// floats are the numbers of a value as float64.
func floats(v gorgonia.Value) ([]float64, error) {
	f, err := op.Floats[float32](v)
	if err != nil {
		return op.Floats[float64](v)
	}
	w := make([]float64, len(f))
	for i, x := range f {
		w[i] = float64(x)
	}
	return w, nil
}

package surgery

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Gates is a network whose only parameters are gates: numbers that are 1 and multiply activations wherever units are
// summed, as masks do. The gradient of a cost with respect to a gate is a·∂cost/∂a of the number a behind it, by that sum
// alone, so that [Gates.Add] finds for each row and unit by how much the cost would change, to first order, were the unit
// multiplied by a little more than 1.
type Gates struct {
	*network.Network
	places []gatePlace // one for each of Params
	groups []*Group
}

// gatePlace is an argument of a node that sums units up.
type gatePlace struct {
	node *gorgonia.Node // in the old graph
	arg  int
	axes []gateAxis
	rows int // axis of the argument that is the batch; −1 where rows lie one behind the other
}

// gateAxis says which units lie on an axis.
type gateAxis struct {
	axis  int
	units [][]unitOf // by index
}

// unitOf is a unit by the places of its group and of itself in the coupling.
type unitOf struct{ group, unit int }

// Gates returns the network in its inference form, for a batch size, with gates before the sums that units go into.
// What was trained before is a constant of it. The network itself is unchanged; tensors share their memory with it.
func (c *Coupling) Gates(batch int) (*Gates, error) {
	if err := c.made(); err != nil {
		return nil, errors.Wrap(err, "gates")
	}
	if batch < 1 {
		return nil, errors.Errorf("gates: batch size %d: must be at least 1", batch)
	}
	g := &Gates{groups: c.Groups, places: gatePlaces(c)}
	gates := make(gorgonia.Nodes, len(g.places))
	out, err := network.Rewrite{Batch: batch, Node: func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		for k := range g.places {
			p := &g.places[k]
			if p.node != old {
				continue
			}
			x := in[p.arg]
			gate, err := ones(x, fmt.Sprintf("gate %d", k))
			if err != nil {
				return nil, err
			}
			gates[k] = gate
			if in[p.arg], err = op.Mul(x, gate); err != nil {
				return nil, err
			}
		}
		return network.InferenceForm(old, in)
	}}.Apply(c.a.net)
	if err != nil {
		return nil, errors.Wrap(err, "gates")
	}
	out.Constants = slices.Concat(out.Params, out.Constants)
	out.Params = gates
	g.Network = out
	return g, errors.Wrap(out.Validate(), "gates")
}

// ones is an input of x's shape.
func ones(x *gorgonia.Node, name string) (*gorgonia.Node, error) {
	v, err := maskValue(nil, x.Dtype(), x.Shape(), nil)
	if err != nil {
		return nil, err
	}
	return gorgonia.NewTensor(x.Graph(), x.Dtype(), x.Dims(), gorgonia.WithName(name), gorgonia.WithShape(x.Shape()...),
		gorgonia.WithValue(v)), nil
}

// gatePlaces finds where the coupling's units are summed.
func gatePlaces(c *Coupling) []gatePlace {
	a := c.a
	units := map[int][]unitOf{} // by component
	for g, group := range c.Groups {
		for u, unit := range group.Units {
			for _, r := range unit.roots {
				units[r] = append(units[r], unitOf{g, u})
			}
		}
	}
	var places []gatePlace
	at := func(s sink) *gatePlace {
		for k := range places {
			if places[k].node == s.node && places[k].arg == s.arg {
				return &places[k]
			}
		}
		places = append(places, gatePlace{node: s.node, arg: s.arg, rows: a.batchAxis(s.activation)})
		return &places[len(places)-1]
	}
	for _, s := range a.sinks {
		axis := gateAxis{axis: s.axis, units: make([][]unitOf, a.shape[s.activation][s.axis])}
		any := false
		for i := range axis.units {
			axis.units[i] = units[a.root(s.activation, s.axis, i)]
			any = any || len(axis.units[i]) > 0
		}
		if !any {
			continue
		}
		p := at(s)
		if !slices.ContainsFunc(p.axes, func(x gateAxis) bool { return x.axis == s.axis }) {
			p.axes = append(p.axes, axis)
		}
	}
	return places
}

// batchAxis is the axis of a node whose indices are the rows of the first input, −1 where a reshape merged rows with what
// is in them.
func (a *analysis) batchAxis(n *gorgonia.Node) int {
	in := a.net.Inputs[0]
	if len(a.shape[in]) == 0 || a.shape[in][0] == 0 {
		return -1
	}
	row := a.root(in, 0, 0)
	for axis, size := range a.shape[n] {
		if size == a.shape[in][0] && a.root(n, axis, 0) == row {
			return axis
		}
	}
	return -1
}

// Add adds to dst[group][row·units + unit], for a batch of so many rows, what the gradient of the gates Params[k] says of
// the units: its sum over all numbers of a unit. Groups and units are in the order of the coupling.
func (g *Gates) Add(dst [][]float64, k, rows int, gradient []float64) error {
	p := g.places[k]
	shape := g.Params[k].Shape()
	if len(gradient) != shape.TotalSize() || len(gradient)%rows != 0 {
		return errors.Errorf("gradient of %d gates, where there are %d of %d rows", len(gradient), shape.TotalSize(), rows)
	}
	behind := make([]int, len(shape)) // numbers in one step along an axis
	step := 1
	for axis := len(shape) - 1; axis >= 0; axis-- {
		behind[axis] = step
		step *= shape[axis]
	}
	for i, v := range gradient {
		row := i / (len(gradient) / rows)
		if p.rows >= 0 {
			row = i / behind[p.rows] % shape[p.rows]
		}
		for _, x := range p.axes {
			for _, u := range x.units[i/behind[x.axis]%shape[x.axis]] {
				dst[u.group][row*len(g.groups[u.group].Units)+u.unit] += v
			}
		}
	}
	return nil
}

package pruning

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/pruning/information"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Evidence records what a criterion needs of every group of a coupling: one UnitStats a group, in the coupling's order,
// whose unit u is Units[u] of the group. Activations and gradients are taken over the calibration rows of d.
func Evidence(m *models.Model, c *surgery.Coupling, needs criteria.Needs, d *data.Dataset, rows []int,
	loss *network.Loss, seed uint64) ([]criteria.UnitStats, error) {
	if err := m.Check(d); err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errors.New("there is no coupling (nil): surgery.Analyze makes one")
	}
	if err := targeted(needs, d); err != nil {
		return nil, err
	}
	stats := make([]criteria.UnitStats, len(c.Groups))
	for i, g := range c.Groups {
		stats[i] = criteria.UnitStats{Layer: g.Name, Units: len(g.Units), Seed: seed}
	}
	if needs.Has(criteria.NeedsWeights) {
		if err := addWeights(m.Net, c, stats); err != nil {
			return nil, err
		}
	}
	if needs.Has(criteria.NeedsGradients) {
		grads, err := training.Gradients(m, loss, d, rows)
		if err != nil {
			return nil, err
		}
		for i, g := range c.Groups {
			stats[i].Gradients = gatherUnits(g, m.Net, func(name string) []float64 { return grads[name] })
		}
	}
	if needs.Has(criteria.NeedsGateGradients) {
		grads, err := training.GateGradients(m, c, loss, d, rows)
		if err != nil {
			return nil, err
		}
		for i := range stats {
			stats[i].GateGradients = grads[i]
		}
	}
	if needs.Has(criteria.NeedsActivations) {
		if err := addActivations(m.Net, c, stats, d, rows); err != nil {
			return nil, err
		}
	}
	if needs.Has(criteria.NeedsTarget) {
		var same []int32
		if needs.Has(criteria.NeedsActivations) {
			same = information.SameRows(len(rows), func(i int) []float32 { return d.Row(rows[i]) })
		}
		for i := range stats {
			stats[i].Rows = same
			if err := addTarget(&stats[i], models.Target(m.Net), d, rows); err != nil {
				return nil, err
			}
		}
	}
	return stats, nil
}

func addWeights(net *network.Network, c *surgery.Coupling, stats []criteria.UnitStats) error {
	values := map[string][]float64{}
	for _, p := range net.Params {
		f, err := floats(p.Value())
		if err != nil {
			return errors.Wrapf(err, "parameter %q", p.Name())
		}
		values[p.Name()] = f
	}
	for i, g := range c.Groups {
		stats[i].Weights = gatherUnits(g, net, func(name string) []float64 { return values[name] })
	}
	return nil
}

func floats(v gorgonia.Value) ([]float64, error) {
	if f, err := op.Floats[float32](v); err == nil {
		w := make([]float64, len(f))
		for i, x := range f {
			w[i] = float64(x)
		}
		return w, nil
	}
	return op.Floats[float64](v)
}

// gatherUnits collects, for each unit, the numbers at its atoms in trained tensors. A unit that has lost positions which
// others still have is filled up with zeros: what is gone weighs nothing, and distances need one length.
func gatherUnits(g *surgery.Group, net *network.Network, of func(name string) []float64) [][]float32 {
	trained := map[string]tensor.Shape{}
	for _, p := range net.Params {
		trained[p.Name()] = p.Shape()
	}
	out := make([][]float32, len(g.Units))
	longest := 0
	for u, unit := range g.Units {
		for _, a := range unit.Atoms {
			shape, ok := trained[a.Tensor]
			if !ok {
				continue
			}
			v := of(a.Tensor)
			inner := 1
			for _, d := range shape[a.Axis+1:] {
				inner *= d
			}
			for lo := a.Index * inner; lo < len(v); lo += shape[a.Axis] * inner {
				for _, x := range v[lo : lo+inner] {
					out[u] = append(out[u], float32(x))
				}
			}
		}
		longest = max(longest, len(out[u]))
	}
	for u := range out {
		out[u] = append(out[u], make([]float32, longest-len(out[u]))...)
	}
	return out
}

// addActivations runs the network over the rows and keeps what each group's units gave.
func addActivations(net *network.Network, c *surgery.Coupling, stats []criteria.UnitStats, d *data.Dataset,
	rows []int) error {
	var watch []*gorgonia.Node
	pools := make([]pool, len(c.Groups))
	for i, g := range c.Groups {
		watch = append(watch, g.Activation)
		pools[i] = newPool(g)
		stats[i].Activations = make([]float32, 0, len(rows)*len(g.Units))
	}
	return observe(net, watch, d, rows, func(i int, row []float32) {
		stats[i].Activations = pools[i].add(stats[i].Activations, row)
	})
}

// observe runs the network over rows, some at a time, and shows what each watched node gave for each row.
func observe(net *network.Network, watch []*gorgonia.Node, d *data.Dataset, rows []int, see func(i int, row []float32)) error {
	r, err := network.NewRunner(net, 0, watch...)
	if err != nil {
		return err
	}
	if err := r.Freeze(); err != nil {
		return err
	}
	x := make([]float32, min(len(rows), network.DefaultBatch)*d.Width())
	results := make([][]float32, 1+len(watch))
	for lo := 0; lo < len(rows); lo += network.DefaultBatch {
		some := rows[lo:min(lo+network.DefaultBatch, len(rows))]
		x = x[:len(some)*d.Width()]
		if err := d.Gather(x, nil, some); err != nil {
			return err
		}
		for i := range watch {
			if n := len(some) * r.Width(1+i); len(results[1+i]) != n {
				results[1+i] = make([]float32, n)
			}
		}
		if err := r.Run(x, results...); err != nil {
			return err
		}
		for i := range watch {
			for width, k := r.Width(1+i), 0; k < len(some); k++ {
				see(i, results[1+i][k*width:(k+1)*width])
			}
		}
	}
	return nil
}

// pool takes, for each unit of a group, the mean of what it gave for one row: a feature map is one number.
type pool struct {
	outer, size, inner int // of the activation, batch aside: before, along and behind the units' axis
	at                 [][]int
}

func newPool(g *surgery.Group) pool {
	p := pool{1, g.Activation.Shape()[g.Axis], 1, nil}
	for a, n := range g.Activation.Shape() {
		switch {
		case a > 0 && a < g.Axis:
			p.outer *= n
		case a > g.Axis:
			p.inner *= n
		}
	}
	for _, u := range g.Units {
		p.at = append(p.at, u.At)
	}
	return p
}

func (p pool) add(to, row []float32) []float32 {
	for _, at := range p.at {
		sum := 0.0
		for o := range p.outer {
			for _, i := range at {
				lo := (o*p.size + i) * p.inner
				for _, v := range row[lo : lo+p.inner] {
					sum += float64(v)
				}
			}
		}
		to = append(to, float32(sum/float64(p.outer*len(at)*p.inner)))
	}
	return to
}

// addTarget adds labels, or targets as the network learns them.
func addTarget(s *criteria.UnitStats, unit op.Unscaling, d *data.Dataset, rows []int) error {
	if d.Task == data.Regression {
		s.Targets = make([]float32, len(rows))
		return d.GatherScaled(s.Targets, rows, unit.Mean, unit.Scale)
	}
	s.Classes = len(d.Classes)
	for _, r := range rows {
		s.Labels = append(s.Labels, d.Labels[r])
	}
	return nil
}

// targeted says that a criterion looks at a target that the data does not have.
func targeted(needs criteria.Needs, d *data.Dataset) error {
	if needs.Has(criteria.NeedsTarget) && !d.Labeled() {
		return errors.Errorf("%s has no column %q for the criterion to look at", d.Name, d.Target)
	}
	return nil
}

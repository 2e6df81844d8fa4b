package pruning

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Evidence records what a criterion needs of every group of a coupling: one UnitStats a group, in the coupling's order,
// whose unit u is Units[u] of the group. Activations and gradients are taken over the calibration rows of d.
func Evidence(m *models.Model, c *graph.Coupling, needs criteria.Needs, d *data.Dataset, rows []int,
	loss graph.LossFunc, seed uint64) ([]criteria.UnitStats, error) {
	if needs.Has(criteria.NeedsTarget) && !d.Labelled() {
		return nil, errors.Errorf("%s has no column %q for the criterion to look at", d.Name, d.Target)
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
	if needs.Has(criteria.NeedsActivations) {
		if err := addActivations(m.Net, c, stats, d, rows); err != nil {
			return nil, err
		}
	}
	if needs.Has(criteria.NeedsTarget) {
		for i := range stats {
			addTarget(&stats[i], d, rows)
		}
	}
	return stats, nil
}

func addWeights(net *graph.Network, c *graph.Coupling, stats []criteria.UnitStats) error {
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

// gatherUnits collects, for each unit, the numbers at its atoms in trained tensors.
func gatherUnits(g *graph.Group, net *graph.Network, of func(name string) []float64) [][]float32 {
	trained := map[string]tensor.Shape{}
	for _, p := range net.Params {
		trained[p.Name()] = p.Shape()
	}
	out := make([][]float32, len(g.Units))
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
	}
	return out
}

// addActivations runs the network over the rows and keeps what each group's units gave.
func addActivations(net *graph.Network, c *graph.Coupling, stats []criteria.UnitStats, d *data.Dataset,
	rows []int) error {
	var watch []*gorgonia.Node
	for _, g := range c.Groups {
		if len(g.Activation.Shape()) != 2 {
			return errors.Errorf("layer %q: activations of shape %v cannot be scored", g.Name, g.Activation.Shape())
		}
		watch = append(watch, g.Activation)
	}
	r, err := graph.NewRunner(net, 0, watch...)
	if err != nil {
		return err
	}
	x := make([]float32, len(rows)*d.Width())
	if err := d.Gather(x, nil, rows); err != nil {
		return err
	}
	results := make([][]float32, 1+len(watch))
	for i := range watch {
		results[1+i] = make([]float32, len(rows)*r.Width(1+i))
	}
	if err := r.Run(x, results...); err != nil {
		return err
	}
	for i, g := range c.Groups {
		width, all := r.Width(1+i), results[1+i]
		acts := make([]float32, 0, len(rows)*len(g.Units))
		for row := range rows {
			for _, u := range g.Units {
				acts = append(acts, all[row*width+u.Index])
			}
		}
		stats[i].Activations = acts
	}
	return nil
}

func addTarget(s *criteria.UnitStats, d *data.Dataset, rows []int) {
	if d.Task == data.Regression {
		for _, r := range rows {
			s.Targets = append(s.Targets, d.Targets[r])
		}
		return
	}
	s.Classes = len(d.Classes)
	for _, r := range rows {
		s.Labels = append(s.Labels, d.Labels[r])
	}
}

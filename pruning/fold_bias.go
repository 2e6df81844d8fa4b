package pruning

import (
	"github.com/gtrain/gtrain/graph/surgery"
	"gorgonia.org/gorgonia"
)

// foldBias moves the mean outputs of units that will go, over the calibration rows, into the biases of what sums over
// them, and returns a record of that.
func (p *pruner) foldBias(c *surgery.Coupling, chosen map[string][]int) ([]surgery.BiasFold, error) {
	places, err := c.Places(chosen)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	var watch []*gorgonia.Node
	sums := make([][]float64, len(places))
	counts := make([]float64, len(places))
	for i, at := range places {
		watch = append(watch, at.Activation)
		sums[i] = make([]float64, at.Activation.Shape()[at.Axis])
	}
	err = observe(p.model.Net, watch, p.data, p.calib, func(i int, row []float32) {
		size, inner := len(sums[i]), 1
		for _, n := range places[i].Activation.Shape()[places[i].Axis+1:] {
			inner *= n
		}
		for k, v := range row {
			sums[i][k/inner%size] += float64(v)
		}
		counts[i] += float64(len(row) / size)
	})
	if err != nil {
		return nil, err
	}
	net, record, err := c.FoldBias(chosen, func(at surgery.Place) []float64 {
		for i, one := range places {
			if one.Activation == at.Activation && one.Axis == at.Axis {
				mean := make([]float64, len(sums[i]))
				for k, s := range sums[i] {
					mean[k] = s / counts[i]
				}
				return mean
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.model = p.model.With(net)
	return record, nil
}

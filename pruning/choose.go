package pruning

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/pruning/criteria"
)

// choose scores the units that are left and selects so many that the amount of the first network's is gone.
func (p *pruner) choose(c *graph.Coupling, amount float64) (map[string][]int, error) {
	stats, err := Evidence(p.model, c, p.criterion.Needs, p.data, p.calib, p.cfg.Loss, p.cfg.Seed)
	if err != nil {
		return nil, err
	}
	scores := make([]criteria.LayerScores, len(stats))
	for i, s := range stats {
		v, err := p.criterion.Score(s, p.cfg.Options)
		if err != nil {
			return nil, err
		}
		scores[i] = criteria.LayerScores{Layer: s.Layer, Scores: v}
	}
	sel, err := p.selectUnits(scores, amount)
	if err != nil {
		return nil, err
	}
	p.result.Warnings = nil
	chosen := map[string][]int{}
	for _, s := range sel {
		p.result.Warnings = append(p.result.Warnings, s.Warnings()...)
		for k, gone := range s.Removed {
			g := c.Group(gone.Layer)
			at := g.Units[gone.Unit].Index
			chosen[gone.Layer] = append(chosen[gone.Layer], at)
			p.result.Units = append(p.result.Units, Unit{Unit: p.original[gone.Layer][gone.Unit], Layer: gone.Layer,
				Score: gone.Score, Reason: fmt.Sprintf("%s %.4g: rank %d of %d", p.criterion.Name, gone.Score, k+1, s.Units)})
		}
	}
	return chosen, nil
}

// forget takes units off the record of those that are left: the chosen ones, and what went with them.
func (p *pruner) forget(c *graph.Coupling, chosen map[string][]int) error {
	var gone map[string][]int
	var err error
	if p.cfg.Method == Mask { // indices stay, and earlier masks count too
		if c, err = p.analyse(); err == nil {
			gone, err = p.model.Net.Masked(c)
		}
	} else {
		gone, err = c.Gone(chosen)
	}
	if err != nil {
		return err
	}
	for _, g := range c.Groups {
		var left []int
		for k, at := range p.original[g.Name] {
			index := at
			if p.cfg.Method != Mask {
				index = g.Units[k].Index
			}
			switch {
			case !slices.Contains(gone[g.Name], index):
				left = append(left, at)
			case !slices.Contains(chosen[g.Name], index):
				p.result.Units = append(p.result.Units, Unit{Unit: at, Layer: g.Name, Reason: "went with units of another layer"})
			}
		}
		if p.original[g.Name] != nil {
			p.original[g.Name] = left
		}
	}
	return nil
}

// selectUnits turns an amount of the first network into amounts of what is left. With a scope of one layer each layer
// is asked for its own share, so that rounding in one round is made up for in the next.
func (p *pruner) selectUnits(scores []criteria.LayerScores, amount float64) ([]criteria.Selection, error) {
	share := func(total, left int) float64 {
		want := amount*float64(total) - float64(total-left)
		if left < total && want < 0.5 { // earlier rounds took what rounding gives; there is nothing to warn of
			return 0
		}
		return max(0, want/float64(left))
	}
	opt := criteria.SelectOptions{Scope: p.cfg.Scope, Floor: p.cfg.Floor, Normalisation: p.cfg.Normalisation}
	if p.cfg.Scope == criteria.ScopeGlobal {
		total, left := 0, 0
		for _, s := range scores {
			total += p.total[s.Layer]
			left += len(s.Scores)
		}
		opt.Amount = share(total, left)
		s, err := criteria.Select(scores, opt)
		return []criteria.Selection{s}, err
	}
	var out []criteria.Selection
	for _, s := range scores {
		opt.Amount = share(p.total[s.Layer], len(s.Scores))
		one, err := criteria.Select([]criteria.LayerScores{s}, opt)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

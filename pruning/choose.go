package pruning

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/pruning/criteria"
)

// candidate is a unit that a round's selection names.
type candidate struct {
	layer  string
	index  int     // in the present network
	unit   int     // in the first network
	score  float64 // of the criterion
	place  float64 // in its selection: the higher, the better it scored
	reason string
}

// choose scores the units that are left and selects so many that the amount of the first network's is gone.
func (p *pruner) choose(c *surgery.Coupling, amount float64) (map[string][]int, error) {
	if len(c.Groups) == 0 { // all that is left stays as it is
		return nil, nil
	}
	stats, err := Evidence(p.model, c, p.criterion.Needs, p.data, p.calib, p.cfg.Loss, p.cfg.Seed)
	if err != nil {
		return nil, err
	}
	p.warnings = append(p.warnings, p.copies(stats)...)
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
	var list []candidate
	floored := map[string]bool{}
	for _, s := range sel {
		p.warnings = append(p.warnings, p.short(s)...)
		for k, gone := range s.Removed {
			list = append(list, candidate{layer: gone.Layer, index: c.Group(gone.Layer).Units[gone.Unit].Index,
				unit: p.original[gone.Layer][gone.Unit], score: gone.Score, place: float64(k+1) / float64(s.Units),
				reason: fmt.Sprintf("%s %.4g: rank %d of %d", p.criterion.Name, gone.Score, k+1, s.Units)})
		}
		for _, l := range s.Layers {
			if l.Floored {
				floored[l.Layer] = true
			}
		}
	}
	if list, err = p.spare(list); err != nil {
		return nil, err
	}
	p.warnings = append(p.warnings, p.thin(list, floored)...)
	chosen := map[string][]int{}
	for _, u := range list {
		chosen[u.layer] = append(chosen[u.layer], u.index)
		p.result.Units = append(p.result.Units, PrunedUnit{Unit: u.unit, Layer: u.layer, Score: u.score, Reason: u.reason})
	}
	return chosen, nil
}

// short warns where fewer units go than were asked for. Of all layers together it counts what earlier rounds removed.
func (p *pruner) short(s criteria.Selection) []string {
	lines := s.Warnings()
	if p.cfg.Scope != criteria.ScopeGlobal || len(lines) == 0 || len(p.result.Units) == 0 {
		return lines
	}
	asked := s.Asked + float64(len(p.result.Units))
	return []string{fmt.Sprintf("all layers: %.0f of %d units asked by now, %d removed; every layer keeps its floor", asked,
		p.result.Total, len(p.result.Units)+len(s.Removed))}
}

// thin warns of layers of which a selection leaves little: their floor, where others gave more for it, or fewer units than
// there are classes, which can hardly tell these apart.
func (p *pruner) thin(list []candidate, floored map[string]bool) []string {
	gone := map[string]int{}
	for _, u := range list {
		gone[u.layer]++
	}
	var at, few []string
	for _, layer := range slices.Sorted(maps.Keys(p.original)) {
		total, left, classes := p.total[layer], len(p.original[layer])-gone[layer], len(p.data.Classes)
		line := fmt.Sprintf("layer %q is left with %d of %d units", layer, left, total)
		under := left < classes && total >= classes
		if under {
			line += fmt.Sprintf(", fewer than the %d classes", classes)
		}
		switch {
		case left == total:
		case floored[layer] && p.cfg.Scope == criteria.ScopeGlobal:
			at = append(at, line)
		case under:
			few = append(few, line)
		}
	}
	return slices.Concat(together(at, ": that is its floor; by their scores more of them would have gone"),
		together(few, "; a higher floor or a smaller amount keeps more"))
}

// together puts many lines into one.
func together(lines []string, end string) []string {
	if len(lines) > 3 {
		return []string{fmt.Sprintf("%s; and %d more layers%s", lines[0], len(lines)-1, end)}
	}
	for i := range lines {
		lines[i] += end
	}
	return lines
}

// forget takes units off the record of those that are left: the chosen ones, and what went with them.
func (p *pruner) forget(c *surgery.Coupling, chosen map[string][]int) error {
	var gone map[string][]int
	var err error
	if p.cfg.Method == MaskUnits { // indices stay, and earlier masks count too
		if c, err = p.analyse(); err == nil {
			gone, err = c.Masked()
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
			if p.cfg.Method != MaskUnits {
				index = g.Units[k].Index
			}
			switch {
			case !slices.Contains(gone[g.Name], index):
				left = append(left, at)
			case !slices.Contains(chosen[g.Name], index):
				p.result.Units = append(p.result.Units, PrunedUnit{Unit: at, Layer: g.Name, Reason: "went with units of another layer"})
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
	opt := criteria.SelectOptions{Scope: p.cfg.Scope, Floor: p.cfg.Floor, Normalization: p.cfg.Normalization}
	if p.cfg.Scope == criteria.ScopeGlobal {
		total, left := 0, 0
		for _, s := range scores {
			total += p.total[s.Layer]
			left += len(s.Scores)
			if p.cfg.Floor == 0 {
				opt.Floors = append(opt.Floors, criteria.AutoFloor(p.total[s.Layer], len(p.data.Classes)))
			}
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

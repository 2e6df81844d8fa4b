package randnet

import (
	"strings"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/pruning"
	"github.com/pkg/errors"
)

// prune masks random units, cuts them, and compares both with the plain float64 program of the masked network.
func (c *candidate) prune() error {
	net := c.net.Network
	coupling, err := surgery.Analyze(net)
	if err != nil {
		return err
	}
	removed := c.units(coupling)
	if len(removed) == 0 {
		return nil
	}
	masked, err := coupling.Mask(removed)
	if err != nil {
		return errors.Wrapf(err, "mask %v", removed)
	}
	wideCoupling, err := surgery.Analyze(c.wide.Network)
	if err != nil {
		return err
	}
	wideMasked, err := wideCoupling.Mask(removed)
	if err != nil {
		return err
	}
	want, err := plain(wideMasked, c.x)
	if err != nil {
		return err
	}
	nets := []variant{{"masked", masked}}
	cut, err := coupling.Cut(removed)
	switch {
	case err == nil:
		if _, err := pruning.Check(masked, cut, c.x); err != nil {
			return errors.Wrapf(err, "proof of %v", removed)
		}
		nets = append(nets, variant{"cut", cut})
	case !strings.Contains(err.Error(), "nothing would be left"): // of a slice, which masks do not mind
		return errors.Wrapf(err, "cut %v", removed)
	}
	for _, v := range nets {
		for _, p := range v.paths(c, want) {
			got, err := p.run(c)
			if err == nil {
				err = agree(got, want)
			}
			if err != nil {
				return errors.Wrapf(err, "%s, %s, without %v", v.name, p.name, removed)
			}
		}
	}
	return nil
}

// units are some of every group, never all.
func (c *candidate) units(coupling *surgery.Coupling) map[string][]int {
	share, removed := c.rng.Float64(), map[string][]int{}
	for _, g := range coupling.Groups {
		stays := c.rng.IntN(len(g.Units))
		for u, unit := range g.Units {
			if u != stays && c.rng.Float64() < share {
				removed[g.Name] = append(removed[g.Name], unit.Index)
			}
		}
	}
	return removed
}

// variant is the network after a removal.
type variant struct {
	name string
	net  *network.Network
}

func (v variant) paths(c *candidate, want []float64) []path {
	return []path{
		{"plain program", false, func(c *candidate) ([]float64, error) { return plain(v.net, c.x) }},
		{"program", false, func(c *candidate) ([]float64, error) { return compiled(v.net, c.x) }},
		{"frozen Runner", false, func(c *candidate) ([]float64, error) { return run(v.net, c.some(), true, c.x) }},
		{"surgery.FoldBatchNorm", false, func(c *candidate) ([]float64, error) {
			n, err := surgery.FoldBatchNorm(v.net)
			if err != nil {
				return nil, err
			}
			return compiled(n, c.x)
		}},
		{"saved and loaded", false, func(c *candidate) ([]float64, error) {
			m, err := c.saved(c.model.With(v.net), v.name, want)
			if v.name == "masked" && err != nil && strings.Contains(err.Error(), "has no ONNX form") {
				return want, nil // a mask inside one of Gorgonia's convolutions, which a file cannot hold
			}
			if err != nil {
				return nil, err
			}
			return compiled(m.Net, c.x)
		}},
	}
}

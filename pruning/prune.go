package pruning

import (
	"context"
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// pruner carries a pruning from round to round.
type pruner struct {
	cfg       Config
	criterion criteria.Criterion
	data      *data.Dataset
	parts     *data.Parts
	calib     []int
	check     []float32        // rows for the equivalence check
	first     *models.Model    // a copy of what was given
	model     *models.Model    // what the rounds have made of it
	original  map[string][]int // by layer: the index in the first network of each unit that is left
	total     map[string]int
	result    *Result
	warnings  []string // of the round
	kept      []string // of all rounds: units that stay lest something be emptied
	start     int      // where the schedule of fine-tuning begins in each round
}

// Prune makes a smaller network of a model. The model itself is unchanged and shares no memory with the result. Scores
// are taken from training rows, the equivalence check and fine-tuning's decisions from validation rows. When the
// context ends, between rounds or during fine-tuning, the error is training.ErrInterrupted.
//
// The optimizer of Config.Finetune is used, and its state cut, as it is: give it the state of the training before to go
// on with its momenta, or a fresh one.
func Prune(ctx context.Context, m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) (*Result, error) {
	if ctx == nil {
		return nil, errors.New("there is no context (nil): context.Background() never ends")
	}
	p, err := newPruner(m, d, parts, cfg)
	if err != nil {
		return nil, err
	}
	for r := 1; r <= p.cfg.Rounds; r++ {
		if err := p.round(ctx, r); err != nil {
			return nil, errors.Wrapf(err, "round %d of %d", r, p.cfg.Rounds)
		}
	}
	p.result.Model = p.model
	if p.result.Masked, err = p.masked(); err != nil {
		return nil, err
	}
	if p.cfg.Rounds == 1 || p.cfg.Finetune == nil { // they are one
		p.result.Untuned = nil
	}
	p.result.Kept = map[string]int{}
	for layer, left := range p.original {
		p.result.Kept[layer] = len(left)
	}
	return p.result, nil
}

// Verify says why Prune would refuse to begin, without its work: of a model that is yet to be trained, what is wrong with
// the pruning is then known before the training.
func Verify(m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) error {
	_, err := newPruner(m, d, parts, cfg)
	return err
}

func newPruner(m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) (*pruner, error) {
	if err := m.Check(d); err != nil {
		return nil, err
	}
	if parts == nil {
		return nil, errors.New("there are no parts (nil): data.Split makes them")
	}
	c, err := cfg.resolve(d.Task)
	if err != nil {
		return nil, err
	}
	if n := d.Missing(); n > 0 {
		return nil, errors.Errorf("%s has %d missing values; impute them first", d.Name, n)
	}
	// The network is copied, so that fine-tuning leaves the caller's weights alone.
	net, err := m.Net.Clone()
	if err != nil {
		return nil, err
	}
	first, err := m.Net.Clone()
	if err != nil {
		return nil, err
	}
	p := &pruner{cfg: cfg, criterion: c, data: d, parts: parts, first: m.With(first), model: m.With(net), original: map[string][]int{},
		total: map[string]int{}, result: &Result{}}
	if p.calib = calibration(parts.Train, cfg.Calibration, cfg.Seed); len(p.calib) == 0 {
		return nil, errors.New("no training rows to score units with")
	}
	if err := targeted(c.Needs, d); err != nil {
		return nil, err
	}
	o, err := c.Resolve(cfg.Options)
	if err != nil {
		return nil, err
	}
	if o.Estimator == criteria.KNN && o.Neighbors >= len(p.calib) {
		return nil, settings.About("neighbours", errors.Errorf("criterion %s, %d neighbours: units are scored on %d rows, and there "+
			"must be more rows than neighbours", c.Name, o.Neighbors, len(p.calib)))
	}
	rows := parts.Val
	if len(rows) == 0 {
		rows = p.calib
	}
	p.check = make([]float32, len(rows)*d.Width())
	if err := d.Gather(p.check, nil, rows); err != nil {
		return nil, err
	}
	if cfg.Finetune != nil { // what is wrong with it is said before any work
		if _, err := p.trainer(1); err != nil {
			return nil, err
		}
		if o := cfg.Finetune.Optimizer; cfg.Method == RemoveUnits && (cfg.Rounds > 1 || o.StepCount() > 0) {
			if err := optimizers.Cuttable(o); err != nil {
				return nil, errors.Wrap(err, "fine-tune")
			}
		}
		p.start = cfg.Finetune.Optimizer.StepCount()
	}
	groups, err := p.groups()
	if err != nil {
		return nil, err
	}
	for _, g := range groups.Groups {
		for _, u := range g.Units {
			p.original[g.Name] = append(p.original[g.Name], u.Index)
		}
		p.total[g.Name] = len(g.Units)
		p.result.Total += len(g.Units)
	}
	if p.result.Total == 0 {
		return nil, errors.New("the model has no unit that could be pruned")
	}
	return p, nil
}

// calibration draws at most n rows by seed.
func calibration(rows []int, n int, seed uint64) []int {
	if len(rows) <= n {
		return rows
	}
	perm := random.New(seed, "calibration").Perm(len(rows))[:n]
	out := make([]int, n)
	for i, k := range perm {
		out[i] = rows[k]
	}
	return out
}

// analyse finds the prunable layers of the present network.
func (p *pruner) analyse() (*surgery.Coupling, error) {
	var opts []surgery.AnalyzeOption
	if p.cfg.Features {
		opts = append(opts, surgery.PruneInputs())
	}
	if p.cfg.Positions {
		opts = append(opts, surgery.PrunePositions())
	}
	return surgery.Analyze(p.model.Net, opts...)
}

// groups are these layers without units that are masked already.
func (p *pruner) groups() (*surgery.Coupling, error) {
	c, err := p.analyse()
	if err != nil {
		return nil, err
	}
	masked, err := c.Masked()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	var groups []*surgery.Group
	for _, g := range c.Groups {
		known[g.Name] = true
		gone := map[int]bool{}
		for _, i := range masked[g.Name] {
			gone[i] = true
		}
		live := *g
		live.Units = nil
		for _, u := range g.Units {
			if !gone[u.Index] {
				live.Units = append(live.Units, u)
			}
		}
		if len(live.Units) > 0 && p.wanted(g.Name) {
			groups = append(groups, &live)
		}
	}
	for _, name := range p.cfg.Layers {
		if !known[name] {
			var names []string
			for _, g := range c.Groups {
				names = append(names, g.Name)
			}
			return nil, suggest.Unknown("layer", name, names)
		}
	}
	c.Groups = groups
	return c, nil
}

// live are the groups of the present network, as far as their units are those that Prune began with. What is left of a
// convolution in groups may be coupled otherwise than the whole was: such a layer stays as it is from then on.
func (p *pruner) live() (*surgery.Coupling, error) {
	c, err := p.groups()
	if err != nil {
		return nil, err
	}
	c.Groups = slices.DeleteFunc(c.Groups, func(g *surgery.Group) bool {
		n := len(p.original[g.Name])
		if n == len(g.Units) {
			return false
		}
		line := fmt.Sprintf("layer %q stays as it is: what is left of it couples %d units otherwise than before", g.Name,
			len(g.Units))
		if !slices.Contains(p.kept, line) {
			p.kept = append(p.kept, line)
		}
		return true
	})
	return c, nil
}

func (p *pruner) wanted(name string) bool {
	if len(p.cfg.Layers) == 0 {
		return true
	}
	for _, l := range p.cfg.Layers {
		if l == name {
			return true
		}
	}
	return false
}

func (p *pruner) round(ctx context.Context, r int) error {
	if ctx.Err() != nil {
		return training.ErrInterrupted
	}
	p.warnings = nil
	before := len(p.kept)
	c, err := p.live()
	if err != nil {
		return err
	}
	if p.criterion.Needs.Has(criteria.NeedsActivations) {
		if err := holdEvidence(p.model.Net, c, p.check); err != nil {
			return err
		}
	}
	chosen, err := p.choose(c, p.cfg.Schedule.At(p.cfg.Amount, r, p.cfg.Rounds))
	if err != nil {
		return err
	}
	if p.cfg.FoldBias {
		record, err := p.foldBias(c, chosen)
		if err != nil {
			return err
		}
		for _, f := range record {
			p.result.BiasFolds = append(p.result.BiasFolds, RoundFold{r, f.Node, f.Units, f.Into, f.Why})
		}
		if c, err = p.live(); err != nil {
			return err
		}
	}
	if err := p.apply(c, chosen); err != nil {
		return err
	}
	if err := p.forget(c, chosen); err != nil {
		return err
	}
	p.result.Warnings = slices.Concat(p.kept, p.warnings)
	if p.cfg.OnRound != nil {
		info := RoundInfo{Round: r, Rounds: p.cfg.Rounds, Amount: p.cfg.Schedule.At(p.cfg.Amount, r, p.cfg.Rounds),
			Removed: len(p.result.Units), Left: p.result.Total - len(p.result.Units), Warnings: slices.Concat(p.kept[before:], p.warnings)}
		if err := p.cfg.OnRound(info); err != nil {
			return err
		}
	}
	return p.finetune(ctx, r)
}

// apply masks the units and, where asked, removes them and proves that nothing else changed.
func (p *pruner) apply(c *surgery.Coupling, chosen map[string][]int) error {
	masked, err := c.Mask(chosen)
	if err != nil {
		return err
	}
	// Fine-tuning will change the weights; the record of the untuned network keeps its own.
	frozen, err := masked.Clone()
	if err != nil {
		return err
	}
	p.result.Untuned = p.model.With(frozen)
	without, err := c.Without(chosen)
	if err != nil {
		return err
	}
	if p.cfg.Method == MaskUnits {
		p.model = p.model.With(masked)
		return p.proven(checkMask(without, masked, p.check))
	}
	keep, err := c.KeepAll(chosen)
	if err != nil {
		return err
	}
	removed, err := surgery.Cut(p.model.Net, keep)
	if err != nil {
		return err
	}
	if err := p.proven(checkRemoval(without, masked, removed, p.check)); err != nil {
		return err
	}
	p.model = p.model.With(removed)
	if p.cfg.Finetune != nil {
		return CutState(p.cfg.Finetune.Optimizer, keep)
	}
	return nil
}

// masked is the network that was given with all units masked that have gone since, whatever fine-tuning did in between.
func (p *pruner) masked() (*models.Model, error) {
	gone := map[string][]int{}
	for _, u := range p.result.Units {
		gone[u.Layer] = append(gone[u.Layer], u.Unit)
	}
	last := p.model
	defer func() { p.model = last }()
	p.model = p.first
	c, err := p.groups()
	if err != nil {
		return nil, err
	}
	if p.cfg.FoldBias {
		if _, err := p.foldBias(c, gone); err != nil {
			return nil, err
		}
		if c, err = p.groups(); err != nil {
			return nil, err
		}
	}
	net, err := c.Mask(gone)
	if err != nil {
		return nil, err
	}
	without, err := c.Without(gone)
	if err != nil {
		return nil, err
	}
	return p.model.With(net), p.proven(checkMask(without, net, p.check))
}

package jobs

import (
	"context"
	"slices"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/threads"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"
)

// RunReport is what the main job found out: a pruning, and how criteria compare at the same amount. Its JSON names are
// stable.
type RunReport struct {
	PruneReport
	Comparison []Comparison `json:"comparison"`
}

// Comparison is one criterion over several seeds.
type Comparison struct {
	Criterion string    `json:"criterion"`
	Seeds     []uint64  `json:"seeds"`
	Dense     []float64 `json:"dense"`  // accuracy, or R², of each seed's dense network
	Masked    []float64 `json:"masked"` // the dense network without the units, not fine-tuned
	Pruned    []float64 `json:"pruned"` // after fine-tuning
	Params    []int     `json:"params"` // left
}

// MeanStd is the mean and the sample standard deviation, 0 for a single value.
func MeanStd(x []float64) (mean, std float64) {
	if len(x) < 2 {
		return stat.Mean(x, nil), 0
	}
	return stat.MeanStdDev(x, nil)
}

// Run is the main job: train, score, prune, recompile, fine-tune, compare.
func Run(ctx context.Context, c Config, out OutOptions, rep Reporter) (*RunReport, error) {
	if out.Resume {
		return nil, configErr(errors.New("run cannot be resumed; train can"))
	}
	at, p, m, cfg, err := c.open(out, rep)
	if err != nil {
		return nil, err
	}
	defer at.release()
	if err := c.checkLayers(m); err != nil {
		return nil, err
	}
	if err := c.verify(m, p); err != nil {
		return nil, err
	}
	describe(rep, &c, p, m, cfg)
	dir, err := at.claim()
	if err != nil {
		return nil, err
	}
	if err := c.checkpoints(&cfg, p, dir); err != nil {
		return nil, err
	}
	if err := dir.begin(c, cfg.Run); err != nil {
		return nil, err
	}
	h, err := fit(ctx, m, p, cfg, rep)
	if h != nil {
		if werr := writeHistory(dir, h); err == nil {
			err = werr
		}
	}
	if errors.Is(err, training.ErrInterrupted) {
		rep.Note("go on with the training: gtrain train --resume --out %s", dir)
	}
	if err == nil {
		err = interrupted(ctx, "after training")
	}
	if err != nil {
		return nil, err
	}
	report, result, err := c.prune(ctx, m, p, rep, pruneOptions{timed: true})
	if err != nil {
		return nil, err
	}
	for _, w := range warnings(p, h, cfg, score{report.Dense.Accuracy, report.Dense.RMSE, report.Dense.R2}) {
		rep.Note("%s", w)
		report.Warnings = append(report.Warnings, w)
	}
	if err := result.Model.Save(dir.Path(models.File)); err != nil {
		return nil, err
	}
	all := &RunReport{PruneReport: *report}
	if all.Comparison, err = c.compare(ctx, rep); err != nil {
		return nil, err
	}
	all.Out, all.ModelFile = string(dir), dir.Path(models.File)
	return all, dir.writeJSON(reportFile, all)
}

// checkLayers says which of the layers to prune the model does not have.
func (c *Config) checkLayers(m *models.Model) error {
	var opts []surgery.AnalyzeOption
	if c.Prune.Positions {
		opts = append(opts, surgery.PrunePositions())
	}
	coupling, err := surgery.Analyze(m.Net, opts...)
	if err != nil {
		return err
	}
	var known []string
	for _, g := range coupling.Groups {
		known = append(known, g.Name)
	}
	if len(known) == 0 {
		return configErr(errors.Errorf("model %s has no unit that could be pruned", c.modelName()))
	}
	for _, name := range c.Prune.Layers {
		if !slices.Contains(known, name) {
			return configErr(suggest.Unknown("layer", name, known))
		}
	}
	return nil
}

// comparing is c with another criterion. Options belong to the criterion that they were given for.
func (c *Config) comparing(criterion string) Config {
	one := *c
	if one.Prune.Criterion = criterion; criterion != c.Prune.Criterion {
		one.Prune.Estimator, one.Prune.Bins, one.Prune.Binning, one.Prune.Neighbors = "", 0, "", 0
	}
	return one
}

// verify says what is wrong with the prunings that follow a training, before it.
func (c *Config) verify(m *models.Model, p *prepared) error {
	names := []string{c.Prune.Criterion}
	if c.Compare.Seeds > 0 {
		names = append(names, c.Compare.Criteria...)
	}
	for _, name := range names {
		one := c.comparing(name)
		cfg, err := one.pruningOn(p)
		if err == nil {
			err = pruning.Verify(m, p.data, p.parts, cfg)
		}
		if err != nil {
			return configErr(err)
		}
	}
	return nil
}

// open is how a job that trains begins: everything that can be wrong with the settings, the data and the place to write
// to is known before anything is written. The caller must release the place.
func (c *Config) open(out OutOptions, rep Reporter) (at *place, p *prepared, m *models.Model, cfg training.Config,
	err error) {
	if err = c.Validate(); err != nil {
		return
	}
	if at, err = reserve(c.Out, runName(c), out, rep); err != nil {
		return
	}
	defer func() {
		if err != nil {
			at.release()
		}
	}()
	threads.Set(c.Threads)
	if p, err = c.load(); err != nil {
		return
	}
	if err = out.accept(p.data.Task, p.data.Schema); err != nil {
		return
	}
	if err = c.checkTask(p.data); err != nil {
		return
	}
	d, rows, _ := p.judged()
	if err = out.defined(d, rows); err != nil {
		return
	}
	if m, cfg, err = c.dense(p); err != nil {
		return
	}
	c.wholeBatch(len(p.parts.Train), rep)
	if _, err = training.New(m, p.data, p.parts, cfg); err != nil {
		err = configErr(err)
	}
	return
}

// dense builds the untrained model and its training, and settles what follows from the data.
func (c *Config) dense(p *prepared) (*models.Model, training.Config, error) {
	m, err := c.build(p)
	if err == nil {
		err = c.settle(p, m)
	}
	if err != nil {
		return nil, training.Config{}, err
	}
	cfg, err := c.training(len(p.parts.Train), p.data.Task)
	return m, cfg, err
}

func fit(ctx context.Context, m *models.Model, p *prepared, cfg training.Config, rep Reporter) (
	*training.History, error) {
	observe(&cfg, rep, "train")
	t, err := training.New(m, p.data, p.parts, cfg)
	if err != nil {
		return nil, configErr(err)
	}
	rep.Begin("train", cfg.Epochs*((len(p.parts.Train)+cfg.Batch-1)/cfg.Batch))
	defer rep.End()
	return t.Fit(ctx)
}

// compare trains a dense network for each seed and prunes it by each criterion, everything else being equal.
func (c *Config) compare(ctx context.Context, rep Reporter) ([]Comparison, error) {
	n := c.Compare.Seeds
	if n == 0 || len(c.Compare.Criteria) == 0 {
		return nil, nil
	}
	out := make([]Comparison, len(c.Compare.Criteria))
	rep.Begin("compare", n*len(out))
	defer rep.End()
	for s := range n {
		if err := interrupted(ctx, "comparison"); err != nil {
			return nil, err
		}
		one := *c
		one.Seed = c.Seed + uint64(s)
		p, err := one.load()
		if err != nil {
			return nil, err
		}
		m, cfg, err := one.dense(p)
		if err != nil {
			return nil, err
		}
		if _, err := fit(ctx, m, p, cfg, Silent{}); err != nil {
			return nil, errors.Wrapf(err, "seed %d", one.Seed)
		}
		for i, criterion := range c.Compare.Criteria {
			one.Prune = c.comparing(criterion).Prune
			r, _, err := one.prune(ctx, m, p, Silent{}, pruneOptions{})
			if err != nil {
				return nil, errors.Wrapf(err, "seed %d, criterion %s", one.Seed, criterion)
			}
			o := &out[i]
			o.Criterion = criterion
			o.Seeds = append(o.Seeds, one.Seed)
			o.Dense = append(o.Dense, r.Dense.Score())
			o.Masked = append(o.Masked, r.Masked.Score())
			o.Pruned = append(o.Pruned, r.Pruned.Score())
			o.Params = append(o.Params, r.Pruned.Params)
			one.Prune = c.Prune
			rep.Step(0)
		}
	}
	return out, nil
}

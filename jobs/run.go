package jobs

import (
	"context"
	"slices"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/settings"
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
func Run(ctx context.Context, c config.Config, out OutOptions, rep Reporter) (*RunReport, error) {
	if out.Resume {
		return nil, config.Usage(errors.New("run cannot be resumed; train can"))
	}
	plan, at, p, m, cfg, err := open(c, out, rep)
	if err != nil {
		return nil, err
	}
	defer at.Release()
	if err := checkLayers(&plan.Config, m); err != nil {
		return nil, err
	}
	if err := verify(plan, m, p); err != nil {
		return nil, err
	}
	describe(rep, plan, p, m, cfg)
	dir, err := at.Claim()
	if err != nil {
		return nil, err
	}
	if err := checkpoints(plan, &cfg, p, dir); err != nil {
		return nil, err
	}
	if err := begin(dir, plan, cfg.Run); err != nil {
		return nil, err
	}
	h, err := fit(ctx, m, p, cfg, rep)
	if h != nil {
		if werr := writeHistory(dir, h); err == nil {
			err = werr
		}
	}
	err = unfinished(dir, err)
	if err == nil {
		err = interrupted(ctx, "after training")
	}
	if err != nil {
		return nil, err
	}
	report, result, err := prune(ctx, plan, plan.Pruning, m, p, rep, pruneOptions{timed: true})
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
	if all.Comparison, err = compare(ctx, plan, rep); err != nil {
		return nil, err
	}
	all.Out, all.ModelFile = string(dir), dir.Path(models.File)
	return all, dir.WriteJSON(rundir.ReportFile, all)
}

// checkLayers says which of the layers to prune the model does not have.
func checkLayers(c *config.Config, m *models.Model) error {
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
		return config.Usage(errors.Errorf("model %s has no unit that could be pruned", modelName(c)))
	}
	for _, name := range c.Prune.Layers {
		if !slices.Contains(known, name) {
			return config.Usage(settings.About("prune.layers", errors.WithMessage(suggest.Unknown("layer", name, known), "prune.layers")))
		}
	}
	return nil
}

// verify says what is wrong with the prunings that follow a training, before it.
func verify(plan *config.Plan, m *models.Model, p *prepared) error {
	all := []pruning.Config{plan.Pruning}
	if plan.Config.Compare.Seeds > 0 {
		all = append(all, plan.Compared...)
	}
	for _, one := range all {
		cfg, err := plan.PruningOn(one, len(p.parts.Train), p.data.Task)
		if err == nil {
			err = pruning.Verify(m, p.data, p.parts, cfg)
		}
		if err != nil {
			return config.Usage(config.In("prune", err))
		}
	}
	return nil
}

// open is how a job that trains begins: everything that can be wrong with the settings, the data and the place to write
// to is known before anything is written. The caller must release the place.
func open(c config.Config, out OutOptions, rep Reporter) (plan *config.Plan, at *rundir.Place, p *prepared, m *models.Model,
	cfg training.Config, err error) {
	if plan, err = c.Resolve(); err != nil {
		return
	}
	if at, err = rundir.Reserve(c.Out, runName(&c), out.Mode, rep.Note); err != nil {
		return
	}
	defer func() {
		if err != nil {
			at.Release()
		}
	}()
	threads.Set(c.Threads)
	d, err := load(plan)
	if err != nil {
		return
	}
	if err = out.accept(d.Task, d.Schema); err != nil {
		return
	}
	if err = checkTask(plan, d); err != nil {
		return
	}
	if plan, p, m, cfg, err = prepare(plan, d, rep); err != nil {
		return
	}
	d, rows, _ := p.judged()
	if err = out.defined(d, rows); err != nil {
		return
	}
	if _, err = training.New(m, p.data, p.parts, cfg); err != nil {
		err = config.Usage(err)
	}
	return
}

func fit(ctx context.Context, m *models.Model, p *prepared, cfg training.Config, rep Reporter) (
	*training.History, error) {
	observe(&cfg, rep, "train")
	t, err := training.New(m, p.data, p.parts, cfg)
	if err != nil {
		return nil, config.Usage(err)
	}
	rep.Begin("train", cfg.Epochs*((len(p.parts.Train)+cfg.Batch-1)/cfg.Batch))
	defer rep.End()
	return t.Fit(ctx)
}

// compare trains a dense network for each seed and prunes it by each criterion, everything else being equal. The plan is
// settled, so that every seed's training has the length and rate of the first.
func compare(ctx context.Context, plan *config.Plan, rep Reporter) ([]Comparison, error) {
	n := plan.Config.Compare.Seeds
	if n == 0 || len(plan.Compared) == 0 {
		return nil, nil
	}
	out := make([]Comparison, len(plan.Compared))
	rep.Begin("compare", n*len(out))
	defer rep.End()
	for s := range n {
		if err := interrupted(ctx, "comparison"); err != nil {
			return nil, err
		}
		seed := plan.Config.Seed + uint64(s)
		one := plan.ForSeed(seed)
		d, err := load(one)
		if err != nil {
			return nil, err
		}
		one, p, m, cfg, err := prepare(one, d, Silent{})
		if err != nil {
			return nil, err
		}
		if _, err := fit(ctx, m, p, cfg, Silent{}); err != nil {
			return nil, errors.Wrapf(err, "seed %d", seed)
		}
		for i, by := range one.Compared {
			r, _, err := prune(ctx, one, by, m, p, Silent{}, pruneOptions{})
			if err != nil {
				return nil, errors.Wrapf(err, "seed %d, criterion %s", seed, by.Criterion.Name)
			}
			o := &out[i]
			o.Criterion = by.Criterion.Name
			o.Seeds = append(o.Seeds, seed)
			o.Dense = append(o.Dense, r.Dense.Score())
			o.Masked = append(o.Masked, r.Masked.Score())
			o.Pruned = append(o.Pruned, r.Pruned.Score())
			o.Params = append(o.Params, r.Pruned.Params)
			rep.Step(0)
		}
	}
	return out, nil
}

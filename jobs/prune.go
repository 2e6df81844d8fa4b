package jobs

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/threads"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// PruneReport is what a pruning found out. Its JSON names are stable.
type PruneReport struct {
	Dataset     string               `json:"dataset"`
	Model       string               `json:"model"`
	Seed        uint64               `json:"seed"`
	Split       string               `json:"split"` // the rows that the measures are of
	N           int                  `json:"n"`
	Criterion   string               `json:"criterion"`
	Method      string               `json:"method"`
	Scope       string               `json:"scope"`
	Amount      float64              `json:"amount"`
	Rounds      int                  `json:"rounds"`
	Dense       *pruning.Measure     `json:"dense"`
	Masked      *pruning.Measure     `json:"masked"`            // the dense network without the units, not fine-tuned at all
	Untuned     *pruning.Measure     `json:"untuned,omitempty"` // with several rounds: before the last one's fine-tuning
	Pruned      *pruning.Measure     `json:"pruned"`
	Finetune    *Finetune            `json:"finetune,omitempty"`
	Equivalence pruning.Equivalence  `json:"equivalence"`
	Units       int                  `json:"units"` // before
	Kept        map[string]int       `json:"kept"`  // units left, by layer
	Removed     []pruning.PrunedUnit `json:"removed"`
	BiasFolds   []pruning.RoundFold  `json:"bias_folds,omitempty"`
	Warnings    []string             `json:"warnings,omitempty"`
	Out         string               `json:"out,omitempty"`
	ModelFile   string               `json:"model_file,omitempty"`
}

// Prune prunes the model at path and writes a run directory with the result. Nothing but a lock is written before the
// result is there.
func Prune(ctx context.Context, path string, c config.Config, out OutOptions, rep Reporter) (*PruneReport, error) {
	plan, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	if out.Resume {
		return nil, config.Usage(errors.New("pruning cannot be resumed; a training can"))
	}
	at, err := rundir.Reserve(c.Out, pruneName(path), out.Mode, rep.Note)
	if err != nil {
		return nil, err
	}
	defer at.Release()
	threads.Set(c.Threads)
	m, err := loadModel(path, rep)
	if err != nil {
		return nil, err
	}
	if err := out.accept(m.Task, m.Schema); err != nil {
		return nil, err
	}
	p, err := loadFor(&c, m, rep)
	if err != nil {
		return nil, err
	}
	d, rows, _ := p.judged()
	if err := out.defined(d, rows); err != nil {
		return nil, err
	}
	like := like(&c, path)
	size, err := training.SizeOf(m, p.parts)
	if err != nil {
		return nil, err
	}
	if plan, err = plan.Settle(size, m.Task); err != nil {
		return nil, err
	}
	if batch := c.Train.Batch; plan.FullBatch() && batch != config.Auto && int(batch) != size.Rows && c.Prune.FinetuneEpochs > 0 {
		rep.Note("%s takes all %d rows at every step: batch %d has no effect", c.Train.Optimizer, size.Rows, batch)
	}
	report, result, err := prune(ctx, plan, plan.Pruning, m, p, rep, pruneOptions{timed: true, like: like})
	if err != nil {
		return nil, err
	}
	report.Model = path
	// The model comes first: what force replaces may be the directory that the old one was read from, which then holds one
	// of the two at every instant.
	if err := result.Model.Save(at.Dir.Path(models.File)); err != nil {
		return nil, err
	}
	dir, err := at.Claim(models.File)
	if err != nil {
		return nil, err
	}
	if err := begin(dir, plan, ""); err != nil {
		return nil, err
	}
	report.Out, report.ModelFile = string(dir), dir.Path(models.File)
	return report, dir.WriteJSON(rundir.ReportFile, report)
}

func pruneName(path string) string {
	base := filepath.Base(filepath.Clean(path))
	if base == models.File {
		base = filepath.Base(filepath.Dir(filepath.Clean(path)))
	}
	base = strings.TrimSuffix(base, ".onnx")
	if base == "." || base == string(filepath.Separator) {
		base = "model"
	}
	return base + "-pruned"
}

// loadFor reads data for an existing model: encoded as the model's own data was and split as it was. Other data than it
// was trained on is split anew.
func loadFor(c *config.Config, m *models.Model, rep Reporter) (*prepared, error) {
	d, err := LoadFor(m, c.Data.Source, c.Data.TestData, false)
	if err != nil {
		return nil, err
	}
	if !d.Labeled() {
		return nil, errors.Errorf("%s has no column %q to score units by", d.Name, d.Target)
	}
	var parts *data.Parts
	if m.Split != nil && m.Split.Fingerprint == d.Fingerprint {
		parts, err = m.Split.Recover(d)
		if def := config.Default().Data; c.Data.TestSplit != def.TestSplit || c.Data.ValSplit != def.ValSplit {
			rep.Note("%s is split as the model was trained on it: test_split and val_split are for other data", d.Name)
		}
	} else {
		rep.Note("%s is not the data that the model was trained on; it is split anew", d.Name)
		parts, err = split(c, d)
	}
	if err != nil {
		return nil, dataErr(err)
	}
	return &prepared{data: d, parts: parts}, nil
}

// pruneOptions are of one pruning in memory.
type pruneOptions struct {
	timed bool   // the measures have latencies
	like  string // how fine-tuning compares with the training of the model, for the note that says what it uses
}

// prune does the work on a model in memory, by one of a settled plan's prunings.
func prune(ctx context.Context, plan *config.Plan, by pruning.Config, m *models.Model, p *prepared, rep Reporter,
	opt pruneOptions) (*PruneReport, *pruning.Result, error) {
	cfg, err := plan.PruningOn(by, len(p.parts.Train), p.data.Task)
	if err == nil {
		err = config.Usage(config.In("prune", pruning.Verify(m, p.data, p.parts, cfg)))
	}
	if err != nil {
		return nil, nil, err
	}
	steps := 0
	loss := plan.NamedLoss(p.data.Task)
	tuning := describeFinetune(&plan.Config, cfg.Finetune, loss)
	if cfg.Finetune != nil {
		observe(cfg.Finetune, rep, "fine-tune")
		steps = cfg.Rounds * cfg.Finetune.Epochs * ((len(p.parts.Train) + cfg.Finetune.Batch - 1) / cfg.Finetune.Batch)
	}
	cfg.OnRound = func(r pruning.RoundInfo) error {
		if r.Round == 1 && tuning != nil {
			rep.Note("fine-tuning%s: %v", opt.like, tuning)
		}
		rep.Note("round %d of %d: %s %d units, %d left", r.Round, r.Rounds, past(cfg.Method), r.Removed, r.Left)
		for _, w := range r.Warnings {
			rep.Note("%s", w)
		}
		return interrupted(ctx, "pruning")
	}
	rep.Begin("prune", steps)
	result, err := pruning.Prune(ctx, m, p.data, p.parts, cfg)
	rep.End()
	if err == nil {
		err = interrupted(ctx, "pruning")
	}
	if err != nil {
		return nil, nil, err
	}
	if cfg.Finetune != nil {
		result.Model.Loss = loss
	}
	report := &PruneReport{Dataset: p.data.Name, Model: modelName(&plan.Config), Seed: plan.Config.Seed, Criterion: cfg.Criterion.Name,
		Method: string(cfg.Method), Scope: string(cfg.Scope), Amount: cfg.Amount, Rounds: cfg.Rounds,
		Equivalence: result.Equivalence, Units: result.Total, Kept: result.Kept, Removed: result.Units,
		BiasFolds: result.BiasFolds, Warnings: result.Warnings, Finetune: tuning}
	if report.Removed == nil {
		report.Removed = []pruning.PrunedUnit{} // a list in JSON, too
	}
	d, rows, split := p.judged()
	report.Split, report.N = split, len(rows)
	to := []**pruning.Measure{&report.Dense, &report.Masked, &report.Pruned}
	of := []*models.Model{m, result.Masked, result.Model}
	if result.Untuned != nil {
		to, of = append(to, &report.Untuned), append(of, result.Untuned)
	}
	if err := hold(&report.Equivalence.Plain, of, d, rows); err != nil {
		return nil, nil, err
	}
	if opt.timed {
		all, err := pruning.AssessAll(of, cfg.Loss, d, rows)
		if err != nil {
			return nil, nil, err
		}
		for i := range all {
			*to[i] = all[i]
		}
		return report, result, nil
	}
	for i := range of {
		if *to[i], err = pruning.AssessUntimed(of[i], cfg.Loss, d, rows); err != nil {
			return nil, nil, err
		}
	}
	return report, result, nil
}

// interrupted is ErrInterrupted once the context has ended.
func interrupted(ctx context.Context, what string) error {
	if ctx.Err() == nil {
		return nil
	}
	return errors.Wrap(training.ErrInterrupted, what)
}

func past(m pruning.Method) string {
	if m == pruning.MaskUnits {
		return "masked"
	}
	return "removed"
}

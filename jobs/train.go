package jobs

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// OutOptions say where a job writes.
type OutOptions struct {
	rundir.Mode // only a training resumes
	// Accept is asked once the data's task is known and before anything is written; an error ends the job.
	Accept func(data.Task) error
	// Figures are metrics that the result must have. One that is not defined on the rows that the result is of, such as
	// roc_auc of three classes, ends the job likewise.
	Figures []string
}

// defined tells whether the figures are, on those rows.
func (o OutOptions) defined(d *data.Dataset, rows []int) error {
	for _, name := range o.Figures {
		if err := training.Defined(name, d, rows); err != nil {
			return config.Usage(err)
		}
	}
	return nil
}

func (o OutOptions) accept(task data.Task, s *data.Schema) error {
	if o.Accept == nil {
		return nil
	}
	return config.Usage(taskErr(o.Accept(task), s))
}

// TrainReport is what a training found out. Its JSON names are stable.
type TrainReport struct {
	Dataset         string  `json:"dataset"`
	Model           string  `json:"model"`
	Seed            uint64  `json:"seed"`
	Split           string  `json:"split"` // the rows that loss and metrics are of
	N               int     `json:"n"`
	Loss            float64 `json:"loss"`
	*metrics.Report         // flat: accuracy, …
	Epochs          int     `json:"epochs"`
	BestEpoch       int     `json:"best_epoch"`
	StoppedBy       string  `json:"stopped_by"` // epochs, patience
	Params          int     `json:"params"`
	Seconds         float64 `json:"seconds"` // of training, evaluation not counted
	TrainRows       int     `json:"train_rows"`
	ValRows         int     `json:"val_rows"`
	// Warnings say that the training was too short, or that its result is no better than an answer that ignores the features.
	Warnings  []string `json:"warnings,omitempty"`
	Out       string   `json:"out"`
	ModelFile string   `json:"model_file"`
}

// Train trains a model and writes a run directory.
func Train(ctx context.Context, c config.Config, out OutOptions, rep Reporter) (*TrainReport, error) {
	plan, at, p, m, cfg, err := open(c, out, rep)
	if err != nil {
		return nil, err
	}
	defer at.Release()
	dir, err := at.Claim()
	if err != nil {
		return nil, err
	}
	if err := checkpoints(plan, &cfg, p, dir); err != nil {
		return nil, err
	}
	resume := out.Resume && !unbegun(dir)
	if resume {
		if _, cfg.Run, err = dir.Sealed(); err != nil { // empty is right where the file is of an earlier version
			return nil, err
		}
	}
	observe(&cfg, rep, "train")
	var t *training.Trainer
	tell, written := cfg.OnEpoch, time.Now()
	cfg.OnEpoch = func(e training.EpochInfo) error { // metrics.jsonl follows the training, once a second at most
		if time.Since(written) > time.Second {
			written = time.Now()
			if err := writeHistory(dir, t.History()); err != nil {
				return err
			}
		}
		return tell(e)
	}
	if t, err = training.New(m, p.data, p.parts, cfg); err != nil {
		return nil, err
	}
	if resume {
		err := t.Resume()
		if errors.Is(err, training.ErrSettings) {
			err = config.Usage(err)
		}
		if err != nil {
			return nil, err
		}
		for _, note := range t.ResumeNotes() {
			rep.Note("%s", note)
		}
	}
	describe(rep, plan, p, m, cfg)
	if n := len(t.History().Epochs); n > 0 {
		rep.Note("resumed after epoch %d", n)
		if t.History().Stopped && n < cfg.Epochs {
			rep.Note("patience %d had ended the training there: train.patience=0 goes on", cfg.Patience)
		}
	} else if out.Resume && !resume {
		rep.Note("%s holds no checkpoint yet: the training begins", dir)
	}
	if resume && t.Done() { // config.yaml goes on saying how it was trained
		more := "; more train.epochs go on"
		if t.History().Stopped { // patience is what goes on, as said above
			more = ""
		}
		rep.Note("the training is over: nothing is done, whatever else the settings say now%s", more)
	} else if err := begin(dir, plan, t.Run()); err != nil {
		return nil, err
	}
	if resume && !t.Done() { // what was the result until now is not that of this training any more
		for _, name := range []string{rundir.ReportFile, models.File} {
			if err := os.Remove(dir.Path(name)); err != nil && !os.IsNotExist(err) {
				return nil, errors.Wrap(err, "run directory")
			}
		}
	}
	rep.Begin("train", cfg.Epochs*((len(p.parts.Train)+cfg.Batch-1)/cfg.Batch))
	h, err := t.Fit(ctx)
	rep.End()
	if werr := writeHistory(dir, h); err == nil {
		err = werr
	}
	if err != nil {
		return nil, unfinished(dir, err)
	}
	if err := m.Save(dir.Path(models.File)); err != nil {
		return nil, err
	}
	report, err := trainReport(plan, p, m, h, cfg)
	if err != nil {
		return nil, err
	}
	for _, w := range report.Warnings {
		rep.Note("%s", w)
	}
	report.Out, report.ModelFile = string(dir), dir.Path(models.File)
	return report, dir.WriteJSON(rundir.ReportFile, report)
}

// checkpoints has a training write them to a run directory. Its identity follows from the settings and the data.
func checkpoints(plan *config.Plan, cfg *training.Config, p *prepared, dir rundir.Dir) error {
	one := plan.Config
	one.Threads = 0 // on which nothing depends
	b, err := recorded(one)
	build := Build()
	cfg.Checkpoints, cfg.Program = string(dir), strings.TrimSpace(build.Version+" "+build.Commit)
	cfg.Run = rundir.Sum(append(b, p.data.Fingerprint...))
	return err
}

// Unfinished is the error of a training that was interrupted, whose directory has what resuming it needs.
type Unfinished struct {
	Dir string
	error
}

// Unwrap is training.ErrInterrupted with the epoch.
func (e *Unfinished) Unwrap() error { return e.error }

// unfinished adds the directory to the error of an interrupted training.
func unfinished(dir rundir.Dir, err error) error {
	if errors.Is(err, training.ErrInterrupted) {
		return &Unfinished{string(dir), err}
	}
	return err
}

// unbegun tells whether a training was stopped before its first checkpoint: there is nothing in its directory to go on
// with, and nothing that beginning again could lose.
func unbegun(dir rundir.Dir) bool {
	for _, name := range []string{models.File, rundir.ReportFile} {
		if _, err := os.Lstat(dir.Path(name)); err == nil {
			return false
		}
	}
	return !training.HasCheckpoint(string(dir))
}

// observe tells the reporter of steps and epochs.
func observe(cfg *training.Config, rep Reporter, stage string) {
	cfg.OnStep = func(s training.StepInfo) error { rep.Step(s.Loss); return nil }
	cfg.OnEpoch = func(e training.EpochInfo) error { rep.Epoch(stage, e, cfg.Epochs); return nil }
}

func writeHistory(dir rundir.Dir, h *training.History) error {
	return atomicfile.WriteFile(dir.Path(rundir.MetricsFile), func(w io.Writer) error { return h.WriteJSONL(w) })
}

func describe(rep Reporter, plan *config.Plan, p *prepared, m *models.Model, cfg training.Config) {
	params, _ := m.Net.ParamCount()
	c, d := &plan.Config, p.data
	what := "regression"
	if len(d.Classes) > 0 {
		what = plural(len(d.Classes), "class", "classes")
	}
	rep.Note("%s: %s, %s; %s train, %d validation, %d test", d.Name, plural(d.Width(), "feature", "features"), what,
		plural(len(p.parts.Train), "row", "rows"), len(p.parts.Val), len(p.parts.Test))
	for _, note := range d.Notes {
		rep.Note("%s: %s", d.Name, note)
	}
	patience := ""
	if cfg.Patience > 0 {
		patience = fmt.Sprintf(" at most, patience %d", cfg.Patience)
	}
	rep.Note("%s: %d parameters; %s, batch %d, %s%s, seed %d", modelName(c), params, c.Train.Optimizer, cfg.Batch,
		plural(cfg.Epochs, "epoch", "epochs"), patience, c.Seed)
}

func trainReport(plan *config.Plan, p *prepared, m *models.Model, h *training.History, cfg training.Config) (
	*TrainReport, error) {
	eval, err := training.NewEvaluator(m, cfg.Loss)
	if err != nil {
		return nil, err
	}
	d, rows, split := p.judged()
	r, err := eval.Evaluate(d, rows)
	if err != nil {
		return nil, err
	}
	params, _ := m.Net.ParamCount()
	report := &TrainReport{Dataset: p.data.Name, Model: modelName(&plan.Config), Seed: plan.Config.Seed, Split: split, N: len(rows),
		Loss: r.Loss, Report: r.Metrics, Epochs: len(h.Epochs), BestEpoch: h.BestEpoch, StoppedBy: "epochs", Params: params,
		TrainRows: len(p.parts.Train), ValRows: len(p.parts.Val)}
	if h.Stopped {
		report.StoppedBy = "patience"
	}
	s := score{}
	if g := r.Metrics.Regression; g != nil {
		s.rmse, s.r2 = &g.RMSE, g.R2
	} else {
		s.accuracy = &r.Metrics.Accuracy
	}
	report.Warnings = warnings(p, h, cfg, s)
	if last := h.Last(); last != nil {
		report.Seconds = last.Seconds
	}
	return report, nil
}

func modelName(c *config.Config) string {
	if c.Model.Name != "" {
		return c.Model.Name
	}
	return "layers of the configuration"
}

// runName is what a run directory is called after.
func runName(c *config.Config) string {
	base := filepath.Base(c.Data.Source)
	for _, ext := range []string{".gz", ".csv"} {
		base = strings.TrimSuffix(base, ext)
	}
	if base == "." || base == string(filepath.Separator) || base == "" {
		return "run"
	}
	return base
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

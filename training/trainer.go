package training

import (
	"context"
	"math"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/models/metrics"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

// What errors.Is finds in the errors of this package.
var (
	// ErrDiverged: the loss, or a weight, is not a finite number. The network has the weights of the last good epoch.
	ErrDiverged = errors.New("training diverged")
	// ErrInterrupted: the context ended. The step in progress was finished and a checkpoint written, if there is a
	// directory for it.
	ErrInterrupted = errors.New("training was interrupted")
	// ErrStop, returned by a callback, ends the training without being an error: when the epoch is over, for every record
	// and checkpoint is one of whole epochs.
	ErrStop = errors.New("stop")
)

// Config says how to train.
type Config struct {
	Epochs    int                  // passes over the training rows, at least 1
	Batch     int                  // rows a step, at least 1; the last batch of an epoch holds what is left over
	Optimizer optimizers.Optimizer // required; its schedule counts steps
	Loss      graph.LossFunc       // the task's usual one by default; cross-entropy is the binary one where the model has one column
	Seed      uint64               // of the order of rows and, with the seed that the model was built with, of dropout

	// Monitor is what decides which epoch is best: "loss" (the default) or a metric's name, on the validation rows, or
	// the training loss where there are none.
	Monitor string
	// Patience ends the training after that many epochs without a better one; 0 never does.
	Patience int
	// MinDelta is by how much an epoch must be better to count.
	MinDelta float64
	// KeepLast leaves the last epoch's weights in the network instead of restoring the best epoch's.
	KeepLast bool

	// Checkpoints is a directory that receives last/ after every epoch and best/ after every better one; none if empty.
	Checkpoints string
	// OnStep and OnEpoch are called after each; an error ends the training at once, ErrStop see there.
	OnStep  func(StepInfo) error
	OnEpoch func(EpochInfo) error
}

// StepInfo is what OnStep is told.
type StepInfo struct {
	Epoch, Epochs  int // from 1
	Batch, Batches int // from 1, in the epoch
	Loss           float64
}

// Trainer fits one model to one dataset.
type Trainer struct {
	cfg      Config
	model    *models.Model
	data     *data.Dataset
	parts    *data.Parts
	batches  *data.Batches
	programs map[int]*batchProgram
	dropout  dropoutStates
	eval     *Evaluator
	better   func(a, b float64) bool

	state   progress
	history History
	best    snapshot // weights of the best epoch
	good    snapshot // weights of the last finished epoch
	seconds float64
	ending  bool // a callback said ErrStop
}

// progress is where a training stands; a checkpoint holds it.
type progress struct {
	Step      int         `json:"step"`
	Cursor    data.Cursor `json:"cursor"`
	LossSum   float64     `json:"loss_sum"` // of the rows of the epoch so far
	LossRows  int         `json:"loss_rows"`
	BestEpoch int         `json:"best_epoch"` // from 1; 0 before the first
	BestValue float64     `json:"best_value"`
	Stopped   bool        `json:"stopped"` // early stopping has decided
}

// New prepares the training of a model on the training rows of parts. The rows must have no missing values and fit the
// model's features and classes.
func New(m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) (*Trainer, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := suits(m, d, parts.Train); err != nil {
		return nil, err
	}
	if cfg.Monitor == "" {
		cfg.Monitor = "loss"
	}
	if cfg.Loss == nil {
		var err error
		if cfg.Loss, err = models.Loss("", d.Task, models.LossOptions{}); err != nil {
			return nil, err
		}
	}
	t := &Trainer{cfg: cfg, model: m, data: d, parts: parts, programs: map[int]*batchProgram{},
		dropout: newDropoutStates(m.Net, cfg.Seed)}
	var err error
	if t.better, err = direction(cfg.Monitor, d.Task, len(parts.Val) > 0); err != nil {
		return nil, err
	}
	if t.batches, err = data.NewBatches(parts.Train, cfg.Batch, cfg.Seed); err != nil {
		return nil, err
	}
	if t.eval, err = NewEvaluator(m, cfg.Loss); err != nil {
		return nil, err
	}
	t.good = take(m.Net)
	return t, nil
}

func (c *Config) check() error {
	switch {
	case c.Epochs < 1:
		return errors.Errorf("epochs %d: must be at least 1", c.Epochs)
	case c.Batch < 1:
		return errors.Errorf("batch size %d: must be at least 1", c.Batch)
	case c.Optimizer == nil:
		return errors.New("no optimizer; take one from the optimizers package")
	case c.Patience < 0:
		return errors.Errorf("patience %d: must be 0 (never stop early) or more epochs", c.Patience)
	case !(c.MinDelta >= 0):
		return errors.Errorf("min delta %v: must be a number >= 0", c.MinDelta)
	}
	return nil
}

// suits says why a model cannot be trained on rows of a dataset.
func suits(m *models.Model, d *data.Dataset, rows []int) error {
	if len(rows) == 0 {
		return errors.Errorf("%s: there are no training rows", d.Name)
	}
	if err := m.Check(d); err != nil {
		return err
	}
	if !d.Labelled() {
		return errors.Errorf("%s has no column %q to learn from", d.Name, d.Target)
	}
	if n := d.Missing(); n > 0 {
		return errors.Errorf("%s has %d missing values; impute them first", d.Name, n)
	}
	return nil
}

// direction tells which of two monitored values is better.
func direction(monitor string, task data.Task, validated bool) (func(a, b float64) bool, error) {
	if monitor == "loss" {
		return func(a, b float64) bool { return a < b }, nil
	}
	m, err := metrics.Lookup(monitor)
	if err != nil {
		return nil, err
	}
	if string(m.Task) != task.String() {
		return nil, errors.Errorf("metric %q is for %s; the data is for %v", monitor, m.Task, task)
	}
	if !validated {
		return nil, errors.Errorf("metric %q can only be watched on validation rows, and there are none", monitor)
	}
	return m.Better, nil
}

// History is the record so far.
func (t *Trainer) History() *History { return &t.history }

// Fit trains until the epochs are over, early stopping decides, a callback says so, or the context ends. The network
// then has the weights of the best epoch, unless KeepLast says otherwise or an error is returned.
func (t *Trainer) Fit(ctx context.Context) (*History, error) {
	options := t.cfg.Optimizer.Options()
	keep := options.KeepGradients
	options.KeepGradients = true // every run writes them anew
	defer func() { options.KeepGradients = keep }()
	for t.state.Cursor.Epoch < t.cfg.Epochs && !t.state.Stopped && !t.ending {
		if err := t.epoch(ctx); err != nil {
			return &t.history, err
		}
	}
	if !t.cfg.KeepLast && t.best != nil {
		t.best.restore(t.model.Net)
	}
	return &t.history, nil
}

func (t *Trainer) epoch(ctx context.Context) error {
	number := t.state.Cursor.Epoch + 1
	if err := t.steps(ctx, number); err != nil {
		return err
	}
	if err := t.finish(number); err != nil {
		return err
	}
	if ctx.Err() != nil && t.state.Cursor.Epoch < t.cfg.Epochs && !t.state.Stopped && !t.ending {
		return t.interrupt(number)
	}
	return nil
}

// steps trains on what is left of an epoch.
func (t *Trainer) steps(ctx context.Context, number int) error {
	start := time.Now()
	for {
		rows, ok := t.batches.Next()
		if !ok {
			break
		}
		loss, err := t.step(rows)
		if err != nil {
			return err
		}
		t.state.Cursor = t.batches.Cursor()
		if t.cfg.OnStep != nil {
			info := StepInfo{Epoch: number, Epochs: t.cfg.Epochs, Batch: t.state.Cursor.Batch, Batches: t.batches.Len(), Loss: loss}
			if err := t.heed(t.cfg.OnStep(info)); err != nil {
				return err
			}
		}
		if ctx.Err() != nil && t.state.Cursor.Batch < t.batches.Len() {
			t.seconds += time.Since(start).Seconds()
			return t.interrupt(number)
		}
	}
	t.state.Cursor = t.batches.Cursor()
	t.seconds += time.Since(start).Seconds()
	return nil
}

// heed takes note of a callback's ErrStop.
func (t *Trainer) heed(err error) error {
	if errors.Is(err, ErrStop) {
		t.ending = true
		return nil
	}
	return err
}

func (t *Trainer) interrupt(epoch int) error {
	if name, bad := nonFinite(t.model.Net); bad { // which the next step would have shown
		return t.diverged(epoch, "parameter %q holds a value that is not finite", name)
	}
	if t.cfg.Checkpoints != "" {
		if err := t.checkpoint(lastDir); err != nil {
			return err
		}
		return errors.Wrapf(ErrInterrupted, "epoch %d, checkpoint written", epoch)
	}
	return errors.Wrapf(ErrInterrupted, "epoch %d", epoch)
}

// step is forward, backward and update on some rows.
func (t *Trainer) step(rows []int) (float64, error) {
	p := t.programs[len(rows)]
	if p == nil {
		var err error
		if p, err = newBatchProgram(t.model.Net, len(rows), t.cfg.Loss, true, t.dropout); err != nil {
			return 0, err
		}
		t.programs[len(rows)] = p
	}
	if err := p.gather(t.data, rows, true); err != nil {
		return 0, err
	}
	t.dropout.at(t.state.Step)
	if err := p.vm.RunAll(); err != nil {
		return 0, err
	}
	loss := p.cost()
	number := t.state.Cursor.Epoch + 1
	if !finite(loss) {
		return loss, t.diverged(number, "batch %d: the loss is %v", t.batches.Cursor().Batch, loss)
	}
	if err := t.cfg.Optimizer.Step(p.grads); err != nil {
		if errors.Is(err, optimizers.ErrNonFinite) {
			return loss, t.diverged(number, "batch %d: %v", t.batches.Cursor().Batch, err)
		}
		return loss, err
	}
	t.state.Step++
	t.state.LossSum += loss * float64(len(rows))
	t.state.LossRows += len(rows)
	return loss, nil
}

func finite(x float64) bool { return x-x == 0 }

// diverged puts the last good weights back.
func (t *Trainer) diverged(epoch int, format string, args ...any) error {
	t.good.restore(t.model.Net)
	return errors.Wrapf(ErrDiverged, "epoch %d: "+format+"; try a lower learning rate or clipping",
		append([]any{epoch}, args...)...)
}

// finish evaluates an epoch that is over.
func (t *Trainer) finish(number int) error {
	if name, bad := nonFinite(t.model.Net); bad {
		return t.diverged(number, "parameter %q holds a value that is not finite", name)
	}
	info := EpochInfo{Epoch: number, Step: t.state.Step, TrainLoss: t.state.LossSum / float64(t.state.LossRows),
		LearningRate: t.cfg.Optimizer.Rate()}
	value := info.TrainLoss
	if len(t.parts.Val) > 0 {
		r, err := t.eval.Evaluate(t.data, t.parts.Val)
		if errors.Is(err, metrics.ErrNotFinite) || err == nil && !finite(r.Loss) {
			return t.diverged(number, "the loss on the validation rows is not finite")
		}
		if err != nil {
			return errors.Wrapf(err, "epoch %d, validation", number)
		}
		info.ValLoss, info.Val = &r.Loss, r.Metrics
		if value, err = r.Value(t.cfg.Monitor); err != nil {
			return err
		}
	}
	t.state.LossSum, t.state.LossRows = 0, 0
	t.good = take(t.model.Net)
	if t.state.BestEpoch == 0 || t.betterBy(value) {
		info.Best = true
		t.state.BestEpoch, t.state.BestValue = number, value
		t.best = t.good
	} else if t.cfg.Patience > 0 && number-t.state.BestEpoch >= t.cfg.Patience {
		t.state.Stopped = true
	}
	info.Seconds = t.seconds
	t.history.Epochs = append(t.history.Epochs, info)
	t.history.BestEpoch, t.history.Stopped = t.state.BestEpoch, t.state.Stopped
	if t.cfg.Checkpoints != "" {
		if err := t.checkpoint(lastDir); err != nil {
			return err
		}
		if info.Best { // after last/, from which Resume can make it
			if err := t.checkpoint(bestDir); err != nil {
				return err
			}
		}
	}
	if t.cfg.OnEpoch != nil {
		return t.heed(t.cfg.OnEpoch(info))
	}
	return nil
}

// betterBy tells whether value beats the best by more than MinDelta, whichever way is up.
func (t *Trainer) betterBy(value float64) bool {
	return t.better(value, t.state.BestValue) && math.Abs(value-t.state.BestValue) > t.cfg.MinDelta
}

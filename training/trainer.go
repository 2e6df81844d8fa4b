package training

import (
	"context"
	"math"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/models/metrics"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// What errors.Is finds in the errors of this package.
var (
	// ErrDiverged: the loss, or a weight, is not a finite number. The network has the weights of the last good epoch.
	ErrDiverged = errors.New("training diverged")
	// ErrInterrupted: the context ended. The step in progress was finished and a checkpoint written, if there is a
	// directory for it.
	ErrInterrupted = errors.New("training was interrupted")
	// ErrStop, returned by a callback, ends the training after the epoch without being an error.
	ErrStop = errors.New("stop")
)

// Config says how to train.
type Config struct {
	Epochs    int                  // passes over the training rows, at least 1
	Batch     int                  // rows a step, at least 1; the last batch of an epoch holds what is left over
	Optimizer optimizers.Optimizer // required; its schedule counts steps
	Loss      graph.LossFunc       // the task's usual one by default
	Seed      uint64               // of the order of rows and of dropout

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
	// OnStep and OnEpoch are called after each; an error ends the training, ErrStop without being one.
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
	dropout  []*op.DropoutState
	eval     *Evaluator
	better   func(a, b float64) bool

	state   progress
	history History
	best    snapshot // weights of the best epoch
	good    snapshot // weights of the last finished epoch
	seconds float64
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
	if err := fits(m, d, parts.Train); err != nil {
		return nil, err
	}
	if cfg.Loss == nil {
		var err error
		if cfg.Loss, err = models.Loss("", d.Task, models.LossOptions{}); err != nil {
			return nil, err
		}
	}
	t := &Trainer{cfg: cfg, model: m, data: d, parts: parts, programs: map[int]*batchProgram{}}
	var err error
	if t.better, err = direction(cfg.Monitor, d.Task, len(parts.Val) > 0); err != nil {
		return nil, err
	}
	if t.batches, err = data.NewBatches(parts.Train, cfg.Batch, cfg.Seed); err != nil {
		return nil, err
	}
	if t.dropout, err = dropoutStates(m.Net); err != nil {
		return nil, err
	}
	if t.eval, err = NewEvaluator(m, cfg.Loss); err != nil {
		return nil, err
	}
	cfg.Optimizer.Options().KeepGradients = true // every run writes them anew
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

// fits says in what a dataset does not match a model.
func fits(m *models.Model, d *data.Dataset, rows []int) error {
	if len(rows) == 0 {
		return errors.Errorf("%s has no training rows", d.Name)
	}
	if in := m.Net.Inputs[0].Shape(); len(in) != 2 || in[1] != d.Width() {
		return errors.Errorf("the model takes inputs of shape %v; %s has %d features", in, d.Name, d.Width())
	}
	if d.Task != m.Task {
		return errors.Errorf("the model is for %v; %s is for %v", m.Task, d.Name, d.Task)
	}
	if !d.Labelled() {
		return errors.Errorf("%s has no target", d.Name)
	}
	if n := d.Missing(); n > 0 {
		return errors.Errorf("%s has %d missing values; impute them first", d.Name, n)
	}
	out := m.Net.Outputs[0].Shape()[1]
	if d.Task == data.Classification && out != len(d.Classes) {
		return errors.Errorf("the model gives %d values; %s has %d classes", out, d.Name, len(d.Classes))
	}
	if d.Task == data.Regression && out != 1 {
		return errors.Errorf("the model gives %d values; a regression needs one", out)
	}
	return nil
}

// direction tells which of two monitored values is better.
func direction(monitor string, task data.Task, validated bool) (func(a, b float64) bool, error) {
	if monitor == "" || monitor == "loss" {
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
	for t.state.Cursor.Epoch < t.cfg.Epochs && !t.state.Stopped {
		if err := t.epoch(ctx); err != nil {
			if errors.Is(err, ErrStop) {
				break
			}
			return &t.history, err
		}
	}
	if !t.cfg.KeepLast && t.best != nil {
		t.best.restore(t.model.Net)
	}
	return &t.history, nil
}

func (t *Trainer) epoch(ctx context.Context) error {
	start := time.Now()
	number := t.state.Cursor.Epoch + 1
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
			if err := t.cfg.OnStep(info); err != nil {
				return err
			}
		}
		if ctx.Err() != nil && t.state.Cursor.Batch < t.batches.Len() {
			return t.interrupt(number)
		}
	}
	t.state.Cursor = t.batches.Cursor()
	t.seconds += time.Since(start).Seconds()
	if err := t.finish(number); err != nil {
		return err
	}
	if ctx.Err() != nil && t.state.Cursor.Epoch < t.cfg.Epochs && !t.state.Stopped {
		return t.interrupt(number)
	}
	return nil
}

func (t *Trainer) interrupt(epoch int) error {
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
		if p, err = newBatchProgram(t.model.Net, len(rows), t.cfg.Loss, true); err != nil {
			return 0, err
		}
		t.programs[len(rows)] = p
	}
	if err := p.gather(t.data, rows, true); err != nil {
		return 0, err
	}
	for _, s := range t.dropout {
		s.Step = uint64(t.state.Step)
	}
	if err := p.vm.RunAll(); err != nil {
		return 0, err
	}
	loss := p.cost()
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, t.diverged("the loss is %v", loss)
	}
	if err := t.cfg.Optimizer.Step(p.grads); err != nil {
		if errors.Is(err, optimizers.ErrNonFinite) {
			return loss, t.diverged("%v", err)
		}
		return loss, err
	}
	t.state.Step++
	t.state.LossSum += loss * float64(len(rows))
	t.state.LossRows += len(rows)
	return loss, nil
}

// diverged puts the last good weights back.
func (t *Trainer) diverged(format string, args ...any) error {
	t.good.restore(t.model.Net)
	at := t.batches.Cursor()
	return errors.Wrapf(ErrDiverged, "epoch %d, batch %d: "+format+"; try a lower learning rate or clipping",
		append([]any{at.Epoch + 1, at.Batch}, args...)...)
}

// finish evaluates an epoch that is over.
func (t *Trainer) finish(number int) error {
	if name, bad := nonFinite(t.model.Net); bad {
		return t.diverged("parameter %q holds a value that is not finite", name)
	}
	info := EpochInfo{Epoch: number, Step: t.state.Step, TrainLoss: t.state.LossSum / float64(t.state.LossRows),
		LearningRate: t.cfg.Optimizer.Rate()}
	value := info.TrainLoss
	if len(t.parts.Val) > 0 {
		r, err := t.eval.Evaluate(t.data, t.parts.Val)
		if err != nil {
			return errors.Wrapf(err, "epoch %d, validation", number)
		}
		info.ValLoss, info.Val = &r.Loss, r.Metrics
		monitor := t.cfg.Monitor
		if monitor == "" {
			monitor = "loss"
		}
		if value, err = r.Value(monitor); err != nil {
			return err
		}
	}
	t.state.LossSum, t.state.LossRows = 0, 0
	if t.state.BestEpoch == 0 || t.betterBy(value) {
		info.Best = true
		t.state.BestEpoch, t.state.BestValue = number, value
		t.best = take(t.model.Net)
	} else if t.cfg.Patience > 0 && number-t.state.BestEpoch >= t.cfg.Patience {
		t.state.Stopped = true
	}
	t.good = take(t.model.Net)
	info.Seconds = t.seconds
	t.history.Epochs = append(t.history.Epochs, info)
	t.history.BestEpoch, t.history.Stopped = t.state.BestEpoch, t.state.Stopped
	if t.cfg.Checkpoints != "" {
		if info.Best {
			if err := t.checkpoint(bestDir); err != nil {
				return err
			}
		}
		if err := t.checkpoint(lastDir); err != nil {
			return err
		}
	}
	if t.cfg.OnEpoch != nil {
		return t.cfg.OnEpoch(info)
	}
	return nil
}

// betterBy tells whether value beats the best by more than MinDelta, whichever way is up.
func (t *Trainer) betterBy(value float64) bool {
	return t.better(value, t.state.BestValue) && math.Abs(value-t.state.BestValue) > t.cfg.MinDelta
}

// snapshot is a copy of the weights, in the order of the network's parameters.
type snapshot []gorgonia.Value

func take(net *graph.Network) snapshot {
	s := make(snapshot, len(net.Params))
	for i, p := range net.Params {
		v, err := gorgonia.CloneValue(p.Value())
		if err != nil { // every parameter is a tensor of floats, see Network.Validate
			return nil
		}
		s[i] = v
	}
	return s
}

// restore copies into the parameters' own memory, which other programs share.
func (s snapshot) restore(net *graph.Network) {
	for i, p := range net.Params {
		if i < len(s) {
			copyFloats(p.Value(), s[i])
		}
	}
}

func copyFloats(dst, src gorgonia.Value) {
	if to, err := op.Floats[float32](dst); err == nil {
		from, _ := op.Floats[float32](src)
		copy(to, from)
		return
	}
	to, _ := op.Floats[float64](dst)
	from, _ := op.Floats[float64](src)
	copy(to, from)
}

func nonFinite(net *graph.Network) (name string, bad bool) {
	for _, p := range net.Params {
		if f, err := op.Floats[float32](p.Value()); err == nil {
			for _, v := range f {
				if v-v != 0 {
					return p.Name(), true
				}
			}
			continue
		}
		f, _ := op.Floats[float64](p.Value())
		for _, v := range f {
			if v-v != 0 {
				return p.Name(), true
			}
		}
	}
	return "", false
}

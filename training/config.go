package training

import (
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
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
	Loss      *network.Loss        // the task's usual one by default, or one of your own
	// KeepOptimizerState lets an optimizer that has taken steps go on with its moments and at its place in the schedule,
	// as fine-tuning may want. Otherwise Fit refuses one: what it has learnt belongs to another training.
	KeepOptimizerState bool
	Seed               uint64 // of the order of rows and, with the seed that the model was built with, of dropout

	// Monitor is what decides which epoch is best: "loss" (the default) or a metric's name, on the validation rows, or
	// the training loss where there are none. Of epochs with equal values the one with the lower validation loss is the
	// best, and then the earlier one.
	Monitor string
	// Patience ends the training after that many epochs without a better one; 0 never does.
	Patience int
	// MinDelta is by how much an epoch must be better to count; one that is better by less is kept only if its validation
	// loss is lower, too, and patience does not count it.
	// Where targets are scaled ([models.Unscale]), MinDelta counts in what was learnt, for the loss, mse, rmse and mae too:
	// 0.01 of the mse is 1% of the variance of the training targets.
	MinDelta float64
	// KeepLast leaves the last epoch's weights in the network instead of restoring the best epoch's.
	KeepLast bool

	// Checkpoints is a directory that receives last/, the state after the last epoch or where training was interrupted,
	// and best/, that after the best epoch; none if empty. Both are there when Fit returns, for whatever reason.
	Checkpoints string
	// Run is the identity of the training, which its checkpoints record: those of another are refused. By default it follows
	// from the data, the model, the seed, the batch size and the optimizer.
	Run string
	// Program names what trains, with its version; where another one goes on, ResumeNotes says so.
	Program string
	// CheckpointInterval is the least time between two checkpoints of epochs on the way, which are written while training
	// goes on: what a crash of the machine or a kill can lose. 1 s by default; if negative, each epoch's is on the disk
	// before OnEpoch is called.
	CheckpointInterval time.Duration
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

func (c *Config) check() error {
	switch {
	case c.Epochs < 1:
		return errors.Errorf("epochs %d: must be at least 1", c.Epochs)
	case c.Batch < 1:
		return errors.Errorf("batch size %d: must be at least 1", c.Batch)
	case isnil.Of(c.Optimizer):
		return errNoOptimizer
	case c.Patience < 0:
		return errors.Errorf("patience %d: must be 0 (never stop early) or more epochs", c.Patience)
	case !(c.MinDelta >= 0):
		return errors.Errorf("min delta %v: must be a number >= 0", c.MinDelta)
	}
	return nil
}

// checkOptimizer says at the beginning of a training that its optimizer comes from another one.
func (c *Config) checkOptimizer() error {
	o := c.Optimizer
	if c.KeepOptimizerState || o.StepCount() == 0 && len(o.State().Params) == 0 {
		return nil
	}
	return errors.Errorf("the optimizer %s holds the state of an earlier training (%d steps): take a new one, or "+
		"optimizers.Reset it; KeepOptimizerState goes on with it", o.Name(), o.StepCount())
}

// partsOf checks that the rows of parts are rows of d.
func partsOf(d *data.Dataset, parts *data.Parts) error {
	for _, p := range []struct {
		name string
		rows []int
	}{{"training", parts.Train}, {"validation", parts.Val}} {
		for _, r := range p.rows {
			if r < 0 || r >= d.Rows() {
				return errors.Errorf("%s row %d is not one of the %d rows of the data: are the parts those of other data?", p.name,
					r, d.Rows())
			}
		}
	}
	return nil
}

var errNoOptimizer = errors.New("no optimizer; take one from the optimizers package")

var errNoData = errors.New("there is no dataset (nil)")

// suits says why a model cannot be trained on rows of a dataset.
func suits(m *models.Model, d *data.Dataset, rows []int) error {
	if m == nil {
		return errNoModel
	}
	if d == nil {
		return errNoData
	}
	if len(rows) == 0 {
		return errors.Errorf("%s: there are no training rows", d.Name)
	}
	if err := m.Check(d); err != nil {
		return err
	}
	if err := d.ValidateShape(); err != nil {
		return err
	}
	if !d.Labeled() {
		return errors.Errorf("%s has no column %q to learn from", d.Name, d.Target)
	}
	if n := d.Missing(); n > 0 {
		return errors.Errorf("%s has %d missing values; impute them first", d.Name, n)
	}
	return nil
}

// monitorUnit is what a monitored value of 1 of what was learnt is in the target's unit, of which scale is one.
func monitorUnit(monitor string, scale float64) float64 {
	switch monitor {
	case "loss", "mse":
		return scale * scale
	case "rmse", "mae":
		return scale
	}
	return 1
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

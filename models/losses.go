package models

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// LossInfo is a row of the table of losses: what a file can name.
type LossInfo struct {
	Name    string
	Summary string
	Task    data.Task
	Options []string // of LossOptions, those that it reads
	// Make gives the loss itself.
	Make func(LossOptions) *network.Loss
}

// RegisterLoss puts a loss into the table, so that files can name it: a model that was trained with it then finds it again
// when it is pruned or evaluated. A name that is taken is an error.
func RegisterLoss(l LossInfo) error {
	if l.Make == nil {
		return errors.Errorf("loss %q: there is nothing that makes it: Make is nil", l.Name)
	}
	made := l.Make(LossOptions{})
	if err := made.Check(); err != nil {
		return err
	}
	if numbers := made.Targets == network.Values; numbers != (l.Task == data.Regression) {
		return errors.Errorf("loss %q compares %v, which does not go with the task %v", l.Name, made.Targets, l.Task)
	}
	return losses.Add(l)
}

// LossOptions are what some losses read; the others refuse them. Their JSON names are stable.
type LossOptions struct {
	Smoothing float64 `json:"smoothing,omitempty"` // cross-entropy: label smoothing in [0, 1), 0 by default
	Delta     float64 `json:"delta,omitempty"`     // huber: where the square turns into a line, 1 by default
}

// NamedLoss is a loss as a model's file records it.
type NamedLoss struct {
	Name string `json:"name"`
	LossOptions
}

var losses = settings.NewRegistry("loss", func(l LossInfo) string { return l.Name },
	LossInfo{"cross-entropy", "softmax cross-entropy against class labels, nats", data.Classification, []string{"label_smoothing"},
		func(o LossOptions) *network.Loss { return network.CrossEntropy(o.Smoothing) }},
	LossInfo{"mse", "mean squared error", data.Regression, nil, func(LossOptions) *network.Loss { return network.MSE() }},
	LossInfo{"huber", "squared near the target, linear beyond delta", data.Regression, []string{"huber_delta"}, func(o LossOptions) *network.Loss {
		if o.Delta == 0 {
			o.Delta = 1
		}
		return network.Huber(o.Delta)
	}},
)

// Losses lists the losses.
func Losses() []LossInfo { return losses.All() }

// UsualLoss names the loss that a task has unless another is asked for.
func UsualLoss(task data.Task) string {
	if task == data.Regression {
		return "mse"
	}
	return "cross-entropy"
}

// Rows are the options by name. The zero value of a field means its default.
func (o *LossOptions) Rows() settings.Rows {
	return settings.Rows{
		settings.Number("label_smoothing", &o.Smoothing, "of cross-entropy, in [0, 1)").In(settings.Fraction).Like("0.1"),
		settings.Number("huber_delta", &o.Delta, "where huber's square turns into a line, in deviations of a scaled target").
			In(settings.NonNegative).Else("1").Like("1"),
	}
}

// LookupLoss finds a loss by name; the empty name is the task's usual one.
func LookupLoss(name string, task data.Task) (LossInfo, error) {
	if name == "" {
		name = UsualLoss(task)
	}
	return losses.Lookup(name)
}

// Check says what is wrong with the options of the loss: one out of range ([settings.ErrInvalid]), or one that it does not read.
func (l LossInfo) Check(o LossOptions) error {
	if err := o.Rows().Check(); err != nil {
		return err
	}
	for _, r := range o.Rows().Given() {
		if !slices.Contains(l.Options, r.Name) {
			return settings.About(r.Name, errors.Errorf("loss %q has no %s", l.Name, r.Name))
		}
	}
	return nil
}

// Loss finds a loss by name; the empty name is the task's usual one (cross-entropy, mse).
func Loss(name string, task data.Task, o LossOptions) (*network.Loss, error) {
	l, err := LookupLoss(name, task)
	if err != nil {
		return nil, err
	}
	if l.Task != task {
		return nil, errors.Errorf("loss %q is for %v; the data is for %v", l.Name, l.Task, task)
	}
	if err := l.Check(o); err != nil {
		return nil, err
	}
	return l.Make(o), nil
}

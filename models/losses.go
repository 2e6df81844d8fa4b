package models

import (
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// LossInfo is a row of the table of losses.
type LossInfo struct {
	Name    string
	Summary string
	Task    data.Task
	build   func(LossOptions) graph.LossFunc
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

var losses = []LossInfo{
	{"cross-entropy", "softmax cross-entropy against class labels, nats", data.Classification,
		func(o LossOptions) graph.LossFunc { return graph.CrossEntropy(o.Smoothing) }},
	{"mse", "mean squared error", data.Regression, func(LossOptions) graph.LossFunc { return graph.MSE() }},
	{"huber", "squared near the target, linear beyond delta", data.Regression, func(o LossOptions) graph.LossFunc {
		if o.Delta == 0 {
			o.Delta = 1
		}
		return graph.Huber(o.Delta)
	}},
}

// Losses lists the losses.
func Losses() []LossInfo { return append([]LossInfo(nil), losses...) }

// UsualLoss names the loss that a task has unless another is asked for.
func UsualLoss(task data.Task) string {
	if task == data.Regression {
		return "mse"
	}
	return "cross-entropy"
}

// Loss finds a loss by name; the empty name is the task's usual one (cross-entropy, mse).
func Loss(name string, task data.Task, o LossOptions) (graph.LossFunc, error) {
	if name == "" {
		name = UsualLoss(task)
	}
	var known []string
	for _, l := range losses {
		known = append(known, l.Name)
		if l.Name != name {
			continue
		}
		if l.Task != task {
			return nil, errors.Errorf("loss %q is for %v; the data is for %v", name, l.Task, task)
		}
		if o.Smoothing != 0 && name != "cross-entropy" {
			return nil, errors.Errorf("loss %q has no label smoothing", name)
		}
		if !(o.Smoothing >= 0 && o.Smoothing < 1) {
			return nil, errors.Errorf("label smoothing %v: must lie in [0, 1)", o.Smoothing)
		}
		if o.Delta != 0 && name != "huber" {
			return nil, errors.Errorf("loss %q has no delta", name)
		}
		if !(o.Delta >= 0) || math.IsInf(o.Delta, 1) {
			return nil, errors.Errorf("delta %v: must be positive and finite", o.Delta)
		}
		return l.build(o), nil
	}
	return nil, suggest.Unknown("loss", name, known)
}

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// target is one --require: a figure of the result and a bound.
type target struct {
	text, name, op string
	bound          float64
}

type targets []target

var requirePattern = regexp.MustCompile(`^\s*([a-z0-9_]+)\s*(>=|<=|>|<|==)\s*(\S+)\s*$`)

// parseRequire reads the targets; known are the figures that the command's result may have.
func parseRequire(texts, known []string) (targets, error) {
	var ts targets
	for _, s := range texts {
		m := requirePattern.FindStringSubmatch(s)
		if m == nil {
			return nil, usagef("--require %q: want a figure, one of >= <= > < ==, and a number, as accuracy>=0.97", s)
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil || v != v {
			return nil, usagef("--require %q: %q is not a number", s, m[3])
		}
		if !slices.Contains(known, m[1]) {
			return nil, usageError{suggest.Unknown("figure in --require", m[1], known)}
		}
		ts = append(ts, target{s, m[1], m[2], v})
	}
	return ts, nil
}

// accept refuses figures of metrics that a task does not have.
func (ts targets) accept(task data.Task) error {
	for _, t := range ts {
		if m, err := metrics.Lookup(t.name); err == nil && string(m.Task) != task.String() {
			return usagef("--require %s: %s is a figure of %s, and this is a %v", t.text, t.name, m.Task, task)
		}
	}
	return nil
}

// figures are the names.
func (ts targets) figures() []string {
	var names []string
	for _, t := range ts {
		names = append(names, t.name)
	}
	return names
}

// check compares the targets with the figures of a result.
func (ts targets) check(value func(name string) (float64, error)) error {
	for _, t := range ts {
		v, err := value(t.name)
		if err != nil {
			return usageError{errors.Wrapf(err, "--require %s", t.text)}
		}
		met := map[string]bool{">=": v >= t.bound, "<=": v <= t.bound, ">": v > t.bound, "<": v < t.bound, "==": v == t.bound}
		if !met[t.op] {
			return targetError{fmt.Sprintf("target not met: %s is %.6g, required %s %v", t.name, v, t.op, t.bound)}
		}
	}
	return nil
}

// targetError is errTarget with the figures in front.
type targetError struct{ text string }

func (e targetError) Error() string { return e.text }
func (e targetError) Unwrap() error { return errTarget }

// resultFigures are those of a training or an evaluation: the loss and every metric.
func resultFigures() []string {
	known := []string{"loss"}
	for _, m := range metrics.All() {
		known = append(known, m.Name)
	}
	return known
}

func reportValues(loss float64, m *metrics.Report) func(string) (float64, error) {
	r := training.Result{Loss: loss, Metrics: m}
	return r.Value
}

// measures are the figures of a pruned network, by their JSON names.
var measures = []struct {
	name string
	of   func(*pruning.Measure) *float64
}{
	{"accuracy", func(m *pruning.Measure) *float64 { return m.Accuracy }},
	{"r2", func(m *pruning.Measure) *float64 { return m.R2 }},
	{"rmse", func(m *pruning.Measure) *float64 { return m.RMSE }},
	{"loss", func(m *pruning.Measure) *float64 { return &m.Loss }},
	{"params", func(m *pruning.Measure) *float64 { return number(m.Params) }},
	{"nonzero_params", func(m *pruning.Measure) *float64 { return number(m.NonzeroParams) }},
	{"macs", func(m *pruning.Measure) *float64 { return number(m.MACs) }},
	{"bytes", func(m *pruning.Measure) *float64 { return number(m.Bytes) }},
	{"latency_us", func(m *pruning.Measure) *float64 { return &m.LatencyUS }},
	{"throughput", func(m *pruning.Measure) *float64 { return &m.Throughput }},
}

func number[T int | int64](n T) *float64 {
	f := float64(n)
	return &f
}

func measureFigures() []string {
	var known []string
	for _, m := range measures {
		known = append(known, m.name)
	}
	return known
}

func measureValues(m *pruning.Measure) func(string) (float64, error) {
	return func(name string) (float64, error) {
		for _, f := range measures {
			if v := f.of(m); f.name == name && v != nil {
				return *v, nil
			}
		}
		return 0, errors.New("the result does not have it")
	}
}

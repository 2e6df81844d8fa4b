package main

import (
	"encoding/json"
	"regexp"
	"sort"
	"strconv"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models/metrics"
	"github.com/gtrain/gtrain/pruning"
	"github.com/pkg/errors"
)

// target is one --require: a figure of the result and a bound.
type target struct {
	text, name, op string
	bound          float64
}

type targets []target

var requirePattern = regexp.MustCompile(`^\s*([a-z0-9_]+)\s*(>=|<=|>|<|==)\s*(\S+)\s*$`)

func parseRequire(texts []string) (targets, error) {
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
		ts = append(ts, target{s, m[1], m[2], v})
	}
	return ts, nil
}

// check compares the targets with the figures of a result.
func (ts targets) check(values map[string]float64) error {
	var known []string
	for k := range values {
		known = append(known, k)
	}
	sort.Strings(known)
	for _, t := range ts {
		v, ok := values[t.name]
		if !ok {
			return usageError{suggest.Unknown("figure in --require", t.name, known)}
		}
		met := map[string]bool{">=": v >= t.bound, "<=": v <= t.bound, ">": v > t.bound, "<": v < t.bound, "==": v == t.bound}[t.op]
		if !met {
			return errors.Wrapf(errTarget, "%s is %.6g, required %s %v", t.name, v, t.op, t.bound)
		}
	}
	return nil
}

// figures are the top-level numbers of a result, by their JSON names.
func figures(values map[string]float64, v any) map[string]float64 {
	b, err := json.Marshal(v)
	if err != nil {
		return values
	}
	var all map[string]any
	if json.Unmarshal(b, &all) != nil {
		return values
	}
	for k, x := range all {
		if f, ok := x.(float64); ok {
			values[k] = f
		}
	}
	return values
}

func measureValues(m *pruning.Measure) map[string]float64 { return figures(map[string]float64{}, m) }

func reportValues(loss float64, m *metrics.Report) map[string]float64 {
	return figures(map[string]float64{"loss": loss}, m)
}

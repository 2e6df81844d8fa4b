package graph

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// watch looks at the result of an instruction: WithNaNWatch, WithInfWatch, and WithLogger with WithWatchlist.
func (t *tape) watch(i *instruction) error {
	v, n := i.out.data, i.out.node
	if t.nan && has(v, math.IsNaN) {
		return errors.Errorf("node %q: NaN found in its value", n.Name())
	}
	if t.inf && has(v, func(x float64) bool { return math.IsInf(x, 0) }) {
		return errors.Errorf("node %q: Inf found in its value", n.Name())
	}
	if t.logger != nil && (t.watchAll || slices.Contains(t.watched, n) || slices.Contains(t.watchedIDs, gorgonia.NodeID(n.ID()))) {
		format := t.format
		if format == "" {
			format = "%3.3g"
		}
		t.logger.Printf("node %q, %v: "+format, n.Name(), i.op, v)
	}
	return nil
}

func has(v gorgonia.Value, what func(float64) bool) bool {
	switch x := v.Data().(type) {
	case float32:
		return what(float64(x))
	case float64:
		return what(x)
	case []float32:
		return slices.ContainsFunc(x, func(f float32) bool { return what(float64(f)) })
	case []float64:
		return slices.ContainsFunc(x, what)
	}
	return false
}

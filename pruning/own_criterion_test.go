package pruning

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// power is the criterion Σ|w|^p of a program of its own.
func power(p float64) criteria.Criterion {
	return criteria.Criterion{Name: "power", Needs: criteria.NeedsWeights,
		Settings: settings.Rows{settings.Number("p", &p, "the exponent").In(settings.Positive).Or(2)},
		Compute: func(s criteria.UnitStats, _ criteria.Options) ([]float64, error) {
			scores := make([]float64, s.Units)
			for u, w := range s.Weights {
				for _, v := range w {
					scores[u] += math.Pow(math.Abs(float64(v)), p)
				}
			}
			return scores, nil
		}}
}

// A criterion of one's own takes part in all that named ones do: with p = 1 it chooses what l1 chooses and with p = 2, its
// default, what l2 does, for every method, number of rounds and scope, and the results carry its name.
func TestOwnCriterion(t *testing.T) {
	n := train(t, "iris", tensor.Float32, models.Dense(10, models.Tanh), models.Dense(6, models.ReLU))
	without := func(r *Result) []string {
		var out []string
		for _, u := range r.Units {
			out = append(out, fmt.Sprint(u.Layer, u.Unit))
		}
		return out
	}
	for _, method := range []Method{MaskUnits, RemoveUnits} {
		for rounds := 1; rounds <= 3; rounds += 2 {
			for own, twin := range map[float64]string{1: "l1", 0: "l2"} {
				cfg := Config{Criterion: power(own), Amount: 0.5, Method: method, Rounds: rounds}
				got := n.prune(t, cfg)
				cfg.Criterion = criteria.Named(twin)
				want := n.prune(t, cfg)
				if !reflect.DeepEqual(without(got), without(want)) || !reflect.DeepEqual(got.Kept, want.Kept) {
					t.Errorf("%s, %d rounds: power(%v) takes %v, %s %v", method, rounds, own, without(got), twin, without(want))
				}
				for _, u := range got.Units {
					if !strings.HasPrefix(u.Reason, "power ") {
						t.Errorf("reason %q", u.Reason)
					}
				}
			}
		}
	}
	global := n.prune(t, Config{Criterion: power(1), Amount: 0.5, Scope: criteria.ScopeGlobal})
	want := n.prune(t, Config{Criterion: criteria.Named("l1"), Amount: 0.5, Scope: criteria.ScopeGlobal})
	if !reflect.DeepEqual(without(global), without(want)) {
		t.Errorf("of all layers together it takes %v, l1 %v", without(global), without(want))
	}
}

// What is wrong with a criterion of one's own is said in one line that names it, and before any work where that can be.
func TestOwnCriterionErrors(t *testing.T) {
	n := train(t, "iris", tensor.Float32, models.Dense(10, models.Tanh))
	with := func(change func(*criteria.Criterion)) criteria.Criterion {
		c := power(2)
		change(&c)
		return c
	}
	scores := func(f func(s []float64) ([]float64, error)) criteria.Criterion {
		return with(func(c *criteria.Criterion) {
			c.Compute = func(s criteria.UnitStats, _ criteria.Options) ([]float64, error) { return f(make([]float64, s.Units)) }
		})
	}
	for _, c := range []struct {
		cfg   Config
		early bool
		want  string
	}{
		{Config{Criterion: with(func(c *criteria.Criterion) { c.Name = "" })}, true, `a criterion of the name ""`},
		{Config{Criterion: with(func(c *criteria.Criterion) { c.Name = "l2" })}, true, `there is a criterion "l2" already`},
		{Config{Criterion: criteria.Named("powr")}, true, `unknown criterion "powr"`},
		{Config{Criterion: power(-1)}, true, "criterion power: p is -1: must be a number > 0"},
		{Config{Criterion: power(1), Options: criteria.Options{Bins: 8}}, true, "criterion power reads no options, and bins is given"},
		{Config{Criterion: scores(func(s []float64) ([]float64, error) { return s[1:], nil })}, false,
			`criterion power, layer "dense1": 9 scores for 10 units`},
		{Config{Criterion: scores(func(s []float64) ([]float64, error) { s[3] = math.NaN(); return s, nil })}, false,
			`criterion power, layer "dense1": unit 3 scores NaN`},
		{Config{Criterion: scores(func([]float64) ([]float64, error) { return nil, errors.New("no idea") })}, false,
			`criterion power, layer "dense1": no idea`},
	} {
		c.cfg.Amount = 0.5
		if err := Verify(n.m, n.d, n.parts, c.cfg); (err != nil) != c.early {
			t.Errorf("%q: verifying says %v", c.want, err)
		}
		if _, err := Prune(t.Context(), n.m, n.d, n.parts, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v; want %q", err, c.want)
		}
	}
}

// Its settings can be given by name.
func TestOwnCriterionSettings(t *testing.T) {
	c := power(0)
	if err := c.Set(map[string]any{"p": "3"}); err != nil || c.Settings[0].Get() != 3.0 {
		t.Error(err, c.Settings[0].Get())
	}
	if err := c.Set(map[string]any{"q": 3}); err == nil || !strings.Contains(err.Error(), `unknown criterion power option "q"`) {
		t.Error(err)
	}
	s := criteria.UnitStats{Layer: "a", Units: 1, Weights: [][]float32{{2, -1}}}
	if got, err := c.Score(s, criteria.Options{}); err != nil || got[0] != 9 {
		t.Error(got, err)
	}
}

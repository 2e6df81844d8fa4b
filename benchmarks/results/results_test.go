package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/workers"
	"github.com/gtrain/gtrain/pruning/criteria"
)

// Against SciPy's ttest_rel (testdata/ttest.py), and cases that it has no answer for.
func TestPairedTest(t *testing.T) {
	b, err := os.ReadFile("testdata/ttest.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		A, B []float64
		P    float64
	}
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) < 10 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		if got := better(c.A, c.B); math.Abs(got-c.P) > 1e-9 {
			t.Errorf("%v against %v: p %v, want %v", c.A, c.B, got, c.P)
		}
		if got := better(c.B, c.A); math.Abs(got-(1-c.P)) > 1e-9 {
			t.Errorf("%v against %v: p %v, want %v", c.B, c.A, got, 1-c.P)
		}
	}
	for _, c := range []struct {
		a, b []float64
		p    float64
	}{
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, 0.5}, {[]float64{2, 3, 4}, []float64{1, 2, 3}, 0},
		{[]float64{1, 2, 3}, []float64{2, 3, 4}, 1}, {[]float64{5}, []float64{4}, 0.5}, {nil, nil, 0.5},
	} {
		if got := better(c.a, c.b); got != c.p {
			t.Errorf("%v against %v: p %v, want %v", c.a, c.b, got, c.p)
		}
	}
}

// The experiment on a smaller scale: one amount, and the same bits for any number of threads.
func TestExperiment(t *testing.T) {
	e := full()
	e.Model, e.Amounts, e.Seeds, e.Epochs = "mlp:32,16", []float64{0.5}, firstSeeds(1), 8
	e.Ways = []Way{{"at once", 1, 4}, {"in two rounds", 2, 2}}
	r, err := e.Run(context.Background(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) != 2*11 || len(r.Dense) != 1 || r.Dense[0] < 0.85 || len(r.Control) != 1 || r.Rows != [3]int{1222, 216, 359} {
		t.Fatalf("%d cases, dense %v, control %v, rows %v", len(r.Cases), r.Dense, r.Control, r.Rows)
	}
	for _, c := range r.Cases {
		if len(c.Masked) != 1 || len(c.Tuned) != 1 || !(c.Tuned[0] > 0.5 && c.Tuned[0] <= 1) || !(c.Masked[0] > 0.05) {
			t.Errorf("%+v", c)
		}
	}
	e.Criteria = []string{"mutual-information", "taylor", "random"}
	defer workers.Set(0)
	workers.Set(1)
	again, err := e.Run(context.Background(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range again.Cases {
		if !reflect.DeepEqual(c, r.find(c.Way, c.Criterion, c.Amount)) {
			t.Errorf("one thread: %+v, before %+v", c, r.find(c.Way, c.Criterion, c.Amount))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Run(ctx, io.Discard); err == nil {
		t.Error("an experiment that was ended is complete")
	}
}

// The page says what the numbers say.
func TestPage(t *testing.T) {
	e := full()
	e.Criteria, e.Amounts, e.Seeds = []string{"l2", "apoz", "random"}, []float64{0.5, 0.9}, firstSeeds(4)
	r := &Results{Experiment: e, Dense: []float64{0.97, 0.98, 0.99, 0.98}, Control: []float64{0.97, 0.98, 0.99, 0.98}}
	for _, w := range e.Ways {
		for _, a := range e.Amounts {
			r.Cases = append(r.Cases,
				&Case{w.Name, "l2", a, []float64{0.5, 0.51, 0.52, 0.53}, []float64{0.95, 0.96, 0.97, 0.94}},
				&Case{w.Name, "apoz", a, []float64{0.1, 0.12, 0.11, 0.12}, []float64{0.95, 0.94, 0.98, 0.94}},
				&Case{w.Name, "random", a, []float64{0.3, 0.33, 0.31, 0.32}, []float64{0.95, 0.95, 0.97, 0.95}})
		}
	}
	var b strings.Builder
	if err := r.page(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Dense: 98.0 ± 0.8.", "## At once, masked", "## In four rounds, fine-tuned",
		"| l2 | 51.5 ± 1.3 * | 51.5 ± 1.3 * |", "| apoz | 11.2 ± 1.0 ! | 11.2 ± 1.0 ! |", "| random | 31.5 ± 1.3 | 31.5 ± 1.3 |",
		"| l2 | < 0.001 * | < 0.001 * |", "| apoz | > 0.999 ! | > 0.999 ! |", "| l2 | 95.5 ± 1.3 |",
		"- at once, masked\n  - better than random: l2 (everywhere)\n  - worse than random: apoz (everywhere)\n",
		"- at once, fine-tuned\n  - better than random: none\n  - worse than random: none\n",
		"## In four rounds against at once, fine-tuned", "| l2 | +0.0 (0.500) | +0.0 (0.500) |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(b.String())
	}
}

// docs/results.md has every criterion, amount and way of the experiment.
func TestTheCommittedPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, name := range criteria.Names() {
		if n := strings.Count(page, "\n| "+name+" |"); n < 8 && name != "random" || n < 5 {
			t.Errorf("%s has %d rows", name, n)
		}
	}
	for _, w := range full().Ways {
		if !strings.Contains(page, ", the cosine anew") || !strings.Contains(strings.ToLower(page), "## "+w.Name+", masked") {
			t.Errorf("no tables of %q", w.Name)
		}
	}
	if !strings.Contains(page, "| 50% | 80% | 90% | 95% |") || !strings.Contains(page, "over\n10 seeds") {
		t.Error("other amounts or seeds than the experiment's")
	}
}

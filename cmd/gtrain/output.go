package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/gtrain/gtrain/models/metrics"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/recipes"
	"github.com/pkg/errors"
)

// table is a report for people's eyes.
type table struct {
	*tabwriter.Writer
}

// print writes a result to stdout: as JSON, or as a table.
func (a *app) print(v any, text func(*table)) error {
	if a.json {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return errors.Wrap(enc.Encode(v), "write result")
	}
	t := &table{Writer: tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)}
	text(t)
	return errors.Wrap(t.Flush(), "write result")
}

func (t *table) row(cells ...any) {
	s := make([]string, len(cells))
	for i, c := range cells {
		s[i] = fmt.Sprint(c)
	}
	fmt.Fprintln(t, strings.Join(s, "\t"))
}

func (t *table) line(format string, args ...any) {
	t.Flush()
	fmt.Fprintf(t, format+"\n", args...)
	t.Flush()
}

func (t *table) where(out string) { t.line("\nwritten to %s", out) }

func (t *table) trainReport(r *recipes.TrainReport) {
	t.line("%s on %s: %d epochs, best %d, %.2f s", r.Model, r.Dataset, r.Epochs, r.BestEpoch, r.Seconds)
	t.row("parameters", r.Params)
	t.metrics(r.Split, r.N, r.Loss, r.Metrics)
}

// metrics prints the main figures of a report.
func (t *table) metrics(split string, n int, loss float64, m *metrics.Report) {
	t.row(split+" rows", n)
	t.row("loss", num(loss))
	if c := m.Classification; c != nil {
		t.row("accuracy", num(c.Accuracy))
		t.row("log-loss", num(c.LogLoss))
		if c.ROCAUC != nil {
			t.row("ROC-AUC", num(*c.ROCAUC))
		}
		t.row("macro F1", num(c.Macro.F1))
	}
	if g := m.Regression; g != nil {
		t.row("RMSE", num(g.RMSE))
		t.row("MAE", num(g.MAE))
		if g.R2 != nil {
			t.row("R²", num(*g.R2))
		}
	}
}

func num(v float64) string { return fmt.Sprintf("%.4f", v) }

func (t *table) pruneReport(r *recipes.PruneReport) {
	t.line("%s on %s: %s, amount %g, %s of %d units", r.Criterion, r.Dataset, r.Method, r.Amount, r.Scope, r.Units)
	t.line("")
	t.row("", "dense", "masked", "pruned", "pruned/dense")
	d, m, p := r.Dense, r.Masked, r.Pruned
	metric := func(name string, of func(*pruning.Measure) *float64) {
		if of(d) != nil && of(m) != nil && of(p) != nil {
			t.row(name, num(*of(d)), num(*of(m)), num(*of(p)), fmt.Sprintf("%+.4f", *of(p)-*of(d)))
		}
	}
	metric(r.Split+" accuracy", func(m *pruning.Measure) *float64 { return m.Accuracy })
	metric(r.Split+" R²", func(m *pruning.Measure) *float64 { return m.R2 })
	metric(r.Split+" RMSE", func(m *pruning.Measure) *float64 { return m.RMSE })
	metric(r.Split+" loss", func(m *pruning.Measure) *float64 { return &m.Loss })
	count := func(name string, of func(*pruning.Measure) float64, format string) {
		t.row(name, fmt.Sprintf(format, of(d)), fmt.Sprintf(format, of(m)), fmt.Sprintf(format, of(p)), ratio(of(p), of(d)))
	}
	count("parameters", func(m *pruning.Measure) float64 { return float64(m.Params) }, "%.0f")
	count("non-zero", func(m *pruning.Measure) float64 { return float64(m.NonzeroParams) }, "%.0f")
	count("MACs", func(m *pruning.Measure) float64 { return float64(m.MACs) }, "%.0f")
	count("bytes", func(m *pruning.Measure) float64 { return float64(m.Bytes) }, "%.0f")
	count("latency µs, batch 1", func(m *pruning.Measure) float64 { return m.LatencyUS }, "%.2f")
	count("rows/s, batch 128", func(m *pruning.Measure) float64 { return m.Throughput }, "%.0f")
	t.Flush()
	if e := r.Equivalence; e.Checks > 0 {
		t.line("\nremoved = masked on %d rows: largest difference %.2g, %.2g relative", e.CheckedRows, e.MaxAbsDiff, e.MaxRelDiff)
	}
}

func ratio(a, b float64) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f×", a/b)
}

func (t *table) comparison(all []recipes.Comparison) {
	if len(all) == 0 {
		return
	}
	t.line("\nthe same amount by other criteria, mean ± deviation over %d seeds:", len(all[0].Seeds))
	t.row("criterion", "dense", "units removed", "fine-tuned", "parameters left")
	for _, c := range all {
		params := make([]float64, len(c.Params))
		for i, p := range c.Params {
			params[i] = float64(p)
		}
		left, _ := recipes.MeanStd(params)
		t.row(c.Criterion, spread(c.Dense), spread(c.Masked), spread(c.Pruned), fmt.Sprintf("%.0f", left))
	}
	t.Flush()
}

func spread(x []float64) string {
	mean, std := recipes.MeanStd(x)
	return fmt.Sprintf("%.4f ± %.4f", mean, std)
}

package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/pruning"
)

func num(v float64) string { return fmt.Sprintf("%.4f", v) }

// quantity is a number with a unit, in which it may be small or large.
func quantity(v float64) string {
	if a := math.Abs(v); a > 0 && a < 1e-3 || a >= 1e15 {
		return fmt.Sprintf("%.4g", v)
	}
	return num(v)
}

// difference is the way from one quantity to another, with its sign, as exact as they are shown.
func difference(from, to float64) string {
	d := to - from
	if a := max(math.Abs(from), math.Abs(to)); a > 0 && a < 1e-3 || math.Abs(d) >= 1e15 {
		return fmt.Sprintf("%+.4g", d)
	}
	return fmt.Sprintf("%+.4f", d)
}

func (t *table) where(out string) { t.line("\nwritten to %s", out) }

func (t *table) trainReport(r *jobs.TrainReport) {
	stopped := ""
	if r.StoppedBy == "patience" {
		stopped = ", stopped early"
	}
	t.line("%s on %s: %s, best %d%s, %.2f s", r.Model, r.Dataset, count(r.Epochs, "epoch"), r.BestEpoch, stopped,
		r.Seconds)
	t.line("")
	t.row("parameters", r.Params)
	t.metrics(r.Split, r.N, r.Loss, r.Report)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (t *table) evalReport(r *jobs.EvalReport, verbose bool) {
	t.line("%s on %s", r.Model, r.Dataset)
	t.line("")
	t.metrics(r.Split, r.N, r.Loss, r.Report)
	if c := r.Classification; c != nil && verbose {
		t.classes(c)
	}
}

// metrics prints the main figures of a report.
func (t *table) metrics(split string, n int, loss float64, m *metrics.Report) {
	t.row(split+" rows", n)
	t.row("loss", quantity(loss))
	if c := m.Classification; c != nil {
		t.row("accuracy", num(c.Accuracy))
		if c.ROCAUC != nil {
			t.row("ROC-AUC", num(*c.ROCAUC))
		}
		t.row("macro F1", num(c.Macro.F1))
	}
	if g := m.Regression; g != nil {
		t.row("RMSE", quantity(g.RMSE))
		t.row("MAE", quantity(g.MAE))
		if g.R2 != nil {
			t.row("R²", num(*g.R2))
		}
	}
}

// classes prints the scores of each class and the confusion matrix.
func (t *table) classes(c *metrics.Classification) {
	t.line("")
	t.row("class", "precision", "recall", "F1", "rows")
	for _, p := range c.PerClass {
		t.row(p.Name, num(p.Precision), num(p.Recall), num(p.F1), p.Support)
	}
	if c.ConfusionMatrix == nil {
		t.mistakes(c)
		return
	}
	t.line("\nconfusion matrix (rows: the class, columns: what was predicted)")
	head := []any{""}
	for _, p := range c.PerClass {
		head = append(head, p.Name)
	}
	t.row(head...)
	for i, row := range c.ConfusionMatrix {
		cells := []any{c.PerClass[i].Name}
		for _, n := range row {
			cells = append(cells, n)
		}
		t.row(cells...)
	}
	t.flush()
}

// mistakes prints the most frequent ones, where there are too many classes for a confusion matrix to be read.
func (t *table) mistakes(c *metrics.Classification) {
	const most = 20
	var wrong []metrics.ConfusionCell
	for _, cell := range c.ConfusionCells {
		if cell.Class != cell.Predicted {
			wrong = append(wrong, cell)
		}
	}
	if len(wrong) == 0 {
		t.line("\nno row was taken for another class")
		return
	}
	slices.SortStableFunc(wrong, func(a, b metrics.ConfusionCell) int { return b.Rows - a.Rows })
	t.flush()
	t.line("\nmost frequent mistakes (--json has all)")
	t.left = 2
	t.row("class", "predicted", "rows")
	for _, m := range wrong[:min(most, len(wrong))] {
		t.row(c.PerClass[m.Class].Name, c.PerClass[m.Predicted].Name, m.Rows)
	}
	t.flush()
}

func (t *table) pruneReport(r *jobs.PruneReport) {
	t.line("%s on %s: %s, amount %g of each %s, %d of %d units %s", r.Model, r.Dataset, r.Criterion, r.Amount,
		map[string]string{"layer": "layer", "global": "network"}[r.Scope], len(r.Removed), r.Units,
		map[string]string{"mask": "masked", "remove": "removed"}[r.Method])
	t.line("")
	columns := []*pruning.Measure{r.Dense, r.Masked, r.Pruned}
	if r.Untuned != nil {
		columns = []*pruning.Measure{r.Dense, r.Masked, r.Untuned, r.Pruned}
		t.row("", "dense", "masked", "untuned", "pruned", "change")
	} else {
		t.row("", "dense", "masked", "pruned", "change")
	}
	add := func(name string, cell func(*pruning.Measure) string, change string) {
		cells := []any{name}
		for _, m := range columns {
			cells = append(cells, cell(m))
		}
		t.row(append(cells, change)...)
	}
	metric := func(name string, of func(*pruning.Measure) *float64) {
		if of(r.Dense) != nil {
			add(name, func(m *pruning.Measure) string { return quantity(*of(m)) },
				difference(*of(r.Dense), *of(r.Pruned)))
		}
	}
	metric(r.Split+" accuracy", func(m *pruning.Measure) *float64 { return m.Accuracy })
	if r.Masked.R2 != nil && r.Pruned.R2 != nil {
		metric(r.Split+" R²", func(m *pruning.Measure) *float64 { return m.R2 })
	}
	metric(r.Split+" RMSE", func(m *pruning.Measure) *float64 { return m.RMSE })
	metric(r.Split+" loss", func(m *pruning.Measure) *float64 { return &m.Loss })
	figure := func(name string, of func(*pruning.Measure) float64, format string) {
		add(name, func(m *pruning.Measure) string { return fmt.Sprintf(format, of(m)) }, ratio(of(r.Pruned), of(r.Dense)))
	}
	figure("parameters", func(m *pruning.Measure) float64 { return float64(m.Params) }, "%.0f")
	figure("non-zero", func(m *pruning.Measure) float64 { return float64(m.NonzeroParams) }, "%.0f")
	figure("MACs", func(m *pruning.Measure) float64 { return float64(m.MACs) }, "%.0f")
	figure("bytes", func(m *pruning.Measure) float64 { return float64(m.Bytes) }, "%.0f")
	add("latency µs, batch 1", func(m *pruning.Measure) string {
		return fmt.Sprintf("%.2f ± %.2f", m.LatencyUS, m.LatencyUSSpread)
	}, ratio(r.Pruned.LatencyUS, r.Dense.LatencyUS))
	add("rows/s, batch 128", func(m *pruning.Measure) string {
		return short(m.Throughput) + " ± " + short(m.ThroughputSpread)
	}, ratio(r.Pruned.Throughput, r.Dense.Throughput))
	for _, w := range r.Warnings {
		t.line("\nwarning: %s", new(inputs).flags(w))
	}
	if e := r.Equivalence; e.Checks > 0 {
		t.line("\nremoved = masked on %s: largest difference %.2g, relative %.2g", count(e.CheckedRows, "row"),
			e.MaxAbsDiff, e.MaxRelDiff)
	}
	if e := r.Equivalence.Plain; e.Dense.CheckedRows > 0 {
		worst := e.Dense.Worse(e.Masked).Worse(e.Untuned).Worse(e.Pruned)
		t.line("each network = its plain program on %s: largest difference %.2g, relative %.2g",
			count(worst.CheckedRows, "row"), worst.MaxAbsDiff, worst.MaxRelDiff)
	}
	if len(r.BiasFolds) > 0 {
		t.line("\nmean outputs of removed units:\n")
		t.left = texts
		for _, b := range r.BiasFolds {
			what := "added to " + b.Into
			if b.Into == "" {
				what = "not folded: " + b.Why
			}
			t.row(fmt.Sprintf("round %d", b.Round), b.Node, count(b.Units, "input"), what)
		}
		t.flush()
	}
}

// short is a number with k or M behind it.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.2fM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.1fk", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

func ratio(a, b float64) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("× %.2f", a/b)
}

func (t *table) comparison(all []jobs.Comparison) {
	if len(all) == 0 {
		return
	}
	over := "one seed"
	if n := len(all[0].Seeds); n > 1 {
		over = fmt.Sprintf("mean ± standard deviation over %d seeds", n)
	}
	t.line("\nthe same amount by each criterion, %s:\n", over)
	t.row("criterion", "dense", "masked", "fine-tuned", "parameters")
	for _, c := range all {
		params := make([]float64, len(c.Params))
		for i, p := range c.Params {
			params[i] = float64(p)
		}
		left, _ := jobs.MeanStd(params)
		t.row(c.Criterion, spread(c.Dense), spread(c.Masked), spread(c.Pruned), fmt.Sprintf("%.0f", left))
	}
	t.flush()
}

func spread(x []float64) string {
	mean, std := jobs.MeanStd(x)
	if len(x) < 2 {
		return quantity(mean)
	}
	return quantity(mean) + " ± " + quantity(std)
}

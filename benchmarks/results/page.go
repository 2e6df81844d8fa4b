package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/gtrain/gtrain/internal/kernels"
	"gonum.org/v1/gonum/stat"
)

// level is the p below which a difference is marked.
const level = 0.05

// stage is masked or fine-tuned.
type stage struct {
	name string
	of   func(*Case) []float64
}

var stages = []stage{
	{"masked", func(c *Case) []float64 { return c.Masked }},
	{"fine-tuned", func(c *Case) []float64 { return c.Tuned }},
}

// page writes the results as Markdown.
func (r *Results) page(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	total := r.Ways[0].Rounds * r.Ways[0].Epochs
	line("# What the criteria are worth\n")
	line("Made by `go run ./benchmarks/results`; not to be edited by hand. Test accuracy in %%, mean ± standard deviation over")
	line("%d seeds; a seed decides the split, the weights, the order of rows and the criterion `random`.\n", len(r.Seeds))
	line("**Setting.** %s, %s: %d rows for training, %d to decide which epoch is kept, %d for testing, which decide nothing.",
		r.Data, r.Model, r.Rows[0], r.Rows[1], r.Rows[2])
	line("AdamW (rate 0.001, decay %g) along a cosine, label smoothing %g, batches of %d, %d epochs. Then a share of the units of", r.Decay,
		r.Smooth, r.Batch, r.Epochs)
	line("each layer goes, and what is left is fine-tuned for %d epochs in the same way:\n", total)
	for _, way := range r.Ways {
		if way.Rounds == 1 {
			line("- %s: one round of %d epochs;", way.Name, way.Epochs)
		} else {
			line("- %s: %d rounds of %d epochs, the cosine anew in each, the amount growing cubically.", way.Name, way.Rounds,
				way.Epochs)
		}
	}
	line("\n`masked` is the dense network with all units that went multiplied by zero, not fine-tuned at all. Options of criteria")
	line("are their defaults. Computed with %s kernels; on other processors sums are rounded otherwise, and a row may change", kernels.ISA())
	line("its side.\n")
	line("Dense: %s. The same after %d more epochs, as a control: %s.\n", spread(r.Dense), total, spread(r.Control))
	line("**Marks.** `*` better than random and `!` worse than random, p < %g by a paired one-sided t-test over the seeds. Nothing is", level)
	line("corrected for the number of tests: of forty differences that are none, two get a mark on either side on average.\n")
	r.summary(line)
	for _, way := range r.Ways {
		for _, s := range stages {
			line("\n## %s, %s\n", strings.ToUpper(way.Name[:1])+way.Name[1:], s.name)
			r.accuracies(line, way, s)
			line("\np of “better than random” (1 − p is that of “worse”):\n")
			r.probabilities(line, way, s)
		}
	}
	if len(r.Ways) == 2 {
		r.ways(line, r.Ways[0], r.Ways[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func spread(x []float64) string {
	if len(x) < 2 {
		return fmt.Sprintf("%.1f", 100*stat.Mean(x, nil))
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return fmt.Sprintf("%.1f ± %.1f", 100*mean, 100*sd)
}

func (r *Results) head(line func(string, ...any), first string) {
	head, rule := "| "+first, "|---"
	for _, a := range r.Amounts {
		head, rule = head+fmt.Sprintf(" | %g%%", 100*a), rule+"|---"
	}
	line("%s |", head)
	line("%s|", rule)
}

// against is the p-value of a cell against random's.
func (r *Results) against(way Way, s stage, criterion string, amount float64) float64 {
	return better(s.of(r.find(way.Name, criterion, amount)), s.of(r.find(way.Name, "random", amount)))
}

func mark(p float64) string {
	switch {
	case p < level:
		return " *"
	case p > 1-level:
		return " !"
	}
	return ""
}

func (r *Results) accuracies(line func(string, ...any), way Way, s stage) {
	r.head(line, "criterion")
	for _, c := range r.Criteria {
		row := "| " + c
		for _, a := range r.Amounts {
			row += " | " + spread(s.of(r.find(way.Name, c, a)))
			if c != "random" {
				row += mark(r.against(way, s, c, a))
			}
		}
		line("%s |", row)
	}
}

func (r *Results) probabilities(line func(string, ...any), way Way, s stage) {
	r.head(line, "criterion")
	for _, c := range r.Criteria {
		if c == "random" {
			continue
		}
		row := "| " + c
		for _, a := range r.Amounts {
			p := r.against(way, s, c, a)
			row += " | " + probability(p) + mark(p)
		}
		line("%s |", row)
	}
}

func probability(p float64) string {
	switch {
	case p < 0.0005:
		return "< 0.001"
	case p > 0.9995:
		return "> 0.999"
	}
	return fmt.Sprintf("%.3f", p)
}

// summary says in words which criteria the marks are of.
func (r *Results) summary(line func(string, ...any)) {
	for _, way := range r.Ways {
		for _, s := range stages {
			line("- %s, %s", way.Name, s.name)
			for _, kind := range []struct{ name, mark string }{{"better", " *"}, {"worse", " !"}} {
				var parts []string
				for _, c := range r.Criteria {
					var at []string
					for _, a := range r.Amounts {
						if c != "random" && mark(r.against(way, s, c, a)) == kind.mark {
							at = append(at, fmt.Sprintf("%g%%", 100*a))
						}
					}
					switch {
					case len(at) == len(r.Amounts) && len(at) > 1:
						parts = append(parts, c+" (everywhere)")
					case len(at) > 0:
						parts = append(parts, c+" ("+strings.Join(at, ", ")+")")
					}
				}
				if len(parts) == 0 {
					parts = []string{"none"}
				}
				line("  - %s than random: %s", kind.name, strings.Join(parts, ", "))
			}
		}
	}
}

// ways compares fine-tuned accuracies of two ways, criterion by criterion.
func (r *Results) ways(line func(string, ...any), once, rounds Way) {
	line("\n## %s against %s, fine-tuned\n", strings.ToUpper(rounds.Name[:1])+rounds.Name[1:], once.Name)
	line("Difference in points, and p of “better”:\n")
	r.head(line, "criterion")
	for _, c := range r.Criteria {
		row := "| " + c
		for _, a := range r.Amounts {
			x, y := r.find(rounds.Name, c, a).Tuned, r.find(once.Name, c, a).Tuned
			p := better(x, y)
			d := 100 * (stat.Mean(x, nil) - stat.Mean(y, nil))
			if math.Abs(d) < 0.05 {
				d = 0 // not -0.0
			}
			row += fmt.Sprintf(" | %+.1f (%s)%s", d, probability(p), mark(p))
		}
		line("%s |", row)
	}
	line("\nHere the marks compare the two ways.")
}

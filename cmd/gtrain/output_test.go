package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/metrics"
)

// eval -v prints a matrix that can be read, and the most frequent mistakes where there are too many classes for one.
func TestClassesOfAnEvaluation(t *testing.T) {
	report := func(classes int, wrong bool) string {
		var labels []int
		var probs []float32
		for i := range 3 * classes {
			row := make([]float32, classes)
			l, p := i%classes, i%classes
			if wrong && l == 7 {
				p = 5 // three times
			} else if wrong && l == 9 && i < classes {
				p = 1
			}
			row[p] = 1
			labels, probs = append(labels, l), append(probs, row...)
		}
		r, err := metrics.ClassificationReport(labels, probs, classes)
		if err != nil {
			t.Fatal(err)
		}
		names := make([]string, classes)
		for i := range names {
			names[i] = fmt.Sprintf("c%03d", i)
		}
		if err := r.NameClasses(names); err != nil {
			t.Fatal(err)
		}
		tab := &table{}
		tab.classes(r.Classification)
		tab.flush()
		return tab.b.String()
	}
	if out := report(12, true); !strings.Contains(out, "confusion matrix") || strings.Contains(out, "mistakes") {
		t.Errorf("12 classes:\n%s", out)
	}
	out := report(metrics.DenseClasses+1, true)
	_, mistakes, found := strings.Cut(out, "most frequent mistakes (--json has all)\n")
	if lines := strings.Split(strings.TrimSpace(mistakes), "\n"); !found || len(lines) != 3 ||
		strings.Join(strings.Fields(lines[1]), " ") != "c007 c005 3" || strings.Join(strings.Fields(lines[2]), " ") != "c009 c001 1" {
		t.Errorf("%d classes:\n%s", metrics.DenseClasses+1, mistakes)
	}
	if out := report(metrics.DenseClasses+1, false); !strings.Contains(out, "no row was taken for another class") {
		t.Errorf("all right:\n%s", out[len(out)-200:])
	}
}

// Errors of a target with a small or a large unit are figures, and neither zeros nor rows of digits.
func TestQuantitiesOfAnyUnit(t *testing.T) {
	for _, c := range []struct {
		from, to                  float64
		wantFrom, wantTo, changed string
	}{
		{0.9777, 0.9778, "0.9777", "0.9778", "+0.0001"},
		{0.5, 0.5, "0.5000", "0.5000", "+0.0000"},
		{0, 0, "0.0000", "0.0000", "+0.0000"},
		{1, 0.0005, "1.0000", "0.0005", "-0.9995"},
		{9.583e-14, 1.069e-13, "9.583e-14", "1.069e-13", "+1.107e-14"},
		{1.759e-62, 1.5e-62, "1.759e-62", "1.5e-62", "-2.59e-63"},
		{1.136e36, 9.674e35, "1.136e+36", "9.674e+35", "-1.686e+35"},
		{1.2e15, 1.2e15, "1.2e+15", "1.2e+15", "+0.0000"},
		{-5.018e17, 0.9, "-5.018e+17", "0.9000", "+5.018e+17"},
		{1306.8837, 1301.6597, "1306.8837", "1301.6597", "-5.2240"},
	} {
		if a, b, d := quantity(c.from), quantity(c.to), difference(c.from, c.to); a != c.wantFrom || b != c.wantTo || d != c.changed {
			t.Errorf("%v to %v: %s %s %s", c.from, c.to, a, b, d)
		}
	}
}

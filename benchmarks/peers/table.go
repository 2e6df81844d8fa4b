package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// print writes the tables. A ratio is the peer's time over ours: 2.0× means that gtrain is twice as fast.
func (r *race) print(w io.Writer) {
	r.printSteps(w, kindTrain, "Training step (forward, backward, Adam), µs", []string{"PyTorch", "Gorgonia", "GoMLX"})
	r.printSteps(w, kindInfer, "Inference, µs", []string{"PyTorch", "ONNX Runtime", "Gorgonia", "GoMLX"})
	r.printProducts(w, false, "Matrix products, float32, GFLOP/s")
	r.printProducts(w, true, "Matrix products, float64, GFLOP/s")
	if len(r.peak) > 0 {
		fmt.Fprintf(w, "One core's limit, measured beside them: %.0f GFLOP/s (float32).\n", median(r.peak)/1e9)
	}
}

// measured tells which of some engines have any time for works of a kind.
func (r *race) measured(names []string, works []work) (some []string) {
	for _, n := range names {
		for _, w := range works {
			if !math.IsInf(r.best(n, w), 1) {
				some = append(some, n)
				break
			}
		}
	}
	return some
}

func (r *race) of(kind string, double bool) (works []work) {
	for _, w := range r.works {
		if w.Kind == kind && w.Double == double {
			works = append(works, w)
		}
	}
	return works
}

func (r *race) printSteps(out io.Writer, kind, title string, peers []string) {
	works := r.of(kind, false)
	peers = r.measured(peers, works)
	if len(works) == 0 {
		return
	}
	fmt.Fprintf(out, "**%s**\n\n| network | batch | gtrain | of the limit |", title)
	for _, p := range peers {
		fmt.Fprintf(out, " %s | ratio |", p)
	}
	fmt.Fprintf(out, "\n|---|---:|---:|---:|%s\n", strings.Repeat("---:|---:|", len(peers)))
	for _, w := range works {
		ours := r.best("gtrain", w)
		fmt.Fprintf(out, "| %s | %d | %s | %s |", w.Network.Name, w.Batch, micros(ours), r.share(w, ours, r.o.threads))
		for _, p := range peers {
			fmt.Fprintf(out, " %s | %s |", micros(r.best(p, w)), ratio(r.best(p, w), ours))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
}

func (r *race) printProducts(out io.Writer, double bool, title string) {
	works := r.of(kindGemm, double)
	if len(works) == 0 {
		return
	}
	fmt.Fprintf(out, "**%s**\n\n| product | m×n×k | gtrain, 1 thread | of the limit | OpenBLAS, 1 thread | ratio | "+
		"gtrain, %d threads | OpenBLAS | ratio | gonum | ratio |\n|---|---|%s\n", title, r.o.threads,
		strings.Repeat("---:|", 9))
	for _, w := range works {
		p := w.Product
		one, all := r.best("gtrain, 1 thread", w), r.best("gtrain", w)
		oneBLAS := r.best("OpenBLAS, 1 thread", w)
		allBLAS := min(oneBLAS, r.best("OpenBLAS", w)) // small products are faster on one
		gonum := r.best("gonum", w)
		fmt.Fprintf(out, "| %s%s | %d×%d×%d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", p.Name, transposes(w),
			p.M, p.N, p.K, rate(w, one), r.share(w, one, 1), rate(w, oneBLAS), ratio(oneBLAS, one),
			rate(w, all), rate(w, allBLAS), ratio(allBLAS, all), rate(w, gonum), ratio(gonum, all))
	}
	fmt.Fprintln(out)
}

func transposes(w work) string {
	switch {
	case w.Product.TransA:
		return " AᵀB"
	case w.Product.TransB:
		return " ABᵀ"
	}
	return ""
}

// share is how much of the threads' limit a time uses; float64 has half the lanes.
func (r *race) share(w work, ns float64, threads int) string {
	limit := median(r.peak) * float64(threads)
	if w.Double {
		limit /= 2
	}
	percent := 100 * w.flop() / (ns * 1e-9) / limit
	if percent < 10 {
		return fmt.Sprintf("%.1f%%", percent)
	}
	return fmt.Sprintf("%.0f%%", percent)
}

func micros(ns float64) string {
	if math.IsInf(ns, 1) {
		return "–"
	}
	switch us := ns / 1e3; {
	case us < 10:
		return fmt.Sprintf("%.2f", us)
	case us < 100:
		return fmt.Sprintf("%.1f", us)
	default:
		return thousands(int(math.Round(us)))
	}
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func rate(w work, ns float64) string {
	if math.IsInf(ns, 1) {
		return "–"
	}
	return fmt.Sprintf("%.1f", w.flop()/ns)
}

func ratio(peer, ours float64) string {
	switch q := peer / ours; {
	case math.IsInf(peer, 1):
		return "–"
	case q < 10:
		return fmt.Sprintf("%.2f×", q)
	default:
		return fmt.Sprintf("%.0f×", q)
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/training"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// reporter shows a job's progress on stderr: a bar on a terminal, plain lines otherwise, nothing if quiet.
func (a *app) reporter() jobs.Reporter {
	switch {
	case a.quiet:
		return jobs.Silent{}
	case isTerminal(a.err):
		return notes{&bar{w: a.err, verbose: a.verbose}, a}
	}
	return notes{&lines{w: a.err, verbose: a.verbose}, a}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// lines prints a line an epoch, but not more than one a second unless verbose.
type lines struct {
	w       io.Writer
	verbose bool
	last    time.Time
}

func (l *lines) Note(format string, args ...any) { fmt.Fprintf(l.w, format+"\n", args...) }
func (l *lines) Begin(string, int)               {}
func (l *lines) Step(float64)                    {}
func (l *lines) End()                            {}

func (l *lines) Epoch(stage string, e training.EpochInfo, epochs int) {
	if !l.verbose && e.Epoch != epochs && time.Since(l.last) < time.Second {
		return
	}
	l.last = time.Now()
	fmt.Fprintln(l.w, epochLine(stage, e, epochs))
}

func epochLine(stage string, e training.EpochInfo, epochs int) string {
	s := fmt.Sprintf("%s: epoch %d/%d, loss %s", stage, e.Epoch, epochs, quantity(e.TrainLoss))
	if e.ValLoss != nil {
		s += ", validation loss " + quantity(*e.ValLoss)
	}
	if e.Val != nil && e.Val.Classification != nil {
		s += fmt.Sprintf(", accuracy %.4f", e.Val.Accuracy)
	}
	if e.Val != nil && e.Val.Regression != nil && e.Val.R2 != nil {
		s += fmt.Sprintf(", R² %.4f", *e.Val.R2)
	}
	return s
}

// bar is a progress bar with the newest epoch beside it.
type bar struct {
	w       io.Writer
	verbose bool
	p       *mpb.Progress
	b       *mpb.Bar
	text    string
}

func (b *bar) Note(format string, args ...any) {
	line := fmt.Sprintf(format+"\n", args...)
	if b.p != nil {
		io.WriteString(b.p, line) // above the bar
		return
	}
	io.WriteString(b.w, line)
}

func (b *bar) Begin(stage string, steps int) {
	if steps <= 0 {
		return
	}
	b.text = ""
	b.p = mpb.New(mpb.WithOutput(b.w), mpb.WithWidth(32), mpb.WithRefreshRate(100*time.Millisecond))
	b.b = b.p.AddBar(int64(steps),
		mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-10s", stage))),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO),
			decor.Any(func(decor.Statistics) string { return b.text })))
}

func (b *bar) Step(float64) {
	if b.b != nil {
		b.b.Increment()
	}
}

func (b *bar) Epoch(stage string, e training.EpochInfo, epochs int) {
	text := epochLine(stage, e, epochs)
	if b.verbose {
		b.Note("%s", text)
	}
	b.text = "  " + text
}

func (b *bar) End() {
	if b.p == nil {
		return
	}
	if !b.b.Completed() { // early stopping, or an error
		b.b.Abort(false)
	}
	b.p.Wait()
	b.p, b.b = nil, nil
}

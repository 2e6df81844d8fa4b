// Command results compares the criteria of pruning with each other and with chance, and writes docs/results.md:
//
//	go run ./benchmarks/results
//
// Every figure follows from the seeds, whatever the number of threads. The settings are those of experiment.go and not the
// defaults of gtrain, so that the page says what the criteria do and not what the defaults are.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gtrain/gtrain/internal/atomicfile"
)

func main() {
	e := full()
	seeds := flag.Int("seeds", len(e.Seeds), "how many seeds, 1, 2, …")
	out := flag.String("o", "docs/results.md", "file to write")
	flag.Parse()
	e.Seeds = firstSeeds(*seeds)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, e, *out); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, e Experiment, path string) error {
	r, err := e.Run(ctx, os.Stderr)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return r.page(w) })
}

package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/spf13/cobra"
)

func (a *app) benchCmd() *cobra.Command {
	var in *inputs
	cmd := &cobra.Command{
		Use:   "bench MODEL",
		Short: "Latency and throughput, as Go benchmark lines",
		Long: `Bench runs MODEL, an ONNX file or a run directory, on random rows at each batch size and prints a line a sample, in the
form of a Go benchmark: ns/op is the time of one batch, rows/s the rows a second. benchstat compares two such outputs.`,
		Example: "  gtrain bench runs/mnist --batch 1,32,128 >dense.txt\n" +
			"  gtrain bench runs/small --batch 1,32,128 >small.txt\n" +
			"  benchstat dense.txt small.txt",
		Args: exactly("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := in.config(config.Default())
			if err != nil {
				return err
			}
			opt := jobs.BenchOptions{Threads: c.Threads}
			if opt.Batches, err = numbers("batch", in.text("batch")); err != nil {
				return err
			}
			if text := in.text("count"); text != "" {
				if opt.Count, err = strconv.Atoi(text); err != nil || opt.Count < 1 {
					return usagef("--count %q: must be a whole number, at least 1", text)
				}
			}
			if text := in.text("time"); text != "" {
				if opt.Time, err = time.ParseDuration(text); err != nil || opt.Time <= 0 {
					return usagef("--time %q: must be a time such as 200ms or 1s", text)
				}
			}
			r, err := jobs.Bench(cmd.Context(), args[0], opt, a.reporter())
			if err != nil {
				return err
			}
			if a.json {
				return a.print(r, nil)
			}
			return r.WriteLines(a.out)
		},
	}
	in = a.addSettings(cmd, config.ForBench)
	in.add(cmd, "batch", "list", "batch sizes (default 1,32,128)", nothing)
	in.add(cmd, "count", "int", "samples of each size (default 5)", nothing)
	in.add(cmd, "time", "duration", "length of a sample (default 200ms)", nothing)
	return cmd
}

// numbers reads a list of whole numbers, empty for an empty text.
func numbers(flag, text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var out []int
	for _, f := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil {
			return nil, usagef("--%s %q: %q is no whole number", flag, text, f)
		}
		out = append(out, n)
	}
	return out, nil
}

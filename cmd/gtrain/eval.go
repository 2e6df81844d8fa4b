package main

import (
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/spf13/cobra"
)

func (a *app) evalCmd() *cobra.Command {
	var require []string
	var in *inputs
	cmd := &cobra.Command{
		Use:   "eval MODEL --data D",
		Short: "Loss and metrics of a model",
		Long: `Eval measures MODEL, an ONNX file or a run directory. Of the data that the model was trained on it takes
only the test rows, which training never saw; of any other data all rows. It says on stderr which; --split takes others.
With -v it prints the scores of every class and the confusion matrix.`,
		Example: "  gtrain eval runs/iris-1 --data iris\n" +
			"  gtrain eval model.onnx --data new.csv --require accuracy>=0.97 --json",
		Args: exactly("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := in.needData(cmd, "what to evaluate on"); err != nil {
				return err
			}
			c, err := in.config(config.Default())
			if err != nil {
				return err
			}
			targets, err := parseRequire(require, resultFigures())
			if err != nil {
				return err
			}
			r, err := jobs.Eval(cmd.Context(), args[0], jobs.EvalOptions{Source: c.Data.Source, TestData: c.Data.TestData,
				Split: in.text("split"), Threads: c.Threads, Accept: targets.accept, Figures: targets.figures()}, a.reporter())
			if err != nil {
				return err
			}
			if err := a.print(r, func(t *table) { t.evalReport(r, a.verbose) }); err != nil {
				return err
			}
			return targets.check(reportValues(r.Loss, r.Report))
		},
	}
	in = a.addSettings(cmd, config.ForEval)
	in.add(cmd, "split", "part", strings.Join(jobs.Splits(), ", ")+" (default: rows that training never saw)",
		jobs.Splits)
	a.addRequire(cmd, &require, resultFigures)
	return cmd
}

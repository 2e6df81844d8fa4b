package main

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/spf13/cobra"
)

func (a *app) predictCmd() *cobra.Command {
	var in *inputs
	var force bool
	cmd := &cobra.Command{
		Use:   "predict MODEL --data D",
		Short: "Class and probabilities, or the value, for every row",
		Long: `Predict reads raw data, with or without the target column, and writes one line a row, in the rows' order:
the class and a column p(NAME) for the probability of each class, or the value of a regression. A file that exists is
replaced only with --force; what is read, and the files of a run directory, never are.`,
		Example: "  gtrain predict runs/iris-1 --data new.csv\n" +
			"  gtrain predict model.onnx --data new.csv -o predictions.jsonl",
		Args: exactly("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := in.needData(cmd, "the rows to predict"); err != nil {
				return err
			}
			c, err := in.config(config.Default())
			if err != nil {
				return err
			}
			out, format := in.text("output"), jobs.CSV
			toFile := out != "" && !isStdout(out)
			switch {
			case in.text("format") != "":
				if a.json && !toFile {
					return usagef("--json prints one object: --format is for the lines that are written without it")
				}
				format, err = jobs.ParseFormat(in.text("format"))
			case toFile:
				format, err = jobs.FormatOf(out)
			}
			if err != nil {
				return err
			}
			if toFile {
				if err := rundir.CheckFile(out, force, c.Data.Source, args[0]); err != nil {
					return err
				}
			}
			p, err := jobs.Predict(cmd.Context(), args[0], c.Data.Source, in.text("split"), c.Threads, a.reporter())
			if err != nil {
				return err
			}
			if !toFile {
				if a.json {
					return a.print(p, nil)
				}
				return p.Write(a.out, format)
			}
			if err := p.WriteFile(out, format); err != nil {
				return err
			}
			done := struct {
				Model   string `json:"model"`
				Dataset string `json:"dataset"`
				N       int    `json:"n"`
				Out     string `json:"out"`
				Format  string `json:"format"`
			}{p.Model, p.Dataset, p.Rows(), out, string(format)}
			return a.print(done, func(t *table) { t.line("%s predicted, written to %s", count(p.Rows(), "row"), out) })
		},
	}
	in = a.addSettings(cmd, config.ForPredict)
	in.addShort(cmd, "output", "o", "file", "file that ends in .csv or .jsonl, or in .gz after it (default: stdout)",
		nil)
	in.add(cmd, "format", "name", "csv or jsonl (default: by the name of the file, or csv)", jobs.Formats.Names)
	in.add(cmd, "split", "part", "of the data that the model was trained on: "+strings.Join(jobs.Splits(), ", ")+
		" (default all)", jobs.Splits)
	cmd.Flags().BoolVar(&force, "force", false, "replace an existing file")
	return cmd
}

// isStdout tells whether a file's name stands for stdout. It is written to as it is, for a path would replace the file that
// a shell has put there.
func isStdout(path string) bool {
	return slices.Contains([]string{"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, path)
}

package main

import (
	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/spf13/cobra"
)

func (a *app) trainCmd() *cobra.Command {
	var out jobs.OutOptions
	var require []string
	var in *inputs
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a model; write it as model.onnx with checkpoints and a log",
		Example: "  gtrain train --data iris --model mlp:16 --epochs 100\n" +
			"  gtrain train --data data/mnist --model lenet-300-100 --epochs 10 --out runs/mnist\n" +
			"  gtrain train --data mine.csv --target price --impute median --config my.yaml\n" +
			"  gtrain train --resume --out runs/mnist --epochs 20",
		Long: `Train fits a model and writes a run directory: model.onnx (the best epoch's weights, with preprocessing and
class names inside), checkpoints, metrics.jsonl, config.yaml (the settings as resolved), env.json and report.json.

Test rows decide nothing; the best epoch, and when to stop, are decided on validation rows. After an interruption
--resume goes on from the last checkpoint, to the same bits as a training in one piece; with more --epochs it goes
further.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out.Force && out.Resume {
				return usagef("--force begins anew and --resume goes on: give one of them")
			}
			base, err := in.trainBase(out.Resume)
			if err != nil {
				return err
			}
			c, err := in.config(base)
			if err != nil {
				return err
			}
			targets, err := parseRequire(require, resultFigures())
			if err != nil {
				return err
			}
			out.Accept, out.Figures = targets.accept, targets.figures()
			rep := a.reporter()
			r, err := jobs.Train(cmd.Context(), c, out, rep)
			if err != nil {
				goOn(rep, err)
				return err
			}
			if err := a.print(r, func(t *table) { t.trainReport(r); t.where(r.Out) }); err != nil {
				return err
			}
			return targets.check(reportValues(r.Loss, r.Report))
		},
	}
	in = a.addSettings(cmd, config.ForTrain)
	addForce(cmd, &out)
	cmd.Flags().BoolVar(&out.Resume, "resume", false,
		"go on with the training in --out, with its settings where no others are given")
	a.addRequire(cmd, &require, resultFigures)
	return cmd
}

// trainBase is the base of the settings: the defaults, or those of the run that is resumed.
func (in *inputs) trainBase(resume bool) (config.Config, error) {
	out := in.text("out")
	if out == "" {
		out = in.environment("out")
	}
	if !resume || out == "" {
		return config.Default(), nil
	}
	return jobs.Resumable(out)
}

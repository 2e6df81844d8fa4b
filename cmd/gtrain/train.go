package main

import (
	"github.com/gtrain/gtrain/recipes"
	"github.com/spf13/cobra"
)

func (a *app) trainCmd() *cobra.Command {
	var out recipes.OutOptions
	var require []string
	var in *inputs
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a model; write model.onnx, checkpoints, metrics.jsonl, config.yaml, env.json",
		Example: "  gtrain train --data iris --model mlp:16 --epochs 100\n" +
			"  gtrain train --data data/mnist --model lenet-300-100 --epochs 10 --out runs/mnist\n" +
			"  gtrain train --data mine.csv --target price --impute median --config my.yaml",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := in.config(recipes.Default())
			if err != nil {
				return err
			}
			targets, err := parseRequire(require)
			if err != nil {
				return err
			}
			if out.Force && out.Resume {
				return usagef("--force begins anew and --resume goes on: give one of them")
			}
			r, err := recipes.Train(cmd.Context(), c, out, a.reporter())
			if err != nil {
				return err
			}
			if err := a.print(r, func(t *table) { t.trainReport(r); t.where(r.Out) }); err != nil {
				return err
			}
			return targets.check(reportValues(r.Loss, r.Metrics))
		},
	}
	in = a.addSettings(cmd, common|dataGroup|splitGroup|modelGroup|trainGroup|outGroup)
	addForce(cmd, &out)
	cmd.Flags().BoolVar(&out.Resume, "resume", false, "go on with the training in --out")
	addRequire(cmd, &require)
	return cmd
}

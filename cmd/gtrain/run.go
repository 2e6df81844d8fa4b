package main

import (
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/spf13/cobra"
)

func (a *app) runCmd() *cobra.Command {
	var out jobs.OutOptions
	var require []string
	var in *inputs
	cmd := &cobra.Command{
		Use:   "run [RECIPE]",
		Short: "The main job: train, score, prune, recompile, fine-tune, compare, report",
		Long: `Run trains a network, removes its least informative units by rewriting the graph, proves that the smaller
network computes what the masked one did, fine-tunes it, and compares criteria at the same amount over several seeds.

RECIPE is one of ` + strings.Join(config.Names(), ", ") + ` (default digits); "gtrain config show RECIPE" prints it.`,
		Example: "  gtrain run\n  gtrain run wine --amount 0.7\n" +
			"  gtrain run --data mine.csv --model mlp:128,64 --epochs 50",
		Args:      atMost(1),
		ValidArgs: config.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			base, err := recipe(in, args)
			if err != nil {
				return err
			}
			c, err := in.config(base)
			if err != nil {
				return err
			}
			targets, err := parseRequire(require, measureFigures())
			if err != nil {
				return err
			}
			out.Accept, out.Figures = targets.accept, targets.figures()
			rep := a.reporter()
			r, err := jobs.Run(cmd.Context(), c, out, rep)
			if err != nil {
				goOn(rep, err)
				return err
			}
			err = a.print(r, func(t *table) {
				t.pruneReport(&r.PruneReport)
				t.comparison(r.Comparison)
				t.where(r.Out)
			})
			if err != nil {
				return err
			}
			return targets.check(measureValues(r.Pruned))
		},
	}
	in = a.addSettings(cmd, config.ForRun)
	addForce(cmd, &out)
	a.addRequire(cmd, &require, measureFigures)
	return cmd
}

// recipe is the base of the settings: the one named, or digits, or the plain defaults where other data is given.
func recipe(in *inputs, args []string) (config.Config, error) {
	if len(args) == 1 {
		return config.Named(args[0])
	}
	if in.has("data") || in.text("config") != "" {
		return config.Default(), nil
	}
	return config.Named("digits")
}

func addForce(cmd *cobra.Command, out *jobs.OutOptions) {
	cmd.Flags().BoolVar(&out.Force, "force", false, "replace the run in an existing directory")
}

func (a *app) addRequire(cmd *cobra.Command, require *[]string, figures func() []string) {
	cmd.Flags().StringArrayVar(require, "require", nil,
		"exit 4 unless a `target` such as accuracy>=0.97 is met; repeatable")
	complete(cmd, "require", func() []string {
		var out []string
		for _, f := range figures() {
			out = append(out, f+">=")
		}
		return out
	})
}

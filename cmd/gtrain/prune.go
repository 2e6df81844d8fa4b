package main

import (
	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/spf13/cobra"
)

func (a *app) pruneCmd() *cobra.Command {
	var out jobs.OutOptions
	var require []string
	var in *inputs
	cmd := &cobra.Command{
		Use:   "prune MODEL --data D",
		Short: "Mask or remove units of a model, fine-tune, prove, compare",
		Long: `Prune scores the units of MODEL (an ONNX file or a run directory) on training rows, masks or removes the
lowest, checks that removed and masked networks agree on the validation rows, fine-tunes, and compares on
the test rows.

Fine-tuning uses the loss, optimizer, rate, batch and schedule of the run that MODEL is of, where neither --config nor
GTRAIN_ variables nor flags say otherwise; a file of no run is fine-tuned by the loss that it records and the defaults.
In several --rounds the schedule begins anew in each.`,
		Example: "  gtrain prune runs/mnist --data data/mnist --amount 0.6 --finetune-epochs 3\n" +
			"  gtrain prune model.onnx --data mine.csv --criterion l2 --rounds 4",
		Args: exactly("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := in.needData(cmd, "the data that the model was trained on"); err != nil {
				return err
			}
			c, err := jobs.ForModel(args[0], in.config)
			if err != nil {
				return err
			}
			targets, err := parseRequire(require, measureFigures())
			if err != nil {
				return err
			}
			out.Accept, out.Figures = targets.accept, targets.figures()
			r, err := jobs.Prune(cmd.Context(), args[0], c, out, a.reporter())
			if err != nil {
				return err
			}
			if err := a.print(r, func(t *table) { t.pruneReport(r); t.where(r.Out) }); err != nil {
				return err
			}
			return targets.check(measureValues(r.Pruned))
		},
	}
	in = a.addSettings(cmd, config.ForPrune)
	addForce(cmd, &out)
	a.addRequire(cmd, &require, measureFigures)
	return cmd
}

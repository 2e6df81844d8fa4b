package config

import (
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/settings"
)

// Prune says how to prune.
type Prune struct {
	pruning.Config
	FinetuneEpochs int // after each round
	FinetuneLR     float64
}

// table are its rows. Options of pruning and of criteria that have no flag follow from [pruning.Config].
func (p *Prune) table() []Setting {
	rows := &taken{group: "prune", rows: p.Config.Rows()}
	return append([]Setting{
		flagged(prunes, "criterion", "name", rows.take("criterion")),
		flagged(prunes, "estimator", "name", rows.take("estimator")),
		flagged(prunes, "bins", "int", rows.take("bins")),
		filed(prunes, rows.take("binning")),
		filed(prunes, rows.take("neighbours")),
		flagged(prunes, "amount", "share", rows.take("amount").Or(0.5)),
		flagged(prunes, "scope", "name", rows.take("scope")),
		flagged(prunes, "normalisation", "name", rows.take("normalisation")),
		flagged(prunes, "method", "name", rows.take("method")),
		flagged(prunes, "layers", "list", rows.take("layers")),
		flagged(prunes, "floor", "int", rows.take("floor").Or(0)),
		flagged(prunes, "positions", "bool", rows.take("positions")),
		flagged(prunes, "fold-bias", "bool", rows.take("fold_bias")),
		flagged(prunes, "rounds", "int", rows.take("rounds")),
		flagged(prunes, "prune-schedule", "name", rows.take("schedule")),
		flagged(prunes, "finetune-epochs", "int", settings.Count("prune.finetune_epochs", &p.FinetuneEpochs,
			"epochs of training after each round").In(settings.AtLeast(0)).Or(10)),
		flagged(prunes, "finetune-lr", "number", settings.Number("prune.finetune_lr", &p.FinetuneLR, "learning rate of fine-tuning").
			In(settings.NonNegative).LogScale().NoZero("nothing would be learnt; leave it out for the default").
			Else("that of training").Like("0.0005")),
	}, rows.rest(prunes)...)
}

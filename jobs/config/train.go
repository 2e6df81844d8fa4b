package config

import (
	"slices"

	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/settings"
)

// Train says how to train.
type Train struct {
	Epochs           Count // by the rows if Auto, see training.Size
	Batch            Count // by the rows if Auto
	Optimizer        string
	LearningRate     float64        // if 0 AdamW's is by the rows, and another optimizer's its own default
	OptimizerOptions map[string]any // AdamW's weight_decay is by the rows if left out
	Schedule         string
	ScheduleOptions  map[string]any
	Loss             string // the task's usual one if empty
	models.LossOptions
	ClipNorm float64 // global norm of the gradient; 0 for no limit
	Monitor  string  // loss, or a metric on the validation rows
	// Patience is how many epochs without a better one end the training; 0 never does. Auto is 0 where Epochs is given, and
	// otherwise by the length.
	Patience Count
	MinDelta float64
}

// table are its rows. Options of losses that have no flag follow from [models.LossOptions].
func (t *Train) table() []Setting {
	loss := &taken{group: "train", rows: t.LossOptions.Rows()}
	return slices.Concat([]Setting{
		flagged(trains, "epochs", "int", settings.Count("train.epochs", &t.Epochs,
			"passes over the training rows; auto: by their number").In(settings.AtLeast(1)).Word("auto", Auto).Or(Auto)),
		flagged(writes, "batch", "int", settings.Count("train.batch", &t.Batch,
			"rows a step; auto: by the number of training rows").In(settings.AtLeast(1)).Word("auto", Auto).Or(Auto)),
		flagged(writes, "optimizer", "name", settings.Choice("train.optimizer", &t.Optimizer, "gtrain list optimizers").
			From("optimizer", optimizerNames).Or("adamw")),
		flagged(writes, "lr", "number", settings.Number("train.lr", &t.LearningRate, "learning rate").In(settings.NonNegative).
			LogScale().NoZero("nothing would be learnt; leave it out for the default").
			Else("adamw's by the number of training rows, others' own").Like("0.001")),
		filed(writes, settings.Mapping("train.optimizer_options", &t.OptimizerOptions,
			"gtrain list optimizers -v; adamw's weight_decay is by the number of training rows").Like("{weight_decay: 0.1}")),
		flagged(writes, "schedule", "name", settings.Choice("train.schedule", &t.Schedule,
			"of the learning rate: gtrain list schedules").From("schedule", scheduleNames).Or("cosine")),
		filed(writes, settings.Mapping("train.schedule_options", &t.ScheduleOptions, "gtrain list schedules -v").
			Like("{final: 0.01}")),
		flagged(writes, "loss", "name", settings.Choice("train.loss", &t.Loss, "gtrain list losses").From("loss", lossNames).
			Else("by task").Like("cross-entropy")),
		flagged(writes, "label-smoothing", "number", loss.take("label_smoothing")),
	}, loss.rest(writes), []Setting{
		flagged(writes, "clip-norm", "number", settings.Number("train.clip_norm", &t.ClipNorm,
			"limit of the gradient's global norm, 0 for none").In(settings.NonNegative).Like("1")),
		flagged(trains, "monitor", "name", settings.Choice("train.monitor", &t.Monitor,
			"what decides which epoch is best: loss, or a name of gtrain list metrics").From("metric", monitors).Or("loss")),
		flagged(trains, "patience", "int", settings.Count("train.patience", &t.Patience,
			"stop after that many epochs without a better one, 0 never; auto: 0 where epochs are given").
			In(settings.AtLeast(0)).Word("auto", Auto).Or(Auto)),
		filed(trains, settings.Number("train.min_delta", &t.MinDelta, "by how much an epoch must be better to count; of a "+
			"scaled target in its deviations (loss, mse: variances)").In(settings.NonNegative).Like("0.001")),
	})
}

func optimizerNames() (names []string) {
	for _, o := range optimizers.All() {
		names = append(names, o.Name)
	}
	return names
}

func scheduleNames() (names []string) {
	for _, s := range optimizers.Schedules() {
		names = append(names, s.Name)
	}
	return names
}

func lossNames() (names []string) {
	for _, l := range models.Losses() {
		names = append(names, l.Name)
	}
	return names
}

func monitors() []string { return append([]string{"loss"}, metrics.Names()...) }

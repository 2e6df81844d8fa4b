package config

import (
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
)

// Job is a set of jobs.
type Job uint

// The jobs that read settings.
const (
	ForTrain Job = 1 << iota
	ForRun
	ForPrune
	ForEval
	ForPredict
	ForBench

	trains   = ForTrain | ForRun
	prunes   = ForRun | ForPrune
	writes   = ForTrain | ForRun | ForPrune
	reads    = writes | ForEval | ForPredict
	computes = reads | ForBench
)

// Setting is a row of the table: an option, and the jobs that read it. Its name is the path of its key in a file, data.source.
type Setting struct {
	settings.Row
	Jobs Job
	// Flag is what command lines call it, and after GTRAIN_ the environment; empty for one that files and --set alone give.
	Flag string
	// Takes is what the flag's help calls its value.
	Takes string
}

// Table is the table of settings, in the order in which files have them. Its rows are bound to c.
func (c *Config) Table() []Setting {
	d, m, t, p := &c.Data, &c.Model, &c.Train, &c.Prune
	prune, loss := p.Rows(), t.LossOptions.Rows()
	pick := func(group string, rows settings.Rows, name string) settings.Row {
		r, _ := rows.Find(name)
		return r.Named(group + "." + name)
	}
	ofPrune := func(name string) settings.Row { return pick("prune", prune, name) }
	ofTrain := func(name string) settings.Row { return pick("train", loss, name) }
	flagged := func(jobs Job, flag, takes string, r settings.Row) Setting { return Setting{r, jobs, flag, takes} }
	filed := func(jobs Job, r settings.Row) Setting { return Setting{Row: r, Jobs: jobs} }
	share := settings.Fraction
	return []Setting{
		flagged(writes, "seed", "int", settings.Count("seed", &c.Seed, "seed of everything random").
			In(settings.AtLeast(0)).Or(1)),
		flagged(computes, "threads", "int", settings.Count("threads", &c.Threads,
			"worker threads, 0 for one a core; results do not depend on it").In(settings.AtLeast(0)).Or(0)),
		flagged(writes, "out", "dir", settings.Path("out", &c.Out, "run directory").Else("runs/NAME-N").Like("runs/mine")),

		flagged(reads, "data", "source", settings.Path("data.source", &d.Source,
			"embedded name, CSV file, or directory of IDX files").Or("digits")),
		flagged(reads&^ForPredict, "test-data", "source", settings.Path("data.test_data", &d.TestData,
			"test part in a file of its own").Like("test.csv")),
		flagged(trains, "target", "column", settings.Text("data.target", &d.Target, "target column").Else("the last").Like("price")),
		flagged(trains, "task", "name", named("data.task", &d.Task, "what the target is", data.ParseTask, data.Auto,
			data.Classification, data.Regression)),
		flagged(trains, "impute", "name", named("data.impute", &d.Impute, "missing values", data.ParseImputation, data.ImputeNone,
			data.ImputeMean, data.ImputeMedian, data.ImputeMostFrequent)),
		flagged(trains, "scaling", "name", settings.Choice("data.scaling", &d.Scaling, "auto, or a name of gtrain list scalings").
			From("scaling", scalings).Word("auto", data.Method("")).Or(data.Method(""))),
		flagged(trains, "target-scaling", "name", settings.Choice("data.target_scaling", &d.TargetScaling,
			"of a regression's targets", data.NoScaling, data.Standardize).Word("auto", data.Method("")).Or(data.Method(""))),
		flagged(writes, "test-split", "share", settings.Number("data.test_split", &d.TestSplit,
			"share of the rows held out for testing; data with a test part of its own uses that").In(share).Or(data.DefaultTest)),
		flagged(writes, "val-split", "share", settings.Number("data.val_split", &d.ValSplit,
			"share of the rest held out for decisions").In(share).Or(data.DefaultVal)),

		flagged(trains, "model", "name", settings.Text("model.name", &m.Name,
			"mlp:64,32 or a named model (gtrain list models)").Or("mlp:64,32")),
		filed(trains, settings.Custom("model.layers", settings.KindList, layers{&m.Layers}, "layer by layer, instead of a name").
			Like("[{type: dense, units: 64, activation: relu}]")),
		filed(trains, settings.Texts("model.outputs", &m.Outputs, "the layer that the model gives, by name").Else("the last").
			Like("[dense2]")),

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
		flagged(writes, "label-smoothing", "number", ofTrain("label_smoothing")),
		filed(writes, ofTrain("huber_delta")),
		flagged(writes, "clip-norm", "number", settings.Number("train.clip_norm", &t.ClipNorm,
			"limit of the gradient's global norm, 0 for none").In(settings.NonNegative).Like("1")),
		flagged(trains, "monitor", "name", settings.Choice("train.monitor", &t.Monitor,
			"what decides which epoch is best: loss, or a name of gtrain list metrics").From("metric", monitors).Or("loss")),
		flagged(trains, "patience", "int", settings.Count("train.patience", &t.Patience,
			"stop after that many epochs without a better one, 0 never; auto: 0 where epochs are given").
			In(settings.AtLeast(0)).Word("auto", Auto).Or(Auto)),
		filed(trains, settings.Number("train.min_delta", &t.MinDelta, "by how much an epoch must be better to count; of a "+
			"scaled target in its deviations (loss, mse: variances)").In(settings.NonNegative).Like("0.001")),

		flagged(prunes, "criterion", "name", ofPrune("criterion")),
		flagged(prunes, "estimator", "name", ofPrune("estimator")),
		flagged(prunes, "bins", "int", ofPrune("bins")),
		filed(prunes, ofPrune("binning")),
		filed(prunes, ofPrune("neighbours")),
		flagged(prunes, "amount", "share", ofPrune("amount").Or(0.5)),
		flagged(prunes, "scope", "name", ofPrune("scope")),
		flagged(prunes, "normalisation", "name", ofPrune("normalisation")),
		flagged(prunes, "method", "name", ofPrune("method")),
		flagged(prunes, "layers", "list", ofPrune("layers")),
		flagged(prunes, "floor", "int", ofPrune("floor").Or(0)),
		flagged(prunes, "positions", "bool", ofPrune("positions")),
		flagged(prunes, "fold-bias", "bool", ofPrune("fold_bias")),
		flagged(prunes, "rounds", "int", ofPrune("rounds")),
		flagged(prunes, "prune-schedule", "name", ofPrune("schedule")),
		flagged(prunes, "finetune-epochs", "int", settings.Count("prune.finetune_epochs", &p.FinetuneEpochs,
			"epochs of training after each round").In(settings.AtLeast(0)).Or(10)),
		flagged(prunes, "finetune-lr", "number", settings.Number("prune.finetune_lr", &p.FinetuneLR, "learning rate of fine-tuning").
			In(settings.NonNegative).LogScale().NoZero("nothing would be learnt; leave it out for the default").
			Else("that of training").Like("0.0005")),
		filed(prunes, ofPrune("calibration")),

		flagged(ForRun, "criteria", "list", settings.Texts("compare.criteria", &c.Compare.Criteria, "criteria that run compares").
			From("criterion", criteria.Names).Or([]string{"mutual-information", "entropy", "l2", "random"})),
		flagged(ForRun, "seeds", "int", settings.Count("compare.seeds", &c.Compare.Seeds,
			"seeds to compare over, 0 to compare nothing").In(settings.AtLeast(0)).Or(3)),
	}
}

// Keys is the table without values: of a Config that nobody has.
func Keys() []Setting { return new(Config).Table() }

// Find returns the setting of a name.
func (c *Config) Find(name string) (Setting, bool) {
	for _, s := range c.Table() {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}

// means tells whether the source of a value says which setting it is for: --test-data or GTRAIN_TEST_DATA.
func (s Setting) means(source string) bool {
	return s.Flag != "" && (source == "--"+s.Flag || source == "GTRAIN_"+strings.ToUpper(strings.ReplaceAll(s.Flag, "-", "_")))
}

// Help is one line about a setting: what it is, its choices where they are few, and what holds without it.
func (s Setting) Help() string {
	line := s.Doc
	if !strings.Contains(line, "gtrain list") {
		if few := append(s.Words(), s.Choices()...); len(few) > 1 && len(few) < 5 {
			line += ": " + strings.Join(few[:len(few)-1], ", ") + " or " + few[len(few)-1]
		}
	}
	if s.Otherwise != "" {
		line += " (default: " + s.Otherwise + ")"
	}
	return line
}

// named is the row of a value that has names.
func named[T interface{ String() string }](name string, at *T, doc string, parse func(string) (T, error), all ...T) settings.Row {
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = v.String()
	}
	_, kind, _ := strings.Cut(name, ".")
	return settings.Custom(name, settings.KindChoice, settings.Parsed(at, parse, T.String), doc).
		From(kind, func() []string { return names }).Or(all[0])
}

func scalings() (names []string) {
	for _, s := range data.Scalings() {
		names = append(names, string(s.Name))
	}
	return names
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

package config

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/settings"
)

// Data says what to learn from.
type Data struct {
	Source   string // an embedded name, a CSV file or an IDX directory
	TestData string
	Target   string // the last column by default
	Task     data.Task
	Impute   data.Imputation
	// Scaling of features; empty for auto.
	Scaling data.Method
	// TargetScaling of a regression; empty for auto.
	TargetScaling data.Method
	TestSplit     float64 // share held out for testing; data with a test part of its own uses that
	ValSplit      float64 // share of the rest held out for decisions
}

// table are its rows.
func (d *Data) table() []Setting {
	return []Setting{
		flagged(reads, "data", "source", settings.Path("data.source", &d.Source,
			"embedded name, CSV file, or directory of IDX files").Or("digits")),
		flagged(reads&^ForPredict, "test-data", "source", settings.Path("data.test_data", &d.TestData,
			"test part in a file of its own").Like("test.csv")),
		flagged(trains, "target", "column", settings.Text("data.target", &d.Target, "target column").Else("the last").Like("price")),
		flagged(trains, "task", "name", named("data.task", &d.Task, "what the target is", data.ParseTask, data.Tasks)),
		flagged(trains, "impute", "name", named("data.impute", &d.Impute, "missing values", data.ParseImputation,
			data.Imputations)),
		flagged(trains, "scaling", "name", settings.Choice("data.scaling", &d.Scaling, "auto, or a name of gtrain list scalings").
			From("scaling", scalings).Word("auto", data.Method("")).Or(data.Method(""))),
		flagged(trains, "target-scaling", "name", data.TargetScalings.Row("data.target_scaling",
			&d.TargetScaling, "of a regression's targets").Word("auto", data.Method("")).Or(data.Method(""))),
		flagged(writes, "test-split", "share", settings.Number("data.test_split", &d.TestSplit,
			"share of the rows held out for testing; data with a test part of its own uses that").In(settings.Fraction).Or(data.DefaultTest)),
		flagged(writes, "val-split", "share", settings.Number("data.val_split", &d.ValSplit,
			"share of the rest held out for decisions").In(settings.Fraction).Or(data.DefaultVal)),
	}
}

func scalings() (names []string) {
	for _, s := range data.Scalings() {
		names = append(names, string(s.Name))
	}
	return names
}

package data

import (
	"fmt"

	"github.com/gtrain/gtrain/settings"
)

// Task is what a model does with a row. Its zero value, Auto, is only an option: a Dataset always has one of the
// others.
type Task uint8

const (
	Auto           Task = iota // decided from the target column, see Load
	Classification             // choose one of the classes
	Regression                 // predict a number
)

var taskNames = []string{"auto", "classification", "regression"}

// Tasks is the table of tasks, Auto first.
var Tasks = settings.NewRegistry("task", Task.String, Auto, Classification, Regression)

func (t Task) String() string { return nameOf(taskNames, int(t), "task") }

// ParseTask reads a task's name.
func ParseTask(s string) (Task, error) {
	t, err := Tasks.Lookup(s)
	return t, asOption(err)
}

// MarshalText writes the name.
func (t Task) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a name.
func (t *Task) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTask(string(b))
	return err
}

// Imputation is how missing values are replaced, by a statistic of the same column over the training rows.
type Imputation uint8

const (
	ImputeNone         Imputation = iota // a missing value is an error
	ImputeMean                           // numbers: arithmetic mean; text: most frequent
	ImputeMedian                         // numbers: median (mean of the middle two); text: most frequent
	ImputeMostFrequent                   // most frequent value, the smallest of equally frequent ones
)

var imputationNames = []string{"none", "mean", "median", "most-frequent"}

// Imputations is the table of imputations, ImputeNone first.
var Imputations = settings.NewRegistry("imputation", Imputation.String, ImputeNone, ImputeMean, ImputeMedian, ImputeMostFrequent)

func (m Imputation) String() string { return nameOf(imputationNames, int(m), "imputation") }

// ParseImputation reads an imputation's name.
func ParseImputation(s string) (Imputation, error) {
	m, err := Imputations.Lookup(s)
	return m, asOption(err)
}

// MarshalText writes the name.
func (m Imputation) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a name.
func (m *Imputation) UnmarshalText(b []byte) (err error) {
	*m, err = ParseImputation(string(b))
	return err
}

func nameOf(names []string, i int, what string) string {
	if i >= len(names) {
		return fmt.Sprintf("%s(%d)", what, i)
	}
	return names[i]
}

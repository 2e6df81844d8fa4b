package data

import "fmt"

// Options say how to read a dataset. The zero value reads the last column as the target and decides the task from it.
type Options struct {
	Target string     // the target column; the last one by default. IDX: "label"
	Task   Task       // Auto decides from the target
	Impute Imputation // none by default: a missing value is an error

	// Schema, of a dataset read before, encodes the new one in the same way: its columns are found by name, whatever
	// their order, and the target may be absent. Target, Task and Impute must then be left out or agree with it.
	Schema *Schema
	// IgnoreTarget, with a Schema, skips the target column if there is one, as prediction does.
	IgnoreTarget bool
	// Offsets of the features, where there is no Schema: those of a model that knows no schema. Nil chooses them where
	// float32 is too coarse for a column; none at all, &Offsets{}, takes numbers as float32 has them.
	Offsets *Offsets
}

// LoadWithTest loads a dataset and, from a second place, its test part, which is encoded by the schema of the first. It
// replaces a test part that the first has of its own; of a directory with both parts, the training part is taken.
func LoadWithTest(spec, test string, opt Options) (*Dataset, error) {
	d, err := Load(spec, opt)
	if err != nil {
		return nil, err
	}
	t, err := Load(test, Options{Schema: d.Schema})
	if err != nil {
		return nil, err
	}
	if !t.Labeled() {
		return nil, &Error{Kind: ErrTarget, File: test, Column: d.Target, Message: "test data needs the target column"}
	}
	t.Test = nil
	if d.Test != nil && d.Test.Fingerprint != t.Fingerprint {
		d.Notes = append(d.Notes, fmt.Sprintf("its own test part, of %d rows, is left out: %s is the test data", d.Test.Rows(), test))
	}
	d.Test = t
	return d, nil
}

// check refuses options that contradict each other.
func (o *Options) check() error {
	switch s := o.Schema; {
	case int(o.Task) >= len(taskNames):
		return fail(ErrOption, "unknown task %d", o.Task)
	case int(o.Impute) >= len(imputationNames):
		return fail(ErrOption, "unknown imputation %d", o.Impute)
	case s == nil && o.IgnoreTarget:
		return fail(ErrOption, "ignoring the target needs a schema")
	case s == nil:
		return nil
	case o.Offsets != nil:
		return fail(ErrOption, "offsets are the schema's, where there is one")
	case o.Target != "" && o.Target != s.Target:
		return fail(ErrOption, "target %q contradicts the schema, whose target is %q", o.Target, s.Target)
	case o.Task != Auto && o.Task != s.Task:
		return fail(ErrOption, "task %s contradicts the schema, whose task is %s", o.Task, s.Task)
	case o.Impute != ImputeNone && o.Impute != s.Impute:
		return fail(ErrOption, "imputation %s contradicts the schema, whose imputation is %s", o.Impute, s.Impute)
	default:
		return s.Validate()
	}
}

package data

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Kind is what a raw column holds: "numeric", "categorical" or "ignored".
type Kind string

const (
	Numeric     Kind = "numeric"     // one feature, the number
	Categorical Kind = "categorical" // one 0/1 feature for each category
	Ignored     Kind = "ignored"     // no feature; a file may have the column or not
)

// Column describes one raw column.
type Column struct {
	Name       string   `json:"name"`
	Kind       Kind     `json:"kind"`
	Categories []string `json:"categories,omitempty"` // every text seen in training, sorted
	// Kept are the categories that have a feature, where Select left only some; all of them when nil.
	Kept         []string `json:"kept,omitempty"`
	FillValue    *float32 `json:"fill_value,omitempty"`    // replaces a missing number, set by Impute; less the offset
	FillCategory string   `json:"fill_category,omitempty"` // replaces a missing text, set by Impute
	// Offset is taken off a number, and the rest is divided by Scale, in float64 before float32 holds it; see Offsets. Both
	// are 0 for most columns, which do not need it, and a scale of 0 is 1.
	Offset float64 `json:"offset,omitempty"`
	Scale  float64 `json:"scale,omitempty"`
}

// Schema describes how the raw columns of a file become features, and what the model predicts. It is kept with the
// model as JSON; the names of its fields there are stable.
//
// Any number of goroutines may use a schema, which must not be changed once it has encoded something: change a Clone.
type Schema struct {
	Columns []Column   `json:"columns"` // in the order of training
	Target  string     `json:"target"`
	Task    Task       `json:"task"`
	Classes []string   `json:"classes,omitempty"`
	Impute  Imputation `json:"impute"`
	// Shape is that of one row of features as a network takes it: [channels, height, width] for images, nil for the columns of
	// a table. Features are in its row-major order.
	Shape []int `json:"shape,omitempty"`
	// WideTarget says that float32 is too coarse for the numbers of the target column, so that a file's fingerprint has them
	// in full; see TargetScaling.
	WideTarget bool `json:"wide_target,omitempty"`
	// IntegerClasses is true where the task was not given and the integers of the target were taken for classes. What
	// then fails for there being classes should say so: see TaskHint.
	IntegerClasses bool `json:"integer_classes,omitempty"`
}

// TaskHint is the end of a message about what does not go well with classes: where integers were taken for them it says
// so, and how to say otherwise. It is empty where classes were asked for, or are no integers.
func (s *Schema) TaskHint() string {
	if s == nil || !s.IntegerClasses {
		return ""
	}
	return fmt.Sprintf("; the integers of %q were taken for classes: train with data.task=regression if they are amounts",
		s.Target)
}

// ParseSchema reads a schema's JSON and validates it.
func ParseSchema(b []byte) (*Schema, error) {
	s := new(Schema)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fail(ErrSchema, "the schema cannot be read: %v", err)
	}
	return s, s.Validate()
}

// features are the categories that have one.
func (c *Column) features() []string {
	if c.Kept != nil {
		return c.Kept
	}
	return c.Categories
}

// width is the number of features.
func (c *Column) width() int {
	switch c.Kind {
	case Numeric:
		return 1
	case Categorical:
		return len(c.features())
	}
	return 0
}

func (c *Column) fitted() bool {
	return c.Kind == Ignored || c.Kind == Numeric && c.FillValue != nil || c.Kind == Categorical && c.FillCategory != ""
}

// Features lists the names of the features in order.
func (s *Schema) Features() []string {
	var names []string
	for i := range s.Columns {
		switch c := &s.Columns[i]; c.Kind {
		case Numeric:
			names = append(names, c.Name)
		case Categorical:
			for _, v := range c.features() {
				names = append(names, c.Name+"="+v)
			}
		}
	}
	return names
}

// Fitted says whether the values that replace missing ones are known: always without imputation, after Impute with it.
func (s *Schema) Fitted() bool {
	return s.Impute == ImputeNone || !slices.ContainsFunc(s.Columns, func(c Column) bool { return !c.fitted() })
}

// Clone is a deep copy.
func (s *Schema) Clone() *Schema {
	if s == nil {
		return nil
	}
	c := *s
	c.Classes, c.Shape = slices.Clone(s.Classes), slices.Clone(s.Shape)
	c.Columns = slices.Clone(s.Columns)
	for i := range c.Columns {
		col := &c.Columns[i]
		col.Categories, col.Kept = slices.Clone(col.Categories), slices.Clone(col.Kept)
		if col.FillValue != nil {
			v := *col.FillValue
			col.FillValue = &v
		}
	}
	return &c
}

// Validate checks what a schema read from elsewhere may get wrong; it fails with ErrSchema.
func (s *Schema) Validate() error {
	if s == nil {
		return errNoSchema
	}
	if s.Target == "" {
		return fail(ErrSchema, "the schema names no target column")
	}
	switch s.Task {
	case Classification:
		if s.WideTarget {
			return fail(ErrSchema, "the schema has a wide target, which is for regression")
		}
		if len(s.Classes) < 2 {
			return fail(ErrSchema, "the schema has %d classes: at least 2 are needed", len(s.Classes))
		}
	case Regression:
		if len(s.Classes) > 0 || s.IntegerClasses {
			return fail(ErrSchema, "the schema has classes for regression")
		}
	default:
		return fail(ErrSchema, "the schema's task is %s: it must be classification or regression", s.Task)
	}
	if name, ok := repeated(s.Classes); ok {
		return fail(ErrSchema, "the schema has class %q twice", name)
	}
	names := []string{s.Target}
	for i := range s.Columns {
		names = append(names, s.Columns[i].Name)
		if err := s.Columns[i].validate(); err != nil {
			return err
		}
	}
	if name, ok := repeated(names); ok {
		return fail(ErrSchema, "the schema has column %q twice", name)
	}
	features := s.Features()
	if len(features) == 0 {
		return fail(ErrSchema, "the schema has no features")
	}
	if name, ok := repeated(features); ok {
		return fail(ErrSchema, "two columns make a feature named %q: rename one", name)
	}
	return s.checkShape(len(features))
}

func (c *Column) validate() error {
	wrong := func(why string) error { return fail(ErrSchema, "the schema's column %q %s", c.Name, why) }
	switch {
	case c.Name == "":
		return fail(ErrSchema, "the schema has a column without a name")
	case c.Kind != Numeric && c.Kind != Categorical && c.Kind != Ignored:
		return wrong("has unknown kind " + string(c.Kind))
	case c.Kind != Categorical && (len(c.Categories) > 0 || len(c.Kept) > 0 || c.FillCategory != ""):
		return wrong("has categories and is " + string(c.Kind))
	case c.Kind != Numeric && c.FillValue != nil:
		return wrong("has a fill_value and is " + string(c.Kind))
	case c.Kind == Categorical && len(c.features()) == 0:
		return wrong("has no categories")
	case c.shifted() && c.Kind == Categorical:
		return wrong("has an offset and is " + string(c.Kind))
	case c.Offset-c.Offset != 0 || !(c.Scale >= 0) || math.IsInf(c.Scale, 0):
		return wrong("has an offset or a scale that is not finite, or a scale that is negative")
	case c.FillValue != nil && (*c.FillValue-*c.FillValue) != 0:
		return wrong("has a fill_value that is not finite")
	case c.FillCategory != "" && !slices.Contains(c.Categories, c.FillCategory):
		return wrong("has a fill_category that is no category")
	}
	if name, ok := repeated(c.Categories); ok {
		return wrong("has category " + name + " twice")
	}
	for _, k := range c.Kept {
		if !slices.Contains(c.Categories, k) {
			return wrong("keeps " + k + ", which is no category")
		}
	}
	return nil
}

// repeated returns a name that is in the list twice.
func repeated(names []string) (string, bool) {
	seen := make(map[string]struct{}, len(names))
	for _, n := range names {
		if _, ok := seen[n]; ok {
			return n, true
		}
		seen[n] = struct{}{}
	}
	return "", false
}

// numericSchema is the schema of data that has only numbers.
func numericSchema(features []string, target string, task Task, classes []string) *Schema {
	s := &Schema{Target: target, Task: task, Classes: classes, Columns: make([]Column, len(features))}
	for i, f := range features {
		s.Columns[i] = Column{Name: f, Kind: Numeric}
	}
	return s
}

var nan32 = float32(math.NaN())

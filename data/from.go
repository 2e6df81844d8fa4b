package data

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// fromTable gives the cells of a table a meaning: by the schema of the options, or by one that is inferred.
func fromTable(t *table, opt Options) (*Dataset, error) {
	schema := opt.Schema.Clone()
	var notes []string
	if schema == nil {
		var err error
		if schema, err = infer(t, opt); err != nil {
			return nil, err
		}
		notes = append(spellingNotes(schema.Target, schema.Classes), integerNotes(schema)...)
		if opt.Offsets == nil {
			schema.chooseOffsets(t)
		} else if err := schema.impose(opt.Offsets, t.file); err != nil {
			return nil, err
		}
	}
	d, err := encode(t, schema, opt.IgnoreTarget)
	if d != nil {
		d.Notes = notes
	}
	return d, err
}

// FromRecords makes a dataset of records, as JSON or a database gives them: values by column. Numbers of any Go type are
// numbers, strings and booleans are texts, which become 0/1 features or classes; nil, NaN, an empty string and a column that a
// record lacks are missing. Else the rules are those of [Load], and the dataset is that of a CSV file with the same cells: the
// columns stand in the order of their names. Options must name the target, or have a Schema, by which strings may also be
// numbers that are written out. name names the dataset, and stands for a file in errors, in which a line is the record's
// number, from 1 on.
func FromRecords(name string, records []map[string]any, opt Options) (*Dataset, error) {
	if err := needsTarget(name, &opt); err != nil {
		return nil, err
	}
	t, err := recordsTable(name, opt.Schema, records)
	if err != nil {
		return nil, err
	}
	return fromTable(t, opt)
}

// FromColumns makes a dataset of columns by name, each a slice of as many values: []float64, []string, []any or a slice of any
// type that FromRecords takes a value of. The rules are those of [FromRecords].
func FromColumns(name string, columns map[string]any, opt Options) (*Dataset, error) {
	if err := needsTarget(name, &opt); err != nil {
		return nil, err
	}
	t := &table{file: name, records: true, header: slices.Sorted(maps.Keys(columns))}
	values := make([]reflect.Value, len(columns))
	rows := -1
	for c, column := range t.header {
		v := reflect.ValueOf(columns[column])
		if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
			return nil, &Error{Kind: ErrFormat, File: name, Column: column, Message: "it is no slice of values"}
		}
		if rows >= 0 && v.Len() != rows {
			return nil, &Error{Kind: ErrFormat, File: name, Column: column,
				Message: strconv.Itoa(v.Len()) + " values, and column " + strconv.Quote(t.header[0]) + " has " + strconv.Itoa(rows)}
		}
		rows, values[c] = v.Len(), v
	}
	if err := t.begin(max(rows, 0)); err != nil {
		return nil, err
	}
	words := opt.Schema == nil
	for r := range rows {
		for c := range values {
			cell, ok := reflectedCell(values[c].Index(r), words)
			if !ok {
				return nil, t.fail(ErrFormat, r, c, "a value is %v: numbers, texts, booleans and pointers to them are read",
					values[c].Index(r).Type())
			}
			t.append(cell)
		}
	}
	return fromTable(t, opt)
}

// Value is what a cell of FromSlices may be.
type Value interface {
	~float64 | ~float32 | ~int | ~int64 | ~int32 | ~int16 | ~int8 | ~uint | ~uint64 | ~uint32 | ~uint16 | ~uint8 | ~string | ~bool
}

// FromSlices makes a dataset of rows of features and the target of each row: numbers, or texts, by the rules of [FromRecords].
// features names the columns of x, x0, x1, … where it is nil; the target's name is that of the options, "target" by default.
// With a Schema y may be nil.
func FromSlices[X, Y Value](name string, features []string, x [][]X, y []Y, opt Options) (*Dataset, error) {
	if len(x) > 0 && features == nil {
		for j := range x[0] {
			features = append(features, "x"+strconv.Itoa(j))
		}
	}
	target := opt.Target
	switch {
	case target != "":
	case opt.Schema != nil:
		target = opt.Schema.Target
	default:
		target = "target"
		opt.Target = target
	}
	t := &table{file: name, records: true, header: slices.Clone(features)}
	switch {
	case y == nil && opt.Schema == nil:
		return nil, failIn(name, ErrTarget, "there are no targets (nil): only data that is read by a schema needs none")
	case y != nil && len(y) != len(x):
		return nil, failIn(name, ErrFormat, "%d targets for %d rows", len(y), len(x))
	case y != nil:
		t.header = append(t.header, target)
	}
	if err := t.begin(len(x)); err != nil {
		return nil, err
	}
	words := opt.Schema == nil
	for r, row := range x {
		if len(row) != len(features) {
			return nil, &Error{Kind: ErrFormat, File: name, Line: r + 1,
				Message: "the row has " + strconv.Itoa(len(row)) + " values, and there are " + strconv.Itoa(len(features)) + " features"}
		}
		for j := range row {
			t.append(valueCell(&row[j], words))
		}
		if y != nil {
			t.append(valueCell(&y[r], words))
		}
	}
	return fromTable(t, opt)
}

// valueCell is the cell of a value; only types of a program's own take reflection.
func valueCell[V Value](v *V, words bool) cell {
	switch v := any(v).(type) {
	case *float64:
		return floatCell(*v)
	case *float32:
		return floatCell(float64(*v))
	case *int:
		return wholeCell(int64(*v))
	}
	c, _ := reflectedCell(reflect.ValueOf(v), words)
	return c
}

// needsTarget checks options for columns that come in no order, of which none is the last.
func needsTarget(name string, opt *Options) error {
	if err := opt.check(); err != nil {
		return err
	}
	if opt.Target == "" && opt.Schema == nil {
		return failIn(name, ErrOption, "which column is the target? Options.Target names it")
	}
	return nil
}

// begin checks the names of columns and makes lines of so many records.
func (t *table) begin(rows int) error {
	if rows == 0 {
		return failIn(t.file, ErrFormat, "there are no rows")
	}
	if len(t.header) == 0 {
		return failIn(t.file, ErrFormat, "there are no columns")
	}
	if i := slices.Index(t.header, ""); i >= 0 {
		return failIn(t.file, ErrFormat, "column %d has no name: name it or drop it", i+1)
	}
	if name, ok := repeated(t.header); ok {
		return failIn(t.file, ErrFormat, "two columns are named %q: rename one", name)
	}
	t.lines = make([]int, rows)
	for r := range t.lines {
		t.lines[r] = r + 1
	}
	n := rows * len(t.header)
	t.text, t.kind, t.number = make([]string, 0, n), make([]cellKind, 0, n), make([]float64, 0, n)
	return nil
}

// recordsTable is a table of records of values. Columns that a schema has are there even if no record has them.
func recordsTable(name string, s *Schema, records []map[string]any) (*table, error) {
	columns := featureColumns(s)
	for _, r := range records {
		for c := range r {
			columns[c] = struct{}{}
		}
	}
	t := &table{file: name, records: true, header: slices.Sorted(maps.Keys(columns))}
	if err := t.begin(len(records)); err != nil {
		return nil, err
	}
	for i, r := range records {
		for c, column := range t.header {
			cell, err := cellOf(r[column], s == nil)
			if err != nil {
				return nil, t.fail(ErrFormat, i, c, "%v", err)
			}
			t.append(cell)
		}
	}
	return t, nil
}

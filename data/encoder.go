package data

import (
	"reflect"
	"slices"
)

// Encoder makes features of raw records, one at a time, into a buffer of the caller's, in which a row then costs no memory. It
// is a compiled [Schema]: results and errors are those of [Schema.Encode]. Any number of goroutines may use one.
//
// F is float32 for a predictor's Predict, and float64 for Predict64, which columns with an offset need.
type Encoder[F float32 | float64] struct {
	*compiled
	wide bool
}

// Encoder compiles the schema, once: further calls find it ready. It fails with ErrSchema for a schema that is not valid or has
// a column with an offset, see Encoder64. A schema must not be changed once it encodes; Clone it for that.
func (s *Schema) Encoder() (*Encoder[float32], error) {
	c, err := s.compiled()
	switch {
	case err != nil:
		return nil, err
	case c.shifted != nil:
		return nil, coarseError(c.shifted)
	}
	return &Encoder[float32]{compiled: c}, nil
}

// Encoder64 is Encoder for features in float64: raw numbers, also those of columns that have an offset.
func (s *Schema) Encoder64() (*Encoder[float64], error) {
	c, err := s.compiled()
	if err != nil {
		return nil, err
	}
	return &Encoder[float64]{compiled: c, wide: true}, nil
}

func coarseError(c *Column) error {
	return &Error{Kind: ErrSchema, File: "record", Column: c.Name,
		Message: "float32 is too coarse for its numbers: take Encode64, and Predict64"}
}

// Width is the number of features of a row.
func (e *Encoder[F]) Width() int { return e.width }

// Columns names the raw columns that become features, in the order in which AppendNumbers takes their values.
func (e *Encoder[F]) Columns() []string {
	names := make([]string, len(e.columns))
	for i := range e.columns {
		names[i] = e.columns[i].Name
	}
	return names
}

// AppendText appends the features of a record of texts by column, in any form that a CSV file may have, see [Schema.Encode].
// With an error nothing is appended.
func (e *Encoder[F]) AppendText(dst []F, record map[string]string) ([]F, error) {
	dst, row := e.grow(dst)
	known := 0
	for i := range e.quick {
		q := &e.quick[i]
		text, ok := record[q.name]
		if ok {
			known++
		}
		if q.plain {
			if v, ok := shortDecimal(text); ok {
				row[q.at] = F(float32(v))
				continue
			}
		}
		c := &e.columns[i]
		text = trim(text)
		kind, number := parseCell(text)
		if put(row, c, kind, number, text, e.wide) != fine {
			return e.back(dst), e.explain(record)
		}
	}
	if known < len(record) {
		if n := e.beside(func(name string) bool { _, ok := record[name]; return ok }); known+n < len(record) {
			return e.back(dst), e.explain(record)
		}
	}
	return dst, nil
}

// AppendValues appends the features of a record of values by column: numbers of any Go type, texts as AppendText takes them,
// booleans ("true", "false"), and nil, NaN or no value at all where it is missing. With an error nothing is appended.
func (e *Encoder[F]) AppendValues(dst []F, record map[string]any) ([]F, error) {
	dst, row := e.grow(dst)
	known := 0
	for i := range e.quick {
		q := &e.quick[i]
		value, ok := record[q.name]
		if ok {
			known++
		}
		if q.plain {
			if v, ok := value.(float64); ok {
				if x := float32(v) + 0; x-x == 0 {
					row[q.at] = F(x)
					continue
				}
			}
		}
		c := &e.columns[i]
		cell, err := cellOf(value, false)
		if err != nil {
			return e.back(dst), e.explainValues(record)
		}
		cell.asText(c.codes != nil)
		if put(row, c, cell.kind, cell.number, cell.text, e.wide) != fine {
			return e.back(dst), e.explainValues(record)
		}
	}
	if known < len(record) {
		if n := e.beside(func(name string) bool { _, ok := record[name]; return ok }); known+n < len(record) {
			return e.back(dst), e.explainValues(record)
		}
	}
	return dst, nil
}

// AppendNumbers appends the features of a record that has only numbers, in the order of Columns; NaN is a missing one. It fails
// with ErrSchema for a schema with a column of text, or another number of values. With an error nothing is appended.
func (e *Encoder[F]) AppendNumbers(dst []F, record []float64) ([]F, error) {
	if len(record) != len(e.columns) {
		return dst, failIn("record", ErrSchema, "%d values for %d columns", len(record), len(e.columns))
	}
	dst, row := e.grow(dst)
	for i, v := range record {
		if q := &e.quick[i]; q.plain {
			if x := float32(v) + 0; x-x == 0 { // + 0 makes 0 of -0
				row[q.at] = F(x)
				continue
			}
		}
		c := &e.columns[i]
		if c.codes != nil {
			return e.back(dst), &Error{Kind: ErrSchema, File: "record", Column: c.Name,
				Message: "it holds texts: take AppendValues, AppendText or AppendStruct"}
		}
		kind, number := numberCell(v)
		if put(row, c, kind, number, "", e.wide) != fine {
			values := make(map[string]any, len(record))
			for j, v := range record {
				values[e.columns[j].Name] = v
			}
			return e.back(dst), e.explainValues(values)
		}
	}
	return dst, nil
}

// AppendStruct appends the features of a struct, or of what a pointer to one points to, whose fields are the columns as in
// [FromStructs]. The target is not read. With an error nothing is appended.
func (e *Encoder[F]) AppendStruct(dst []F, record any) ([]F, error) {
	v := reflect.ValueOf(record)
	if !v.IsValid() {
		return dst, failIn("record", ErrFormat, "it is nil: a struct is needed")
	}
	fields, err := e.fieldsOf(v.Type())
	if err != nil {
		return dst, withFile(err, "record")
	}
	v, ok := structValue(v)
	if !ok {
		return dst, failIn("record", ErrFormat, "it is a nil pointer: a struct is needed")
	}
	dst, row := e.grow(dst)
	for i, f := range fields.of {
		if q := &e.quick[i]; q.plain && f != nil && f.float {
			if x := float32(v.Field(f.index[0]).Float()) + 0; x-x == 0 {
				row[q.at] = F(x)
				continue
			}
		}
		c := &e.columns[i]
		cell := cell{kind: cellMissing}
		if f != nil {
			cell = f.cell(v, false)
		}
		cell.asText(c.codes != nil)
		if put(row, c, cell.kind, cell.number, cell.text, e.wide) != fine {
			return e.back(dst), e.explainValues(fields.values(v))
		}
	}
	if fields.extra {
		return e.back(dst), e.explainValues(fields.values(v))
	}
	return dst, nil
}

// recordFields are the fields of a type of structs as a schema's columns.
type recordFields struct {
	*structFields
	of    []*structField // of each column, nil where there is none
	extra bool           // there are fields that the schema does not know
}

func (c *compiled) fieldsOf(t reflect.Type) (*recordFields, error) {
	if f, ok := c.fields.Load(t); ok {
		return f.(*recordFields), nil
	}
	all, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	f := &recordFields{structFields: all, of: make([]*structField, len(c.columns))}
	known := 0
	for i := range c.columns {
		if f.of[i] = all.byName[c.columns[i].Name]; f.of[i] != nil {
			known++
		}
	}
	has := func(name string) bool { _, ok := all.byName[name]; return ok }
	f.extra = known+c.beside(has) < len(all.list)
	c.fields.Store(t, f)
	return f, nil
}

// grow appends a row of zeros.
func (e *Encoder[F]) grow(dst []F) (grown, row []F) {
	n := len(dst)
	dst = slices.Grow(dst, e.width)[:n+e.width]
	row = dst[n:]
	clear(row)
	return dst, row
}

// back takes the row away again.
func (e *Encoder[F]) back(dst []F) []F { return dst[:len(dst)-e.width] }

// beside counts the columns of a record that are known but not read: ignored ones and the target.
func (c *compiled) beside(has func(name string) bool) (n int) {
	for _, name := range c.others {
		if has(name) {
			n++
		}
	}
	return n
}

// explain says what is wrong with records, as reading a file would.
func (c *compiled) explain(records ...map[string]string) error {
	return explained(encode(textRecords(c.schema, records), c.schema, true))
}

func (c *compiled) explainValues(record map[string]any) error {
	t, err := recordsTable("record", c.schema, []map[string]any{record})
	if err != nil {
		return err
	}
	return explained(encode(t, c.schema, true))
}

func explained(_ *Dataset, err error) error {
	if err == nil {
		err = failIn("record", ErrFormat, "it cannot be encoded")
	}
	return err
}

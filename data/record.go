package data

import (
	"maps"
	"slices"
	"strings"
)

// Encode makes features of raw records as reading a file does: a record has a value for each column of the schema, by its
// name and as text, in any form that a CSV file may have. The target is not needed and not read; a column that a record
// lacks is a missing value, which the schema's imputation fills. The result is records × features, row-major, what a model
// with this schema takes.
//
// It fails with ErrSchema for a column that has an offset (see Encode64), a column or category that training had not, ErrMissing for a missing value without
// imputation, ErrFormat for what is not a number. The line in the error is the record's number, from 1 on.
func (s *Schema) Encode(records ...map[string]string) ([]float32, error) {
	if s != nil {
		for i := range s.Columns {
			if c := &s.Columns[i]; c.Kind == Numeric && c.shifted() {
				return nil, &Error{Kind: ErrSchema, File: "record", Column: c.Name,
					Message: "float32 is too coarse for its numbers: take Encode64, and Predict64"}
			}
		}
	}
	return s.encodeRecords(records)
}

// Encode64 is Encode in float64: raw numbers, also those of columns that have an offset, which a predictor's Predict64
// takes.
func (s *Schema) Encode64(records ...map[string]string) ([]float64, error) {
	x, err := s.encodeRecords(records)
	if x == nil || err != nil {
		return nil, err
	}
	out, o := make([]float64, len(x)), s.Offsets()
	for i, v := range x {
		if out[i] = float64(v); o != nil {
			j := i % len(o.Offset)
			out[i] = float64(out[i]*o.Scale[j]) + o.Offset[j]
		}
	}
	return out, nil
}

func (s *Schema) encodeRecords(records []map[string]string) ([]float32, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, nil
	}
	columns := map[string]struct{}{}
	for i := range s.Columns {
		if c := &s.Columns[i]; c.Kind != Ignored {
			columns[c.Name] = struct{}{}
		}
	}
	for _, r := range records {
		for c := range r {
			columns[c] = struct{}{}
		}
	}
	t := &table{file: "record", records: true, header: slices.Sorted(maps.Keys(columns))}
	for i, r := range records {
		t.lines = append(t.lines, i+1)
		for _, c := range t.header {
			cell := strings.TrimSpace(r[c])
			kind, v := parseCell(cell)
			t.text, t.kind, t.number = append(t.text, cell), append(t.kind, kind), append(t.number, v)
		}
	}
	d, err := encode(t, s, true)
	if err != nil {
		return nil, err
	}
	return d.X, nil
}

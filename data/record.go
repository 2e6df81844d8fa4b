package data

import (
	"maps"
	"slices"
	"strings"
)

// Encode makes features of raw records as reading a file does: a record has a value for each column of the schema, by its
// name and as text, in any form that a CSV file may have. The target is not needed and not read; a column that a record
// lacks is a missing value, which the schema's imputation fills. The result is records × features, row-major, what a model
// with this schema takes. [Schema.Encoder] takes numbers too, and a buffer.
//
// The schema is compiled at the first call, and must not be changed after it; Clone it for that. Any number of goroutines may
// encode by one schema.
//
// It fails with ErrSchema for a column that has an offset (see Encode64), a column or category that training had not,
// ErrMissing for a missing value without imputation, ErrFormat for what is not a number. The line in the error is the record's
// number, from 1 on.
func (s *Schema) Encode(records ...map[string]string) ([]float32, error) {
	c, err := s.compiled()
	switch {
	case err != nil:
		return nil, err
	case c.shifted != nil:
		return nil, coarseError(c.shifted)
	case len(records) == 0:
		return nil, nil
	}
	e := Encoder[float32]{compiled: c}
	return encodeAll(&e, records)
}

// Encode64 is Encode in float64: raw numbers, also those of columns that have an offset, which a predictor's Predict64
// takes.
func (s *Schema) Encode64(records ...map[string]string) ([]float64, error) {
	c, err := s.compiled()
	if err != nil || len(records) == 0 {
		return nil, err
	}
	e := Encoder[float64]{compiled: c, wide: true}
	return encodeAll(&e, records)
}

func encodeAll[F float32 | float64](e *Encoder[F], records []map[string]string) ([]F, error) {
	out := make([]F, 0, len(records)*e.width)
	for _, r := range records {
		var err error
		if out, err = e.AppendText(out, r); err != nil {
			return nil, e.explain(records...)
		}
	}
	return out, nil
}

// textRecords is a table of records of texts.
func textRecords(s *Schema, records []map[string]string) *table {
	columns := featureColumns(s)
	for _, r := range records {
		for c := range r {
			columns[c] = struct{}{}
		}
	}
	t := &table{file: "record", records: true, header: slices.Sorted(maps.Keys(columns))}
	for i, r := range records {
		t.lines = append(t.lines, i+1)
		for _, c := range t.header {
			t.append(textCell(r[c]))
		}
	}
	return t
}

// featureColumns are the names of the columns that become features.
func featureColumns(s *Schema) map[string]struct{} {
	columns := map[string]struct{}{}
	if s == nil {
		return columns
	}
	for i := range s.Columns {
		if c := &s.Columns[i]; c.Kind != Ignored {
			columns[c.Name] = struct{}{}
		}
	}
	return columns
}

// trim takes blanks off; most cells have none.
func trim(s string) string {
	if n := len(s); n > 0 && s[0] > ' ' && s[0] < 0x80 && s[n-1] > ' ' && s[n-1] < 0x80 {
		return s
	}
	return strings.TrimSpace(s)
}

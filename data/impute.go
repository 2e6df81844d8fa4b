package data

import (
	"math"
	"slices"
)

// Impute replaces missing values by the statistic that Options.Impute named, taken over the given training rows only,
// and records the replacements in the schema, also for columns in which nothing is missing now. It returns a dataset
// that shares what did not change; d stays as it was. The Test part, if there is one, gets the same replacements.
//
// Without imputation, or where the schema already knows the replacements, there is nothing to do and d is returned.
// A column without any value in the training rows is an error (ErrMissing).
func (d *Dataset) Impute(train []int) (*Dataset, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	if d.Schema.Fitted() {
		return d, nil
	}
	for _, r := range train {
		if r < 0 || r >= d.Rows() {
			return nil, fail(ErrOption, "row %d is not one of the %d rows of %s", r, d.Rows(), d.Name)
		}
	}
	schema := d.Schema.Clone()
	at := 0
	for k := range schema.Columns {
		c := &schema.Columns[k]
		ok := true
		switch c.Kind {
		case Numeric:
			c.FillValue, ok = fillValue(schema.Impute, d.column(at, train))
		case Categorical:
			c.FillCategory, ok = d.fillCategory(c, at, train)
		}
		if !ok {
			return nil, &Error{Kind: ErrMissing, File: d.Name, Column: c.Name,
				Message: "the training rows have no value to impute from: drop the column"}
		}
		at += c.width()
	}
	return d.filled(schema), nil
}

// ImputeAs replaces missing values as a schema says that other rows were imputed by: s is that of a dataset with the same
// columns after Impute. d stays as it was, and is returned where the schema is its own. It fails with ErrSchema for another
// schema.
func (d *Dataset) ImputeAs(s *Schema) (*Dataset, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s == d.Schema {
		return d, nil
	}
	if !slices.Equal(s.Features(), d.Features) || s.Impute != d.Schema.Impute || !s.Offsets().Equal(d.Schema.Offsets()) {
		return nil, failIn(d.Name, ErrSchema, "the values that replace missing ones are of data with other columns")
	}
	if s.Impute == ImputeNone || !s.Fitted() {
		return d, nil
	}
	return d.filled(s), nil
}

// filled is d with another schema, and its missing values replaced as that says.
func (d *Dataset) filled(schema *Schema) *Dataset {
	out := *d
	out.Schema = schema
	if d.Missing() > 0 {
		out.X = slices.Clone(d.X)
		fillMissing(out.X, schema)
	}
	if d.Test != nil {
		out.Test = d.Test.filled(schema)
	}
	return &out
}

// column gathers the values of feature j that are not missing.
func (d *Dataset) column(j int, rows []int) []float32 {
	var values []float32
	for _, r := range rows {
		if v := d.X[r*d.Width()+j]; v == v {
			values = append(values, v)
		}
	}
	return values
}

func fillValue(m Imputation, values []float32) (*float32, bool) {
	if len(values) == 0 {
		return nil, false
	}
	var v float32
	switch m {
	case ImputeMean:
		sum := 0.0
		for _, x := range values {
			sum += float64(x)
		}
		v = float32(sum / float64(len(values)))
	case ImputeMedian:
		slices.Sort(values)
		n := len(values)
		v = float32((float64(values[(n-1)/2]) + float64(values[n/2])) / 2)
	default:
		slices.Sort(values)
		v = mostFrequent(values)
	}
	return &v, true
}

// mostFrequent is the value with the longest run in a sorted list, the first of equals.
func mostFrequent(sorted []float32) float32 {
	best, longest, run := sorted[0], 0, 0
	for i, v := range sorted {
		if run++; i > 0 && v != sorted[i-1] {
			run = 1
		}
		if run > longest {
			best, longest = v, run
		}
	}
	return best
}

// fillCategory is the most frequent category of the one-hot features that start at feature at.
func (d *Dataset) fillCategory(c *Column, at int, rows []int) (string, bool) {
	counts := make([]int, c.width())
	for _, r := range rows {
		for j := range counts {
			if d.X[r*d.Width()+at+j] == 1 {
				counts[j]++
			}
		}
	}
	best := 0
	for j, n := range counts {
		if n > counts[best] {
			best = j
		}
	}
	return c.features()[best], counts[best] > 0
}

// fillMissing replaces every NaN in x, rows of the schema's features, as a fitted schema says.
func fillMissing(x []float32, s *Schema) {
	var fill []float32
	for k := range s.Columns {
		c := &s.Columns[k]
		switch c.Kind {
		case Numeric:
			fill = append(fill, *c.FillValue)
		case Categorical:
			for _, v := range c.features() {
				one := float32(0)
				if v == c.FillCategory {
					one = 1
				}
				fill = append(fill, one)
			}
		}
	}
	for i, v := range x {
		if math.IsNaN(float64(v)) {
			x[i] = fill[i%len(fill)]
		}
	}
}

package data

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewFromSlices(t *testing.T) {
	c, err := NewClassification("c", []string{"a", "b"}, []float32{1, 2, 3, 4, 5, 6}, []string{"u", "v"}, []int{0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRegression("r", []string{"a", "b"}, []float32{1, 2, 3, 4, 5, 6}, []float32{0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if c.Fingerprint == r.Fingerprint || len(c.Fingerprint) != 64 {
		t.Errorf("fingerprints %s and %s", c.Fingerprint, r.Fingerprint)
	}
	s := c.Subset([]int{2, 0})
	if diff := cmp.Diff([]float32{5, 6, 1, 2}, s.X); diff != "" || !slices.Equal(s.Labels, []int{1, 0}) {
		t.Error(diff, s.Labels)
	}
	if s.Fingerprint == c.Fingerprint || s.Fingerprint == c.Subset([]int{0, 2}).Fingerprint {
		t.Error("a subset has the fingerprint of other rows")
	}
	r.Test = r
	if s := r.Subset([]int{1}); s.Test != nil || !slices.Equal(s.Targets, []float32{1}) ||
		s.Rows() != 1 || s.Schema == r.Schema {
		t.Errorf("subset %+v", s)
	}
	if c.Rows() != 3 || c.Width() != 2 || !slices.Equal(c.Row(1), []float32{3, 4}) || cap(c.Row(1)) != 2 {
		t.Errorf("rows %d, width %d, row 1 %v", c.Rows(), c.Width(), c.Row(1))
	}
}

func TestValidate(t *testing.T) {
	inf := float32(math.Inf(1))
	tests := []struct {
		kind    error
		message string
		spoil   func(d *Dataset)
	}{
		{ErrFormat, "c: no features", func(d *Dataset) { d.Features = nil }},
		{ErrFormat, "c: no rows", func(d *Dataset) { d.X = nil }},
		{ErrFormat, "c: 5 values do not divide into rows of 2 features", func(d *Dataset) { d.X = d.X[:5] }},
		{ErrSchema, "c: no schema", func(d *Dataset) { d.Schema = nil }},
		{ErrSchema, "the schema names no target column", func(d *Dataset) { d.Schema.Target = "" }},
		{ErrSchema, "c: the features are not those of the schema", func(d *Dataset) { d.Features = []string{"b", "a"} }},
		{ErrSchema, "c: task, target or classes are not those of the schema", func(d *Dataset) { d.Task = Regression }},
		{ErrSchema, "c: labels are for classification and targets for regression",
			func(d *Dataset) { d.Targets = []float32{1, 2, 3} }},
		{ErrFormat, "c: 3 rows with 2 labels or targets", func(d *Dataset) { d.Labels = d.Labels[:2] }},
		{ErrFormat, "c: row 1: label 2 of 2 classes", func(d *Dataset) { d.Labels[1] = 2 }},
		{ErrFormat, "c: row 2: label -1 of 2 classes", func(d *Dataset) { d.Labels[2] = -1 }},
		{ErrMissing, `c: row 1: feature "b" is missing: impute first`, func(d *Dataset) { d.X[3] = nan32 }},
		{ErrFormat, `c: row 2: feature "a" is infinite`, func(d *Dataset) { d.X[4] = -inf }},
		{ErrSchema, "c: the test part has other features, classes or another task",
			func(d *Dataset) { t := *d; t.Features = []string{"a"}; d.Test = &t }},
		{ErrMissing, `t: row 0: feature "a" is missing: impute first`,
			func(d *Dataset) { t := *d; t.Name, t.X = "t", []float32{nan32, 1, 2, 3, 4, 5}; d.Test = &t }},
	}
	for _, tt := range tests {
		d, err := NewClassification("c", []string{"a", "b"}, []float32{1, 2, 3, 4, 5, 6}, []string{"u", "v"}, []int{0, 1, 1})
		if err != nil {
			t.Fatal(err)
		}
		tt.spoil(d)
		wantError(t, d.Validate(), tt.kind, tt.message)
	}
	_, err := NewRegression("r", []string{"a"}, []float32{1, 2}, []float32{1, inf})
	wantError(t, err, ErrFormat, "r: row 1: the target is +Inf")
	_, err = NewClassification("c", []string{"a"}, []float32{1, 2}, []string{"u"}, []int{0, 0})
	wantError(t, err, ErrSchema, "the schema has 1 classes: at least 2 are needed")
}

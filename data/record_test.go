package data

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func recordSchema(impute Imputation) *Schema {
	fill := float32(36)
	return &Schema{
		Columns: []Column{
			{Name: "age", Kind: Numeric, FillValue: &fill},
			{Name: "job", Kind: Categorical, Categories: []string{"clerk", "smith", "tailor"}, FillCategory: "smith"},
			{Name: "id", Kind: Ignored},
			{Name: "pay", Kind: Numeric, FillValue: &fill},
		},
		Target: "left", Task: Classification, Classes: []string{"no", "yes"}, Impute: impute,
	}
}

func TestEncodeRecords(t *testing.T) {
	s := recordSchema(ImputeMean)
	got, err := s.Encode(
		map[string]string{"age": "30", "job": "tailor", "pay": " 1.5e3 ", "id": "17", "left": "yes"},
		map[string]string{"job": "clerk", "pay": "NA"},
		map[string]string{"age": "-1", "job": "?", "pay": "0"},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{30, 0, 0, 1, 1500, 36, 1, 0, 0, 36, -1, 0, 1, 0, 0}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if none, err := s.Encode(); err != nil || len(none) != 0 {
		t.Errorf("no records give %v, %v", none, err)
	}
}

// A record has the features that the same line of a file has.
func TestEncodeIsWhatReadingGives(t *testing.T) {
	d, err := Load("iris", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []int{0, 77, 149} {
		record := map[string]string{}
		for j, name := range d.Features {
			record[name] = strconv.FormatFloat(float64(d.Row(r)[j]), 'g', -1, 32)
		}
		got, err := d.Schema.Encode(record)
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range got {
			if math.Abs(float64(v-d.Row(r)[j])) > 1e-6 {
				t.Errorf("row %d, %s: %v, the file has %v", r, d.Features[j], v, d.Row(r)[j])
			}
		}
	}
}

func TestEncodeRecordErrors(t *testing.T) {
	ok := map[string]string{"age": "30", "job": "smith", "pay": "2"}
	with := func(column, value string) map[string]string {
		r := map[string]string{column: value}
		for k, v := range ok {
			if k != column {
				r[k] = v
			}
		}
		return r
	}
	for _, c := range []struct {
		record map[string]string
		kind   error
		want   string
	}{
		{with("job", "taylor"), ErrSchema, `record:2: column "job": category "taylor" was not in the training data (did you mean "tailor"?)`},
		{with("age", "old"), ErrFormat, `record:2: column "age": "old" is not a number`},
		{with("age", "inf"), ErrFormat, `record:2: column "age":`},
		{with("age", ""), ErrMissing, `record:2: column "age": the value is missing`},
		{map[string]string{}, ErrMissing, `record:2: column "age": the value is missing`},
		{with("aeg", "3"), ErrSchema, `record: a record has "aeg", which training had not`},
	} {
		_, err := recordSchema(ImputeNone).Encode(ok, c.record)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %q, want one with %q", c.record, err, c.want)
		}
	}
}

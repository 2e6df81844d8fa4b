package data

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	d := parse(t, "a,city,b,y\n1,Rome,5,u\n2,Oslo,6,v\n,Bonn,7,u\n4,Rome,8,v\n", Options{Impute: ImputeMean})
	_, err := d.Select([]int{0})
	wantError(t, err, ErrMissing, "f.csv: impute before selecting features")
	if d, err = d.Impute([]int{0, 1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Select([]int{3, 0, 1}) // a, city=Bonn, city=Rome
	if err != nil {
		t.Fatal(err)
	}
	third := float32(7.0 / 3)
	want := *d
	want.Features = []string{"a", "city=Bonn", "city=Rome"}
	want.X = []float32{1, 0, 1, 2, 0, 0, third, 1, 0, 4, 0, 1}
	want.Schema = &Schema{Columns: []Column{{Name: "a", Kind: Numeric, FillValue: &third},
		{Name: "city", Kind: Categorical, Categories: []string{"Bonn", "Oslo", "Rome"}, Kept: []string{"Bonn", "Rome"},
			FillCategory: "Rome"}, {Name: "b", Kind: Ignored}},
		Target: "y", Task: Classification, Classes: []string{"u", "v"}, Impute: ImputeMean}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}

	// The selected schema survives JSON and reads files with and without the column that is not needed.
	b, err := json.Marshal(got.Schema)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := ParseSchema(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"b,city,a\nany,Oslo,1\n,NA,?\n", "city,a\nOslo,1\nNA,?\n"} {
		d := parse(t, text, Options{Schema: schema})
		if diff := cmp.Diff([]float32{1, 0, 0, third, 0, 1}, d.X); diff != "" {
			t.Error(diff)
		}
	}
	_, err = ReadCSV(strings.NewReader("city,a,z\nOslo,1,2\n"), "f.csv", Options{Schema: schema})
	wantError(t, err, ErrSchema, `f.csv: the file has "z", which training had not: remove what is extra`)

	for _, tt := range []struct {
		list    []int
		message string
	}{
		{nil, "no feature selected of the 5 of f.csv"},
		{[]int{-1}, "selected features must be from 0 to 4, the features of f.csv"},
		{[]int{5}, "selected features must be from 0 to 4, the features of f.csv"},
		{[]int{1, 0, 1}, "a feature of f.csv is selected twice"},
	} {
		_, err := d.Select(tt.list)
		wantError(t, err, ErrOption, tt.message)
	}
}

// A selection of a selection is the selection of both.
func TestSelectTwice(t *testing.T) {
	d := parse(t, people, Options{})
	once, err := d.Select([]int{1, 3})
	if err != nil {
		t.Fatal(err)
	}
	twice, err := once.Select([]int{1})
	if err != nil {
		t.Fatal(err)
	}
	want, err := d.Select([]int{3})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, twice); diff != "" {
		t.Error(diff)
	}
}

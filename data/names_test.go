package data

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// column makes a file whose target has the given cells, four rows each.
func column(cells ...string) string {
	var b strings.Builder
	b.WriteString("a,y\n")
	for range 4 {
		for _, c := range cells {
			b.WriteString("1,\"" + strings.ReplaceAll(c, `"`, `""`) + "\"\n")
		}
	}
	return b.String()
}

func TestClassNamesStayAsInTheFile(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		task  Task
		want  []string // the classes in order
	}{
		{"leading zeros", []string{"01", "00", "02"}, Auto, []string{"00", "01", "02"}},
		{"an exponent", []string{"1E2", "2E5"}, Auto, []string{"1E2", "2E5"}},
		{"floats", []string{"2.0", "1.0", "10.0"}, Auto, []string{"1.0", "2.0", "10.0"}},
		{"agents", []string{"007", "1", "12"}, Auto, []string{"1", "007", "12"}},
		{"a sign", []string{"+5", "-5", "+10"}, Auto, []string{"-5", "+5", "+10"}},
		{"ids of 16 digits", []string{"9007199254740993", "9007199254740992"}, Auto,
			[]string{"9007199254740992", "9007199254740993"}},
		{"ids of 22 digits", []string{"1234567890123456789012", "1234567890123456789013", "1234567890123456789011"}, Auto,
			[]string{"1234567890123456789011", "1234567890123456789012", "1234567890123456789013"}},
		{"ids beyond float32 and float64", []string{"9" + strings.Repeat("0", 400), "1" + strings.Repeat("0", 50)},
			Classification, []string{"1" + strings.Repeat("0", 50), "9" + strings.Repeat("0", 400)}},
		{"zeros of several lengths", []string{"00", "0", "000", "1"}, Auto, []string{"0", "00", "000", "1"}},
		{"a number in several spellings", []string{"100", "1E2", "0100", "1e2"}, Auto, []string{"100", "1E2", "1e2", "0100"}},
		{"versions", []string{"1.10", "1.1", "1.9"}, Classification, []string{"1.1", "1.10", "1.9"}},
		{"integer and float, where asked", []string{"1", "1.0", "0"}, Classification, []string{"0", "1", "1.0"}},
		{"infinity, where asked", []string{"inf", "1", "-inf"}, Classification, []string{"-inf", "1", "inf"}},
		{"exponents like infinity, where asked", []string{"1E999", "2E999", "5"}, Classification,
			[]string{"5", "1E999", "2E999"}},
		{"underscores", []string{"1_000", "2_000"}, Auto, []string{"1_000", "2_000"}},
		{"case", []string{"TRUE", "True", "true"}, Auto, []string{"TRUE", "True", "true"}},
		{"hexadecimal", []string{"0x10", "0x01"}, Auto, []string{"0x01", "0x10"}},
		{"Unicode", []string{"é", "e\u0301", "１"}, Auto, []string{"e\u0301", "é", "１"}},
		{"inner blanks and quotes", []string{"a  b", "a b", `a"b`}, Auto, []string{"a  b", "a b", `a"b`}},
		{"outer blanks are not part of a cell", []string{" 01 ", "02"}, Auto, []string{"01", "02"}},
		{"numbers among text", []string{"01", "1", "x", "y", "z"}, Auto, []string{"01", "1", "x", "y", "z"}},
		{"numbers among text, where asked", []string{"01", "1", "x"}, Classification, []string{"01", "1", "x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := column(c.cells...)
			d := parse(t, text, Options{Task: c.task})
			if d.Task != Classification || !slices.Equal(d.Classes, c.want) {
				t.Fatalf("%v, classes %q, want %q", d.Task, d.Classes, c.want)
			}
			for r, l := range d.Labels {
				if got, want := d.Classes[l], strings.TrimSpace(c.cells[r%len(c.cells)]); got != want {
					t.Fatalf("row %d: class %q, the file has %q", r, got, want)
				}
			}
			// The same file by its own schema, and what is written of it, have the same labels.
			again := parse(t, text, Options{Schema: d.Schema})
			var b bytes.Buffer
			if err := WriteCSV(&b, d); err != nil {
				t.Fatal(err)
			}
			written := parse(t, b.String(), Options{Schema: d.Schema})
			if !slices.Equal(again.Labels, d.Labels) || !slices.Equal(written.Labels, d.Labels) {
				t.Errorf("labels %v, by the schema %v, written and read %v", d.Labels, again.Labels, written.Labels)
			}
		})
	}
}

// Whatever the texts are, there are as many classes as there are texts, and every row has its own.
func TestEveryTextIsAClass(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[+-]?[0-9]{1,20}`), rapid.StringMatching(`0{0,3}[0-9]{1,3}(\.0{0,2})?([eE][0-9]{1,3})?`),
		rapid.StringMatching(`[a-zA-Z_0-9]{1,6}`), rapid.SampledFrom([]string{"00", "0", "1E2", "100", "-0", "+0", "1e400", "."}))
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(text, 2, 12).Draw(t, "cells")
		missing := func(s string) bool { k, _ := parseCell(s); return k == cellMissing }
		distinct := slices.Compact(slices.Sorted(slices.Values(cells)))
		if len(distinct) < 2 || slices.ContainsFunc(cells, missing) {
			t.Skip()
		}
		d, err := ReadCSV(strings.NewReader(column(cells...)), "f.csv", Options{Task: Classification})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Classes) != len(distinct) {
			t.Fatalf("%d classes %q of %d texts %q", len(d.Classes), d.Classes, len(distinct), distinct)
		}
		for r, l := range d.Labels {
			if d.Classes[l] != cells[r%len(cells)] {
				t.Fatalf("row %d: %q, the file has %q", r, d.Classes[l], cells[r%len(cells)])
			}
		}
	})
}

// Integers with gaps between them, or that begin far from 0, may be amounts, and the user is told that they were taken for classes. Those that count,
// that are names or that are two need no word, nor does a task that was given.
func TestIntegersThatMayBeAmountsAreNoted(t *testing.T) {
	for _, c := range []struct {
		values []string
		task   Task
		noted  bool
	}{
		{[]string{"0", "100", "200"}, Auto, true},
		{[]string{"4", "6", "8"}, Auto, true},
		{[]string{"-10", "0", "5"}, Auto, true},
		{[]string{"1", "2", "4"}, Auto, true},
		{[]string{"0", "1", "9007199254"}, Auto, true},
		{[]string{"3", "4", "5"}, Auto, true},
		{[]string{"2000", "2001", "2002"}, Auto, true},
		{[]string{"-2", "-1", "0"}, Auto, true},
		{[]string{"0", "1", "2"}, Auto, false},
		{[]string{"1", "2", "3"}, Auto, false},
		{[]string{"-1", "0", "1"}, Auto, false},
		{[]string{"-1", "1"}, Auto, false},
		{[]string{"0", "007", "9"}, Auto, false},
		{[]string{"12345678901234567890", "1", "5"}, Auto, false},
		{[]string{"0", "100", "200"}, Classification, false},
		{[]string{"0", "100", "200"}, Regression, false},
		{[]string{"low", "high", "5"}, Classification, false},
	} {
		text := "a,y\n"
		for range 3 {
			text += "1," + strings.Join(c.values, "\n1,") + "\n"
		}
		d := parse(t, text, Options{Task: c.task})
		var want []string
		if c.noted {
			want = []string{`column "y": its integers are taken for 3 classes: data.task=regression if they are amounts`}
		}
		if !slices.Equal(d.Notes, want) {
			t.Errorf("%v, %s: notes %q", c.values, c.task, d.Notes)
		}
	}
}

func TestOneNumberInTwoSpellings(t *testing.T) {
	read := func(text string) error {
		_, err := ReadCSV(strings.NewReader(text), "f.csv", Options{})
		return err
	}
	for _, c := range []struct{ text, want string }{
		{"a,y\n1,1\n2,1.0\n3,2\n", `class "1.0" is the number that is written "1" in line 2`},
		{"a,y\n1,2.00\n2,2\n3,1\n", `class "2" is the number that is written "2.00" in line 2`},
		{"a,y\n1,2.00\n2,2.0\n3,1\n", `class "2.0" is the number that is written "2.00" in line 2`},
		{"a,y\n1,1\n2,5.\n3,5\n", `class "5" is the number that is written "5." in line 3`},
		{"a,y\n1,-0\n2,1\n3,0\n", `class "0" is the number that is written "-0" in line 2`},
		{"a,y\n1,0.0\n2,1\n3,-0.0\n", `class "-0.0" is the number that is written "0.0" in line 2`},
	} {
		err := read(c.text)
		if err == nil || !errors.Is(err, ErrTarget) {
			t.Fatalf("%q: error %v", c.text, err)
		}
		if want := c.want + ": write it in one way, or say data.task=classification where they are two classes"; !strings.HasSuffix(
			err.Error(), want) {
			t.Errorf("error\n  %v\nwant\n  %s", err, want)
		}
	}

	d := parse(t, column("0", "00", "1E2", "100", "7"), Options{})
	want := []string{`column "y": "0", "00" are spellings of one number and count as 2 classes`,
		`column "y": "100", "1E2" are spellings of one number and count as 2 classes`}
	if !slices.Equal(d.Notes, want) {
		t.Errorf("notes %q", d.Notes)
	}
	if d = parse(t, column("01", "2", "x"), Options{Task: Classification}); d.Notes != nil {
		t.Errorf("notes %q", d.Notes)
	}
}

// A later file may spell a number in another way, as spreadsheets do, where only one class can be meant.
func TestClassesOfALaterFile(t *testing.T) {
	for _, c := range []struct {
		classes []string
		cell    string
		want    string // "" where there is none
	}{
		{[]string{"00", "01"}, "01", "01"},
		{[]string{"00", "01"}, "1", "01"},
		{[]string{"0", "1"}, "1.0", "1"},
		{[]string{"0.0", "1.0"}, "1", "1.0"},
		{[]string{"1E2", "7"}, "100", "1E2"},
		{[]string{"0", "100"}, "1E2", "100"}, // as models before had them
		{[]string{"0", "100"}, "00", "0"},
		{[]string{"100", "1E2"}, "1E2", "1E2"},
		{[]string{"100", "1E2"}, "1e2", ""}, // either could be meant
		{[]string{"9007199254740992", "9007199254740994"}, "9007199254740993", ""},
		{[]string{"9007199254740992", "9007199254740993"}, "9007199254740993", "9007199254740993"},
		{[]string{"a", "1"}, "1.0", "1"},
		{[]string{"0", "1"}, "2", ""},
		{[]string{"0.5", "1"}, "5e-1", "0.5"},
	} {
		s := numericSchema([]string{"a"}, "y", Classification, c.classes)
		d, err := ReadCSV(strings.NewReader("a,y\n1,"+c.cell+"\n"), "f.csv", Options{Schema: s})
		switch {
		case c.want == "" && !errors.Is(err, ErrSchema):
			t.Errorf("%q among %q: error %v", c.cell, c.classes, err)
		case c.want == "":
		case err != nil:
			t.Error(err)
		case d.Classes[d.Labels[0]] != c.want:
			t.Errorf("%q among %q: class %q, want %q", c.cell, c.classes, d.Classes[d.Labels[0]], c.want)
		}
	}
}

// Images have classes named 0, 1, …; a model of the same images from a CSV file may have them in another spelling.
func TestClassesOfImages(t *testing.T) {
	d := &Dataset{Name: "d", Task: Classification, Classes: []string{"0.0", "1.0", "2.0"}, Labels: []int{0, 1, 1}}
	d.Schema = numericSchema([]string{"a"}, "label", Classification, d.Classes)
	if err := d.relabel([]string{"1", "2"}, false); err != nil || !slices.Equal(d.Labels, []int{1, 2, 2}) {
		t.Errorf("labels %v, %v", d.Labels, err)
	}
}

func TestCategoriesStayAsInTheFile(t *testing.T) {
	text := "zip,y\n00,u\n0,v\n1E2,u\n100,v\nx1,u\nx2,v\nx3,u\nx4,v\n"
	d := parse(t, text, Options{})
	want := []string{"zip=0", "zip=00", "zip=100", "zip=1E2", "zip=x1", "zip=x2", "zip=x3", "zip=x4"}
	if !slices.Equal(d.Features, want) {
		t.Errorf("features %q", d.Features)
	}
	if d.Row(0)[1] != 1 || d.Row(1)[0] != 1 || d.Row(2)[3] != 1 || d.Row(3)[2] != 1 {
		t.Errorf("rows %v", d.X)
	}
}

func TestExactNumber(t *testing.T) {
	for _, same := range [][]string{
		{"7", "07", "7.0", "+7", "7.", "70e-1", "0.7e1", "7E0", "7e+0", "7000000e-6"},
		{"0", "00", "-0", "+0.000", "0e99", ".0"},
		{"-0.05", "-5e-2", "-.05", "-0.0500"},
		{"1e400", "10e399", "0.1E401"},
		{"9007199254740993"}, {"9007199254740992"}, {"-7"}, {"70"}, {"0.7"},
	} {
		first, _ := exactNumber(same[0])
		for _, s := range same {
			if v, ok := exactNumber(s); !ok || v != first {
				t.Errorf("%s: %s, %v; %s: %s", s, v, ok, same[0], first)
			}
		}
	}
	if _, ok := exactNumber("1e99999999999999999999"); ok {
		t.Error("an exponent that no int holds")
	}
}

// What fails because integers were taken for classes says so.
func TestIntegersTakenForClasses(t *testing.T) {
	const hint = `; the integers of "y" were taken for classes: train with data.task=regression if they are amounts`
	ages := "a,y\n" + strings.Repeat("1,30\n2,31\n3,32\n", 10)
	lonely := ages + "4,77\n"
	split := func(text string, task Task, test float64) error {
		_, err := Split(parse(t, text, Options{Task: task}), SplitOptions{Test: test, Seed: 1})
		return err
	}
	folds := func(text string, task Task) error {
		_, err := KFold(parse(t, text, Options{Task: task}), 3, 1)
		return err
	}
	unseen := func(task Task, cell string) error {
		d := parse(t, ages, Options{Task: task})
		_, err := ReadCSV(strings.NewReader("a,y\n1,"+cell+"\n"), "test.csv", Options{Schema: d.Schema})
		return err
	}
	images := func(task Task) error {
		d := parse(t, ages, Options{Task: task})
		d.Labels = []int{0}
		return d.relabel([]string{"7"}, false)
	}
	for _, c := range []struct {
		name        string
		auto, asked error
	}{
		{"a class with one row", split(lonely, Auto, 0.2), split(lonely, Classification, 0.2)},
		{"a class with one row, folds", folds(lonely, Auto), folds(lonely, Classification)},
		{"too few rows left for each class", split(ages, Auto, 0.95), split(ages, Classification, 0.95)},
		{"a class that training had not", unseen(Auto, "33"), unseen(Classification, "33")},
		{"a class far off", unseen(Auto, "1000000"), unseen(Classification, "1000000")},
		{"text for a class", unseen(Auto, "old"), unseen(Classification, "old")},
		{"images", images(Auto), images(Classification)},
	} {
		if c.auto == nil || !strings.HasSuffix(c.auto.Error(), hint) {
			t.Errorf("%s: %v", c.name, c.auto)
		}
		if c.asked == nil || strings.Contains(c.asked.Error(), "data.task") {
			t.Errorf("%s, classes asked for: %v", c.name, c.asked)
		}
	}
	if err := split(ages, Auto, 0.001); err == nil || strings.Contains(err.Error(), "data.task") {
		t.Errorf("nothing to do with classes: %v", err)
	}
	var none *Schema
	text := parse(t, column("u", "v"), Options{}).Schema
	if none.TaskHint() != "" || text.TaskHint() != "" {
		t.Error("a hint where no integers were taken for classes")
	}
	b := `{"columns":[{"name":"a","kind":"numeric"}],"target":"y","task":"regression","impute":"none","integer_classes":true}`
	if _, err := ParseSchema([]byte(b)); !errors.Is(err, ErrSchema) {
		t.Errorf("integer classes of a regression: %v", err)
	}
}

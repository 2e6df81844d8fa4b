package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// row is a line of the table that the tests below make in every way.
type row struct {
	Age   *float64 `data:"age"`
	Big   int64    `data:"big"`
	Town  string   `data:"town"`
	Level int      `data:"level,target"`
}

// sameRows are rows, and the same as records, columns and CSV.
func sameRows() (rows []row, records []map[string]any, columns map[string]any, csv string) {
	columns = map[string]any{}
	var ages []any
	var bigs []int64
	var towns []string
	var levels []int
	var text strings.Builder
	text.WriteString("age,big,town,level\n")
	for i := range 24 {
		age := float64(20+i) + 0.5
		r := row{Age: &age, Big: 1_700_000_000_000 + int64(i)*1000, Town: []string{"Rome", "Oslo", ""}[i%3], Level: 3 + i%4}
		record := map[string]any{"age": age, "big": r.Big, "town": r.Town, "level": r.Level}
		cells := []string{numberText(age), numberText(float64(r.Big)), r.Town, numberText(float64(r.Level))}
		if i%5 == 0 {
			r.Age, cells[0] = nil, "NA"
			delete(record, "age")
			ages = append(ages, nil)
		} else {
			ages = append(ages, age)
		}
		rows, records = append(rows, r), append(records, record)
		bigs, towns, levels = append(bigs, r.Big), append(towns, r.Town), append(levels, r.Level)
		text.WriteString(strings.Join(cells, ",") + "\n")
	}
	columns["age"], columns["big"], columns["town"], columns["level"] = ages, bigs, towns, levels
	return rows, records, columns, text.String()
}

// However rows come, they are the dataset of the CSV file with the same cells: schema, offsets, classes, notes, fingerprint.
func TestFromIsWhatReadingGives(t *testing.T) {
	rows, records, columns, csv := sameRows()
	for _, task := range []Task{Auto, Classification, Regression} {
		opt := Options{Target: "level", Task: task, Impute: ImputeMean}
		want, err := ReadCSV(strings.NewReader(csv), "people", opt)
		if err != nil {
			t.Fatal(err)
		}
		pointers := make([]*row, len(rows))
		for i := range rows {
			pointers[i] = &rows[i]
		}
		for name, made := range map[string]func(opt Options) (*Dataset, error){
			"structs":  func(opt Options) (*Dataset, error) { return FromStructs("people", rows, opt) },
			"pointers": func(opt Options) (*Dataset, error) { return FromStructs("people", pointers, opt) },
			"records":  func(opt Options) (*Dataset, error) { return FromRecords("people", records, opt) },
			"columns":  func(opt Options) (*Dataset, error) { return FromColumns("people", columns, opt) },
		} {
			got, err := made(opt)
			if err != nil {
				t.Fatal(name, err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%s, %v:\n%s", name, task, diff)
			}
			if got.Schema.Columns[1].Offset == 0 {
				t.Error("milliseconds have no offset")
			}
			fitted, err := got.Impute(identity(24))
			if err != nil {
				t.Fatal(err)
			}
			again, err := made(Options{Schema: fitted.Schema})
			if err != nil || !slices.Equal(again.X, fitted.X) || again.Missing() > 0 {
				t.Errorf("%s, by the schema: %v", name, err)
			}
		}
	}
	if d, err := FromStructs("people", rows, Options{Impute: ImputeMean}); err != nil || d.Target != "level" {
		t.Errorf("the target by its tag: %v", err)
	}
}

func TestFromSlices(t *testing.T) {
	x := [][]float64{{1, 2.5}, {3, math.NaN()}, {5, 6}, {7, 8}}
	d, err := FromSlices("numbers", nil, x, []string{"b", "a", "b", "a"}, Options{Impute: ImputeMedian})
	if err != nil {
		t.Fatal(err)
	}
	want := parse(t, "x0,x1,target\n1,2.5,b\n3,,a\n5,6,b\n7,8,a\n", Options{Impute: ImputeMedian})
	want.Name = "numbers"
	if diff := cmp.Diff(want, d, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	r, err := FromSlices("numbers", []string{"a", "b"}, [][]float32{{0.1, 2}, {3, 4}, {5, 6}}, []float32{0.5, 1.5, 2.5}, Options{Target: "y"})
	if err != nil || r.Task != Regression || r.X[0] != 0.1 || r.Targets[1] != 1.5 || r.Target != "y" {
		t.Errorf("%+v, %v", r, err)
	}
	// Texts are texts, whatever they look like, and whole numbers are classes.
	s, err := FromSlices("texts", nil, [][]string{{"1"}, {"01"}, {"1"}}, []uint8{0, 1, 0}, Options{})
	if err != nil || !slices.Equal(s.Features, []string{"x0=01", "x0=1"}) || !slices.Equal(s.Classes, []string{"0", "1"}) {
		t.Errorf("%+v, %v", s, err)
	}
	// Without targets only by a schema, by which texts may be numbers.
	n, err := FromSlices[string, int]("new", []string{"a", "b"}, [][]string{{" 7", "8e0"}}, nil, Options{Schema: r.Schema})
	if err != nil || n.Labeled() || !slices.Equal(n.X, []float32{7, 8}) {
		t.Errorf("%+v, %v", n, err)
	}
}

// Whole numbers that float64 does not hold are classes of their own.
func TestFromLargeIntegers(t *testing.T) {
	d, err := FromSlices("ids", nil, [][]int{{1}, {2}, {3}}, []int64{1 << 60, 1<<60 + 1, 1 << 60}, Options{Task: Classification})
	if err != nil || !slices.Equal(d.Classes, []string{"1152921504606846976", "1152921504606846977"}) {
		t.Errorf("%v, %v", d, err)
	}
}

func TestFromErrors(t *testing.T) {
	type nested struct{ A struct{ B int } }
	type twice struct {
		A int `data:"x"`
		B int `data:"x"`
	}
	type targets struct {
		A int `data:",target"`
		B int `data:",target"`
	}
	type word struct {
		A int `data:"a,omitempty"`
	}
	records := []map[string]any{{"a": 1, "y": 1.5}, {"a": 2, "y": 2.5}}
	for _, c := range []struct {
		name string
		made func() (*Dataset, error)
		kind error
		want string
	}{
		{"no target", func() (*Dataset, error) { return FromRecords("r", records, Options{}) }, ErrOption,
			"r: which column is the target? Options.Target names it"},
		{"another target", func() (*Dataset, error) { return FromRecords("r", records, Options{Target: "z"}) }, ErrOption,
			`r: no column "z" for the target: the columns are "a", "y"`},
		{"no records", func() (*Dataset, error) { return FromRecords("r", nil, Options{Target: "y"}) }, ErrFormat, "r: there are no rows"},
		{"a missing value", func() (*Dataset, error) {
			return FromRecords("r", []map[string]any{{"a": 1, "y": 1.5}, {"y": 2.5}}, Options{Target: "y"})
		}, ErrMissing, `r:2: column "a": the value is missing (""): remove the row, or ask for imputation (mean, median or most-frequent) when training`},
		{"a missing target", func() (*Dataset, error) {
			return FromRecords("r", []map[string]any{{"a": 1, "y": 1.5}, {"a": 3, "y": nil}}, Options{Target: "y"})
		}, ErrMissing, `r:2: column "y": the target is missing (""): remove the row, a target is never imputed`},
		{"an infinite value", func() (*Dataset, error) {
			return FromRecords("r", []map[string]any{{"a": math.Inf(1), "y": 1.5}, {"a": 3, "y": 2}}, Options{Target: "y"})
		}, ErrFormat, `r:1: column "a": the value is infinite ("+Inf")`},
		{"a value that is none", func() (*Dataset, error) {
			return FromRecords("r", []map[string]any{{"a": []int{1}, "y": 1.5}}, Options{Target: "y"})
		}, ErrFormat, `r:1: column "a": a value is []int: numbers, texts, booleans and pointers to them are read`},
		{"columns of two lengths", func() (*Dataset, error) {
			return FromColumns("c", map[string]any{"a": []int{1, 2}, "y": []float64{1}}, Options{Target: "y"})
		}, ErrFormat, `c: column "y": 1 values, and column "a" has 2`},
		{"a column that is none", func() (*Dataset, error) {
			return FromColumns("c", map[string]any{"a": 1, "y": []float64{1}}, Options{Target: "y"})
		}, ErrFormat, `c: column "a": it is no slice of values`},
		{"a column of slices", func() (*Dataset, error) {
			return FromColumns("c", map[string]any{"a": [][]int{{1}}, "y": []float64{1}}, Options{Target: "y"})
		}, ErrFormat, `c:1: column "a": a value is []int: numbers, texts, booleans and pointers to them are read`},
		{"ragged rows", func() (*Dataset, error) {
			return FromSlices("s", nil, [][]int{{1, 2}, {3}}, []int{0, 1}, Options{})
		}, ErrFormat, "s:2: the row has 1 values, and there are 2 features"},
		{"no targets", func() (*Dataset, error) { return FromSlices[int, int]("s", nil, [][]int{{1, 2}}, nil, Options{}) }, ErrTarget,
			"s: there are no targets (nil): only data that is read by a schema needs none"},
		{"too few targets", func() (*Dataset, error) { return FromSlices("s", nil, [][]int{{1}, {2}}, []int{1}, Options{}) }, ErrFormat,
			"s: 1 targets for 2 rows"},
		{"a name twice", func() (*Dataset, error) {
			return FromSlices("s", []string{"a", "a"}, [][]int{{1, 2}}, []int{1}, Options{})
		}, ErrFormat, `s: two columns are named "a": rename one`},
		{"a name that is none", func() (*Dataset, error) {
			return FromSlices("s", []string{"a", ""}, [][]int{{1, 2}}, []int{1}, Options{})
		}, ErrFormat, "s: column 2 has no name: name it or drop it"},
		{"no structs", func() (*Dataset, error) { return FromStructs("s", []int{1}, Options{}) }, ErrFormat, "s: a row is int: a struct is needed"},
		{"a struct in a struct", func() (*Dataset, error) { return FromStructs("s", []nested{{}}, Options{}) }, ErrFormat,
			`s: column "A": the field is struct { B int }: numbers, strings, booleans and pointers to them are read; ` + "`data:\"-\"` leaves it out"},
		{"two fields of a name", func() (*Dataset, error) { return FromStructs("s", []twice{{}}, Options{}) }, ErrFormat,
			`s: two fields are named "x": rename one`},
		{"two targets", func() (*Dataset, error) { return FromStructs("s", []targets{{}}, Options{}) }, ErrFormat,
			`s: column "B": a second target: A is one already`},
		{"another word", func() (*Dataset, error) { return FromStructs("s", []word{{}}, Options{}) }, ErrFormat,
			`s: column "a": the tag says omitempty: target is the only word it may say`},
		{"a nil row", func() (*Dataset, error) { return FromStructs("s", []*row{nil}, Options{}) }, ErrFormat, "s:1: the row is nil"},
	} {
		d, err := c.made()
		if d != nil {
			t.Errorf("%s: a dataset", c.name)
		}
		t.Run(c.name, func(t *testing.T) { wantError(t, err, c.kind, c.want) })
	}
}

package data

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadCSV(t *testing.T) {
	tests := []struct {
		name, text string
		opt        Options
		features   []string
		x          []float32
		classes    []string
		labels     []int
		targets    []float32
	}{
		{"text becomes 0/1 features and classes, sorted", "a,b,y\n1,v,no\n2.5,u,yes\n-3e1,v,no\n", Options{},
			[]string{"a", "b=u", "b=v"}, []float32{1, 0, 1, 2.5, 1, 0, -30, 0, 1}, []string{"no", "yes"}, []int{0, 1, 0}, nil},
		{"integer classes sort as numbers", "a,y\n1,10\n2,2\n3,2\n4,10\n", Options{},
			[]string{"a"}, []float32{1, 2, 3, 4}, []string{"2", "10"}, []int{1, 0, 0, 1}, nil},
		{"minus zero is zero", "a,y\n-0,0\n1,-0\n2,1\n", Options{Task: Regression},
			[]string{"a"}, []float32{0, 1, 2}, nil, nil, []float32{0, 0, 1}},
		{"numbers with a fraction make a regression", "a,y\n1,0.5\n2,1\n", Options{},
			[]string{"a"}, []float32{1, 2}, nil, nil, []float32{0.5, 1}},
		{"integers as regression when asked", "a,y\n1,3\n2,4\n", Options{Task: Regression},
			[]string{"a"}, []float32{1, 2}, nil, nil, []float32{3, 4}},
		{"fractions as classes when asked", "a,y\n1,0.5\n2,0.25\n", Options{Task: Classification},
			[]string{"a"}, []float32{1, 2}, []string{"0.25", "0.5"}, []int{1, 0}, nil},
		{"numbers and text as classes when asked", "a,y\n1,1\n2,2\n3,x\n", Options{Task: Classification},
			[]string{"a"}, []float32{1, 2, 3}, []string{"1", "2", "x"}, []int{0, 1, 2}, nil},
		{"another target column", "y,a\nu,1\nv,2\n", Options{Target: "y"},
			[]string{"a"}, []float32{1, 2}, []string{"u", "v"}, []int{0, 1}, nil},
		{"byte order mark, CRLF, blanks, empty lines, quotes",
			"\xef\xbb\xbfa , b,y\r\n 1 , \"p,q\",u\r\n\r\n2,r ,v\r\n", Options{},
			[]string{"a", "b=p,q", "b=r"}, []float32{1, 1, 0, 2, 0, 1}, []string{"u", "v"}, []int{0, 1}, nil},
		{"constant text", "a,b,y\n1,k,u\n2,k,v\n", Options{},
			[]string{"a", "b=k"}, []float32{1, 1, 2, 1}, []string{"u", "v"}, []int{0, 1}, nil},
		{"dates and hexadecimal are text", "a,b,y\n2020-01-02,0x10,u\n2020-01-03,1_0,v\n", Options{},
			[]string{"a=2020-01-02", "a=2020-01-03", "b=0x10", "b=1_0"}, []float32{1, 0, 1, 0, 0, 1, 0, 1}, []string{"u",
				"v"}, []int{0, 1}, nil},
		{"half numbers are text", "a,y\n1,u\nx,v\n", Options{},
			[]string{"a=1", "a=x"}, []float32{1, 0, 0, 1}, []string{"u", "v"}, []int{0, 1}, nil},
		{"counted columns are names", "0,1,2\n1,2,5.5\n3,4,6.5\n", Options{},
			[]string{"0", "1"}, []float32{1, 2, 3, 4}, nil, nil, []float32{5.5, 6.5}},
		{"no newline at the end; tiny numbers", "a,y\n1e-300,u\n1,v", Options{},
			[]string{"a"}, []float32{0, 1}, []string{"u", "v"}, []int{0, 1}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, tt.text, tt.opt)
			want := &Dataset{Name: "f.csv", Features: tt.features, X: tt.x, Task: Regression, Target: d.Target,
				Classes: tt.classes, Labels: tt.labels, Targets: tt.targets, Schema: d.Schema, Fingerprint: d.Fingerprint}
			if tt.classes != nil {
				want.Task = Classification
			}
			if diff := cmp.Diff(want, d); diff != "" {
				t.Error(diff)
			}
			for i, v := range d.X {
				if v == 0 && math.Signbit(float64(v)) {
					t.Errorf("value %d is -0", i)
				}
			}
			if err := d.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadCSVErrors(t *testing.T) {
	many := new(strings.Builder)
	many.WriteString("a,y\n")
	for i := range 1001 {
		fmt.Fprintf(many, "t%d,%d\n", i, i%2)
	}
	names := new(strings.Builder)
	names.WriteString("a,y\n")
	for i := range 40 {
		fmt.Fprintf(names, "%d,t%d\n", i, i)
	}
	tests := []struct {
		name, text string
		opt        Options
		kind       error
		message    string
	}{
		{"empty", "", Options{}, ErrFormat, "f.csv: the file is empty: a header and rows are needed"},
		{"only a mark", "\xef\xbb\xbf", Options{}, ErrFormat, "f.csv: the file is empty: a header and rows are needed"},
		{"header only", "a,b\n", Options{}, ErrFormat, "f.csv: the file has a header and no rows"},
		{"name twice", "a,b,a\n1,2,3\n", Options{}, ErrFormat, `f.csv:1: two columns are named "a": rename one`},
		{"no name", ",a,b\n1,2,3\n", Options{}, ErrFormat, "f.csv:1: column 1 has no name: name it or drop it"},
		{"no header", "5.1,3.5,0\n4.9,3,1\n", Options{}, ErrFormat,
			"f.csv:1: the first line holds only numbers: a header with the names of columns is needed"},
		{"semicolons", "a;b\n1;2\n", Options{}, ErrFormat,
			`f.csv:1: the header is one column, "a;b": fields must be separated by commas`},
		{"old line ends", "a,b\r1,2\r3,4", Options{}, ErrFormat, "f.csv:1: lines end in CR alone: convert them to LF"},
		{"UTF-16", "\xff\xfea\x00", Options{}, ErrFormat, "f.csv: the file is in UTF-16: convert it to UTF-8"},
		{"gzip", "\x1f\x8b\x08", Options{}, ErrFormat, "f.csv: the file is compressed with gzip: name it .csv.gz"},
		{"spreadsheet", "PK\x03\x04", Options{}, ErrFormat,
			"f.csv: the file is a zip archive or spreadsheet: export it as CSV"},
		{"Latin-1", "a,y\nf\xfcr,u\nb,v\n", Options{}, ErrFormat,
			`f.csv:2: column "a": the text "f\xfcr" is not UTF-8: convert the file`},
		{"Latin-1 header", "\xfc,y\n1,u\n", Options{}, ErrFormat,
			"f.csv:1: the name of column 1 is not UTF-8: convert the file"},
		{"ragged, short", "a,b,y\n1,2,u\n\n1,v\n", Options{}, ErrFormat,
			"f.csv:4: the row has 2 fields and the header has 3"},
		{"ragged, long", "a,y\n1,u,\n", Options{}, ErrFormat, "f.csv:2: the row has 3 fields and the header has 2"},
		{"quote", "a,y\n1,u\"v\n", Options{}, ErrFormat,
			"f.csv:2: a quote inside a field that does not start with one: double it and quote the field"},
		{"open quote", "a,y\n1,u\n2,\"v\n3,w\n", Options{}, ErrFormat,
			"f.csv:3: a quoted field is not closed, or text follows its closing quote"},
		{"text among numbers", "a,y\n1,u\n2,v\nx,u\ny,v\n3,u\n", Options{}, ErrFormat,
			`f.csv:4: column "a": "x" is not a number, and 3 of the column's 5 values are`},
		{"line after a quoted newline", "b,a,y\n\"p\nq\",1,u\nr,2,v\ns,x,u\n", Options{}, ErrFormat,
			`f.csv:5: column "a": "x" is not a number, and 2 of the column's 3 values are`},
		{"line of a cell after a newline in its row", "a,b,c,y\n1,r,1,u\n2,\"p\nq\",inf,v\n", Options{}, ErrFormat,
			`f.csv:4: column "c": the value is infinite ("inf")`},
		{"infinite", "a,y\n1,u\n-Infinity,v\n", Options{Impute: ImputeMean}, ErrFormat,
			`f.csv:3: column "a": the value is infinite ("-Infinity")`},
		{"overflow", "a,y\n1,u\n3.5e38,v\n", Options{}, ErrFormat,
			`f.csv:3: column "a": "3.5e38" is too large for float32, whose largest is 3.4e38`},
		{"overflow of float64", "a,y\n1,u\n-1e999,v\n", Options{}, ErrFormat,
			`f.csv:3: column "a": "-1e999" is too large for float32, whose largest is 3.4e38`},
		{"target overflow", "a,y\n1,1.5\n2,1e39\n", Options{}, ErrFormat,
			`f.csv:3: column "y": "1e39" is too large for float32, whose largest is 3.4e38`},
		{"empty line of one column", "a\n1\n\n2\n", Options{}, ErrFormat, `f.csv:3: column "a": the line is empty`},
		{"one missing", "a,y\n1,u\n,v\n", Options{}, ErrMissing,
			`f.csv:3: column "a": the value is missing (""): remove the ` +
				`row, or ask for imputation (mean, median or most-frequent) when training`},
		{"more missing", "a,b,y\n1,x,u\n2,N/A,v\nnan,x,u\n?,null,u\n", Options{}, ErrMissing,
			`f.csv:3: column "b": the value is missing ("N/A"), the first of 4: remove the row, or ask for imputation (mean, ` +
				`median or most-frequent) when training`},
		{"column missing", "a,y\n,u\nNA,v\n", Options{Impute: ImputeMean}, ErrMissing,
			`f.csv:2: column "a": every value is missing: drop the column`},
		{"target missing", "a,y\n1,u\n2,\n", Options{Impute: ImputeMean}, ErrMissing,
			`f.csv:3: column "y": the target is missing (""): remove the row, a target is never imputed`},
		{"one class", "a,y\n1,u\n2,u\n", Options{}, ErrTarget,
			`f.csv:2: column "y": the target has one class only, "u": two are needed`},
		{"one number as classes", "a,y\n1,3\n2,3\n", Options{}, ErrTarget,
			`f.csv:2: column "y": the target has one class only, "3": two are needed`},
		{"constant target", "a,y\n1,3.5\n2,3.5\n", Options{}, ErrTarget,
			`f.csv:2: column "y": the target is 3.5 in every row: there is nothing to learn`},
		{"regression on text", "a,y\n1,u\n2,v\n", Options{Task: Regression}, ErrTarget,
			`f.csv:2: column "y": regression needs numbers and the target is text ("u")`},
		{"text in a numeric target", "a,y\n1,1\n2,2\n3,x\n", Options{}, ErrFormat,
			`f.csv:4: column "y": "x" is not a number, and 2 of the column's 3 values are: correct it, or say data.task=` +
				`classification if the target's values are names`},
		{"names as target", names.String(), Options{}, ErrTarget,
			`f.csv:2: column "y": the target has 40 classes in 40 rows: is it the right column?`},
		{"too many categories", many.String(), Options{}, ErrFormat,
			`f.csv:2: column "a": 1001 different texts, and at most 1000 become features: drop the column`},
		{"target only", "y\nu\nv\n", Options{}, ErrFormat, `f.csv:1: the only column is the target "y": features are needed`},
		{"unknown target", "age,y\n1,u\n2,v\n", Options{Target: "aeg"}, ErrOption,
			`f.csv: no column "aeg" for the target (did you mean "age"?): the columns are "age", "y"`},
		{"features of one name", "a,a=1,a=u,y\nu,1,2,u\nv,1,2,v\n", Options{}, ErrSchema,
			`two columns make a feature named "a=u": rename one`},
		{"unknown task", "a,y\n1,u\n", Options{Task: 9}, ErrOption, "unknown task 9"},
		{"unknown imputation", "a,y\n1,u\n", Options{Impute: 9}, ErrOption, "unknown imputation 9"},
		{"ignored target", "a,y\n1,u\n", Options{IgnoreTarget: true}, ErrOption, "ignoring the target needs a schema"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(tt.text), "f.csv", tt.opt)
			wantError(t, err, tt.kind, tt.message)
		})
	}
}

func TestTaskOfIntegers(t *testing.T) {
	tests := []struct {
		values, rows int
		want         Task
	}{{20, 21, Classification}, {21, 60, Regression}, {21, 210, Classification}, {21, 209, Regression},
		{100, 1000, Classification}, {101, 2000, Regression}}
	for _, tt := range tests {
		text := new(strings.Builder)
		text.WriteString("a,y\n")
		for i := range tt.rows {
			fmt.Fprintf(text, "%d,%d\n", i, i%tt.values)
		}
		if got := parse(t, text.String(), Options{}).Task; got != tt.want {
			t.Errorf("%d values in %d rows: %s, want %s", tt.values, tt.rows, got, tt.want)
		}
	}
}

// What WriteCSV writes, ReadCSV reads back, one-hot features as numbers.
func TestWriteCSV(t *testing.T) {
	for _, spec := range append(datasets.Names(), "testdata/holes.csv") {
		d := load(t, spec, Options{Impute: ImputeMean})
		var b bytes.Buffer
		if err := WriteCSV(&b, d); err != nil {
			t.Fatal(err)
		}
		got, err := ReadCSV(&b, spec, Options{Impute: ImputeMean})
		if err != nil {
			t.Fatal(err)
		}
		want := *d
		want.Schema = numericSchema(d.Features, d.Target, d.Task, d.Classes)
		want.Schema.Shape = d.Schema.Shape
		want.Schema.Impute = ImputeMean
		want.Schema.IntegerClasses = d.Schema.IntegerClasses
		if spec == "testdata/holes.csv" { // columns differ: colour became colour=…
			want.Fingerprint = got.Fingerprint
		}
		sameNaN := cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b })
		if diff := cmp.Diff(&want, got, sameNaN); diff != "" {
			t.Errorf("%s: %s", spec, diff)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }

func TestWriteCSVError(t *testing.T) {
	err := WriteCSV(failingWriter{}, load(t, "iris", Options{}))
	if err == nil || err.Error() != "writing iris as CSV: disk full" {
		t.Errorf("error %v", err)
	}
}

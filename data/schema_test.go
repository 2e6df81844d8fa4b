package data

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const people = "age,city,y\n1,Rome,no\n2,Oslo,yes\n3,Rome,no\n4,Bonn,yes\n"

func TestSchemaJSON(t *testing.T) {
	d, err := parse(t, strings.Replace(people, "2,", ",", 1), Options{Impute: ImputeMedian}).Impute([]int{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"columns":[{"name":"age","kind":"numeric","fill_value":2},{"name":"city","kind":"categorical",` +
		`"categories":["Bonn","Oslo","Rome"],"fill_category":"Rome"}],"target":"y","task":"classification",` +
		`"classes":["no","yes"],"impute":"median"}`
	if string(b) != want {
		t.Errorf("%s\nwant\n%s", b, want)
	}
	s, err := ParseSchema(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.Schema, s); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeWithSchema(t *testing.T) {
	schema := parse(t, people, Options{}).Schema
	tests := []struct {
		name, text string
		opt        Options
		labels     []int
	}{
		{"other order", "y,city,age\nyes,Rome,7\nno,Bonn,8\n", Options{}, []int{1, 0}},
		{"no target", "city,age\nRome,7\nBonn,8\n", Options{}, nil},
		{"empty target", "city,y,age\nRome,,7\nBonn,?,8\n", Options{}, nil},
		{"one class", "y,city,age\nno,Rome,7\nno,Bonn,8\n", Options{}, []int{0, 0}},
		{"unknown class ignored", "y,city,age\nmaybe,Rome,7\nno,Bonn,8\n", Options{IgnoreTarget: true}, nil},
		{"options that agree", "y,city,age\nno,Rome,7\nno,Bonn,8\n", Options{Target: "y", Task: Classification}, []int{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opt.Schema = schema
			d := parse(t, tt.text, tt.opt)
			want := &Dataset{Name: "f.csv", Features: []string{"age", "city=Bonn", "city=Oslo", "city=Rome"},
				X: []float32{7, 0, 0, 1, 8, 1, 0, 0}, Task: Classification, Target: "y", Classes: []string{"no", "yes"},
				Labels: tt.labels, Schema: schema, Fingerprint: d.Fingerprint}
			if diff := cmp.Diff(want, d); diff != "" {
				t.Error(diff)
			}
			if err := d.Validate(); err != nil {
				t.Error(err)
			}
			if d.Labeled() != (tt.labels != nil) {
				t.Errorf("labelled: %v", d.Labeled())
			}
		})
	}
	// Classes of numbers are matched by value.
	d := parse(t, "a,y\n1,3\n2,4\n", Options{})
	if got := parse(t, "a,y\n1,4.0\n2,3\n", Options{Schema: d.Schema}); got.Labels[0] != 1 || got.Labels[1] != 0 {
		t.Errorf("labels %v", got.Labels)
	}
}

func TestEncodeErrors(t *testing.T) {
	schema := parse(t, people, Options{}).Schema
	regression := parse(t, "a,y\n1,0.5\n2,1.5\n", Options{}).Schema
	broken := schema.Clone()
	broken.Columns[0].Kind = "other"
	tests := []struct {
		name, text string
		opt        Options
		kind       error
		message    string
	}{
		{"lacking", "age,y\n1,no\n", Options{Schema: schema}, ErrSchema, `f.csv: the file lacks "city", which training had`},
		{"extra", "id,age,city\n1,1,Rome\n", Options{Schema: schema}, ErrSchema,
			`f.csv: the file has "id", which training had not: remove what is extra`},
		{"renamed", "Age,city\n1,Rome\n", Options{Schema: schema}, ErrSchema, `f.csv: the file lacks "age", which training ` +
			`had, and has "Age", which training had not: are columns renamed?`},
		{"unknown category", "age,city\n1,Rome\n2,Oslö\n", Options{Schema: schema}, ErrSchema, `f.csv:3: column "city": ` +
			`category "Oslö" was not in the training data (did you mean "Oslo"?): it had "Bonn", "Oslo", "Rome"`},
		{"unknown class", "age,city,y\n1,Rome,maybe\n", Options{Schema: schema}, ErrSchema,
			`f.csv:2: column "y": class "maybe" was not in the training data: it had "no", "yes"`},
		{"part of the target missing", "age,city,y\n1,Rome,no\n2,Rome,\n", Options{Schema: schema}, ErrMissing,
			`f.csv:3: column "y": the target is missing (""): remove the row, or the whole column to predict`},
		{"text in a number", "age,city\n1,Rome\nx,Rome\ny,Rome\n", Options{Schema: schema}, ErrFormat,
			`f.csv:3: column "age": "x" is not a number`},
		{"missing, training had none", "age,city\n1,Rome\n,Rome\n", Options{Schema: schema}, ErrMissing, `f.csv:3: column ` +
			`"age": the value is missing (""): ` +
			`remove the row, or ask for imputation (mean, median or most-frequent) when training`},
		{"text for regression", "a,y\n1,x\n", Options{Schema: regression}, ErrFormat,
			`f.csv:2: column "y": "x" is not a number, and the task is regression`},
		{"infinite target", "a,y\n1,inf\n", Options{Schema: regression}, ErrFormat,
			`f.csv:2: column "y": the value is infinite ("inf")`},
		{"other target", people, Options{Schema: schema, Target: "age"}, ErrOption,
			`target "age" contradicts the schema, whose target is "y"`},
		{"other task", people, Options{Schema: schema, Task: Regression}, ErrOption,
			"task regression contradicts the schema, whose task is classification"},
		{"other imputation", people, Options{Schema: schema, Impute: ImputeMean}, ErrOption,
			"imputation mean contradicts the schema, whose imputation is none"},
		{"broken schema", people, Options{Schema: broken}, ErrSchema, `the schema's column "age" has unknown kind other`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(tt.text), "f.csv", tt.opt)
			wantError(t, err, tt.kind, tt.message)
		})
	}
}

// Messages stay short whatever the data.
func TestLongMessages(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,y\n")
	for i := range 50 {
		fmt.Fprintf(&text, "c%d,%d\n", i, i%2)
	}
	schema := parse(t, text.String(), Options{}).Schema
	_, err := ReadCSV(strings.NewReader("a\n"+strings.Repeat("é", 1000)+"\n"), "f.csv", Options{Schema: schema})
	wantError(t, err, ErrSchema, `f.csv:2: column "a": category "`+strings.Repeat("é", 40)+`"… was not in the training `+
		`data: it had "c0", "c1", "c10", "c11", "c12", "c13", "c14", "c15" and 42 more`)
}

func TestParseSchemaErrors(t *testing.T) {
	const rest = `"target":"y","task":"regression"}`
	tests := []struct{ json, message string }{
		{`{`, "the schema cannot be read: unexpected end of JSON input"},
		{`{"task":"guess"}`,
			`the schema cannot be read: unknown task "guess" (known: auto, classification, regression)`},
		{`{}`, "the schema names no target column"},
		{`{"target":"y"}`, "the schema's task is auto: it must be classification or regression"},
		{`{"target":"y","task":"classification","classes":["a"]}`, "the schema has 1 classes: at least 2 are needed"},
		{`{"target":"y","task":"classification","classes":["a","a"]}`, `the schema has class "a" twice`},
		{`{"classes":["a"],` + rest, "the schema has classes for regression"},
		{`{` + rest, "the schema has no features"},
		{`{"columns":[{"kind":"numeric"}],` + rest, "the schema has a column without a name"},
		{`{"columns":[{"name":"y","kind":"numeric"}],` + rest, `the schema has column "y" twice`},
		{`{"columns":[{"name":"a","kind":"ignored"}],` + rest, "the schema has no features"},
		{`{"columns":[{"name":"a","kind":"numeric","categories":["u"]}],` + rest,
			`the schema's column "a" has categories and is numeric`},
		{`{"columns":[{"name":"a","kind":"ignored","fill_value":1}],` + rest,
			`the schema's column "a" has a fill_value and is ignored`},
		{`{"columns":[{"name":"a","kind":"categorical"}],` + rest, `the schema's column "a" has no categories`},
		{`{"columns":[{"name":"a","kind":"categorical","categories":["u"],"kept":[]}],` + rest,
			`the schema's column "a" has no categories`},
		{`{"columns":[{"name":"a","kind":"categorical","categories":["u","u"]}],` + rest,
			`the schema's column "a" has category u twice`},
		{`{"columns":[{"name":"a","kind":"categorical","categories":["u"],"kept":["v"]}],` + rest,
			`the schema's column "a" keeps v, which is no category`},
		{`{"columns":[{"name":"a","kind":"categorical","categories":["u"],"fill_category":"v"}],` + rest,
			`the schema's column "a" has a fill_category that is no category`},
		{`{"columns":[{"name":"a","kind":"categorical","categories":["u","v"],"kept":["u","u"]}],` + rest,
			`two columns make a feature named "a=u": rename one`},
	}
	for _, tt := range tests {
		_, err := ParseSchema([]byte(tt.json))
		wantError(t, err, ErrSchema, tt.message)
	}
}

// The fingerprint is of the rows: not of the order of columns, the writing of numbers, the target, or the schema.
func TestFingerprint(t *testing.T) {
	d := parse(t, people, Options{})
	same := []*Dataset{
		parse(t, "y,age,city\nno,1.0,Rome\nyes, 2e0,Oslo\nno,03,Rome\nyes,+4,Bonn\n", Options{}),
		parse(t, people, Options{Schema: d.Schema}),
		parse(t, people, Options{Schema: d.Schema, IgnoreTarget: true}),
		parse(t, people, Options{Target: "city", Impute: ImputeMean}),
	}
	for i, s := range same {
		if s.Fingerprint != d.Fingerprint {
			t.Errorf("case %d: another fingerprint", i)
		}
	}
	seen := map[string]string{d.Fingerprint: people}
	for _, text := range []string{
		strings.Replace(people, "1,", "5,", 1), strings.Replace(people, "age", "Age", 1),
		strings.Replace(people, "Oslo", "Bonn", 1), strings.Replace(people, "4,Bonn,yes", "4,Bonn,no", 1),
		"age,city,y\n2,Oslo,yes\n1,Rome,no\n3,Rome,no\n4,Bonn,yes\n", people + "4,Bonn,yes\n",
	} {
		f := parse(t, text, Options{}).Fingerprint
		if seen[f] != "" {
			t.Errorf("%q has the fingerprint of %q", text, seen[f])
		}
		seen[f] = text
	}
	const want = "52e760b9c5274707e56817f0afa6be07f93327a793e00f2d56337547a92a914b"
	if got := load(t, "iris", Options{}).Fingerprint; got != want {
		t.Errorf("iris: fingerprint %s, want %s: models trained before would not know their data again", got, want)
	}
}

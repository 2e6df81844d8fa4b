package data

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/settings"
)

// The embedded datasets are what the table says, and value for value scikit-learn's.
func TestEmbedded(t *testing.T) {
	ref := readReference(t)
	shapes := map[string][]int{"digits": {1, 8, 8}}
	for _, info := range Datasets() {
		d := load(t, info.Name, Options{})
		got := Info{d.Name, d.Rows(), d.Width(), len(d.Classes), d.Task, info.Doc, info.Source}
		if diff := cmp.Diff(info, got); diff != "" {
			t.Errorf("%s: %s", info.Name, diff)
		}
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
		want := ref.Datasets[info.Name]
		for j, sum := range want.Sums {
			got := 0.0
			for r := range d.Rows() {
				got += float64(d.Row(r)[j])
			}
			if math.Abs(got-sum) > 1e-9*math.Abs(sum) {
				t.Errorf("%s: sum of %s is %v, want %v", info.Name, d.Features[j], got, sum)
			}
		}
		for r, y := range want.Target {
			if d.Task == Regression && float64(d.Targets[r]) != y || d.Task == Classification && d.Classes[d.Labels[r]] != y {
				t.Fatalf("%s: target of row %d is not %v", info.Name, r, y)
			}
		}
		shape, ok := shapes[info.Name]
		if !ok {
			shape = []int{info.Features}
		}
		if !slices.Equal(d.Shape(), shape) {
			t.Errorf("%s: shape %v, want %v", info.Name, d.Shape(), shape)
		}
		entries, _ := files.ReadDir("embedded")
		if len(entries) != len(Datasets()) {
			t.Errorf("%d embedded files for %d datasets", len(entries), len(Datasets()))
		}
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	text := write(t, dir, "f.txt", []byte("a,y\n1,2\n"))
	notZip := write(t, dir, "f.csv.gz", []byte("a,y\n1,2\n3,4\n5,6\n"))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	io.WriteString(w, "a,y\n")
	for i := range 2000 { // incompressible enough to have something to flip in the middle
		fmt.Fprintf(w, "%d,%d\n", i*i*7919%100003, i%3)
	}
	w.Close()
	short := write(t, dir, "short.csv.gz", z.Bytes()[:z.Len()/2])
	bad := slices.Clone(z.Bytes())
	bad[len(bad)-6] ^= 1 // in the checksum
	flipped := write(t, dir, "flip.csv.gz", bad)
	bad = slices.Clone(z.Bytes())
	bad[12] ^= 255 // in the first block
	corrupt := write(t, dir, "corrupt.csv.gz", bad)
	tests := []struct {
		spec    string
		opt     Options
		kind    error
		message string
	}{
		{"irsi", Options{}, ErrNotFound, `no embedded dataset "irsi" (did you mean "iris"?) and no such file: embedded are ` +
			`"iris", "wine", "breast_cancer", "digits", "diabetes"`},
		{"mnist", Options{}, ErrNotFound, `no embedded dataset "mnist" and no such file: embedded are "iris", "wine", ` +
			`"breast_cancer", "digits", "diabetes"`},
		{"no/such.csv", Options{}, ErrNotFound, "no/such.csv: no such file or directory"},
		{"such.csv", Options{}, ErrNotFound, "such.csv: no such file or directory"},
		{text, Options{}, ErrFormat, text + ": unknown kind of data: .csv, .csv.gz or a directory of IDX files is read"},
		{notZip, Options{}, ErrFormat, notZip + ": the file is not in gzip format, or something follows the compressed data"},
		{short, Options{}, ErrFormat, short + ": the file is truncated"},
		{corrupt, Options{}, ErrFormat, corrupt + ": the gzip data is damaged"},
		{"iris", Options{Schema: &Schema{}}, ErrSchema, "the schema names no target column"},
		{flipped, Options{}, ErrFormat, flipped + ": the gzip checksum does not match: the file is damaged"},
		{"iris", Options{Target: "class"}, ErrOption, `iris: no column "class" for the target: the columns are ` +
			`"sepal_length", "sepal_width", "petal_length", "petal_width", "target"`},
		{"iris", Options{Task: Regression}, ErrTarget,
			`iris:2: column "target": regression needs numbers and the target is text ("setosa")`},
	}
	for _, tt := range tests {
		_, err := Load(tt.spec, tt.opt)
		wantError(t, err, tt.kind, tt.message)
	}
}

// A failure of the file system comes through as itself, with the path.
func TestLoadSystemError(t *testing.T) {
	_, err := Load("embedded/iris.csv/x.csv", Options{})
	wantError(t, err, err, "looking for the data: stat embedded/iris.csv/x.csv: not a directory")
	if err := readError(fs.ErrPermission, "f.csv"); err.Error() != "reading f.csv: permission denied" {
		t.Error(err)
	}
}

func TestLoadGzip(t *testing.T) {
	b, err := os.ReadFile("embedded/wine.csv")
	if err != nil {
		t.Fatal(err)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	path := write(t, t.TempDir(), "wine.csv.gz", z.Bytes())
	got, want := load(t, path, Options{}), load(t, "wine", Options{})
	want.Name = path
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadWithTest(t *testing.T) {
	dir := t.TempDir()
	train := write(t, dir, "train.csv", []byte("a,b,y\n1,p,u\n2,q,v\n,p,u\n"))
	test := write(t, dir, "test.csv", []byte("y,b,a\nv,q,\nu,p,8\n"))
	d, err := LoadWithTest(train, test, Options{Impute: ImputeMean})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = d.Impute([]int{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{1.5, 0, 1, 8, 1, 0}, d.Test.X); diff != "" {
		t.Error(diff)
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	other := write(t, dir, "other.csv", []byte("a,b,y\n1,p,u\n2,q,w\n"))
	_, err = LoadWithTest(train, other, Options{Impute: ImputeMean})
	wantError(t, err, ErrSchema, other+`:3: column "y": class "w" was not in the training data: it had "u", "v"`)
	bare := write(t, dir, "bare.csv", []byte("a,b\n1,p\n2,q\n"))
	_, err = LoadWithTest(train, bare, Options{Impute: ImputeMean})
	wantError(t, err, ErrTarget, bare+`: column "y": test data needs the target column`)
	if len(d.Notes) != 0 {
		t.Errorf("notes %q", d.Notes)
	}
	both := tinyDir(t, tiny())
	own, err := Load(both, Options{})
	if err != nil || own.Test == nil {
		t.Fatal(err)
	}
	d, err = LoadWithTest(both, both, Options{}) // the training part of it
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("its own test part, of %d rows, is left out: %s is the test data", own.Test.Rows(), both)
	if diff := cmp.Diff([]string{want}, d.Notes); diff != "" || d.Test.Rows() != own.Rows() {
		t.Errorf("%d rows to test, %s", d.Test.Rows(), diff)
	}
	_, err = LoadWithTest(train, filepath.Join(dir, "none.csv"), Options{Impute: ImputeMean})
	wantError(t, err, ErrNotFound, filepath.Join(dir, "none.csv")+": no such file or directory")
}

func TestNames(t *testing.T) {
	for i, name := range taskNames {
		if got, err := ParseTask(name); err != nil || got != Task(i) || got.String() != name {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for i, name := range imputationNames {
		if got, err := ParseImputation(name); err != nil || got != Imputation(i) || got.String() != name {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, m := range Scalings() {
		if got, err := ParseMethod(string(m.Name)); err != nil || got != m.Name {
			t.Errorf("%s: %v, %v", m.Name, got, err)
		}
	}
	_, err := ParseTask("clasification")
	wantError(t, err, ErrOption, `unknown task "clasification": did you mean "classification"? (known: auto, classification, regression)`)
	_, err = ParseImputation("average")
	wantError(t, err, ErrOption, `unknown imputation "average" (known: none, mean, median, most-frequent)`)
	_, err = ParseMethod("standardize")
	if !errors.Is(err, settings.ErrUnknown) {
		t.Errorf("%v is no settings.ErrUnknown", err)
	}
	wantError(t, err, ErrOption, `unknown scaling "standardize": did you mean "standardise"? (known: none, standardise, `+
		`standardise-global, minmax, minmax-global)`)
}

// A flipped bit in a compressed file is damage to the file, whatever the text makes of it.
func TestDamagedGzip(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b,\"c\"\n")
	for i := range 60 {
		fmt.Fprintf(&text, "%d,%d.5,\"%c\"\n", i*i, 7*i, 'x'+i%2)
	}
	whole := zipped([]byte(text.String()))
	path := filepath.Join(t.TempDir(), "f.csv.gz")
	want, err := ReadCSV(strings.NewReader(text.String()), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for i := range whole {
		b := slices.Clone(whole)
		b[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		d, err := Load(path, Options{})
		if err == nil {
			if d.Fingerprint != want.Fingerprint { // fields of the header and padding do not matter
				t.Errorf("a bit of byte %d changed and nobody noticed", i)
			}
			continue
		}
		damaged++
		if s := err.Error(); !strings.Contains(s, "gzip") && !strings.Contains(s, "truncated") {
			t.Errorf("a bit of byte %d: %v", i, err)
		}
	}
	if damaged < len(whole)-12 {
		t.Errorf("%d of %d bytes", damaged, len(whole))
	}
}

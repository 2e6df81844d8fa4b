package data

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type scalingReference struct{ Mean, Scale []float64 }

// reference is testdata/reference.json, see testdata/make_fixtures.py.
type reference struct {
	Datasets map[string]struct {
		Sums                []float64
		Target              []any
		Rows                []int
		Standardise, Minmax scalingReference
		FirstRow            []float64 `json:"first_row"`
	}
	Impute     map[string][]float64
	ImputeText string `json:"impute_text"`
}

func readReference(t *testing.T) (ref reference) {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(b, &ref)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func load(t *testing.T, spec string, opt Options) *Dataset {
	t.Helper()
	d, err := Load(spec, opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func parse(t *testing.T, text string, opt Options) *Dataset {
	t.Helper()
	d, err := ReadCSV(strings.NewReader(text), "f.csv", opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// wantError checks the sentinel and the whole message.
func wantError(t *testing.T, err, kind error, message string) {
	t.Helper()
	switch {
	case err == nil:
		t.Fatalf("no error, want %q", message)
	case !errors.Is(err, kind):
		t.Errorf("error %q is not %q", err, kind)
	}
	if err.Error() != message {
		t.Errorf("error\n  %s\nwant\n  %s", err, message)
	}
}

func write(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

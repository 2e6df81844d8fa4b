package data

import (
	"slices"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
		if f.Doc == "" {
			t.Errorf("%s has no doc", f.Name)
		}
	}
	if !slices.Equal(names, []string{"embedded", "csv", "idx"}) {
		t.Errorf("formats %v", names)
	}
}

// Header has the rules of Load, the mark at the beginning and blanks included.
func TestHeader(t *testing.T) {
	dir := t.TempDir()
	const text = "\xef\xbb\xbf a, \"b,c\", y \n1,2,3\n"
	for _, path := range []string{write(t, dir, "a.csv", []byte(text)), write(t, dir, "a.csv.gz", zipped([]byte(text)))} {
		if got, err := Header(path); err != nil || !slices.Equal(got, []string{"a", "b,c", "y"}) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if got, err := Header(tinyDir(t, tiny())); got != nil || err != nil {
		t.Errorf("IDX: %q, %v", got, err)
	}
	for _, text := range []string{"", "a,,y\n1,2,3\n", "a,a\n1,2\n", "1.5,2\n3,4\n", "a;b\n1;2\n", "\xff\xfea", "\"a\n"} {
		path := write(t, dir, "bad.csv", []byte(text))
		_, want := Load(path, Options{})
		_, got := Header(path)
		if want == nil || got == nil || got.Error() != want.Error() {
			t.Errorf("%q: %v, and Load says %v", text, got, want)
		}
	}
	if _, err := Header("no.csv"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no file: %v", err)
	}
}

package contract

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gtrain/gtrain"

// layers reads the table of packages from docs/architecture.md, the top first. A row may name several packages; a name
// that ends in /… stands for all below it that no other row names.
func layers(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "<!-- packages -->\n")
	table, _, ok2 := strings.Cut(table, "<!-- /packages -->")
	if !ok || !ok2 {
		t.Fatal("docs/architecture.md has no table of packages between its markers")
	}
	var rows [][]string
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		var names []string
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			names = append(names, m[1])
		}
		if len(names) > 0 {
			rows = append(rows, names)
		}
	}
	return rows
}

// layerOf is the row of the longest name that fits, or -1.
func layerOf(rows [][]string, pkg string) (row int, name string) {
	row = -1
	for i, names := range rows {
		for _, n := range names {
			prefix, open := strings.CutSuffix(n, "/…")
			if fits := n == pkg || open && strings.HasPrefix(pkg, prefix+"/"); fits && len(n) > len(name) {
				row, name = i, n
			}
		}
	}
	return row, name
}

// Imports run downward: a package imports only packages of its own row or of rows below it, and every package of the
// module, but for tests and what only they use, has a row.
func TestImportsRunDownward(t *testing.T) {
	rows := layers(t)
	if len(rows) < 10 {
		t.Fatalf("only %d rows of packages", len(rows))
	}
	used := map[string]bool{}
	packages := 0
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); path != "../.." && (name == "testdata" || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "../.." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(filepath.ToSlash(path), "../../")))
		from, name := layerOf(rows, pkg)
		if from < 0 {
			t.Errorf("docs/architecture.md has no row for %s", pkg)
			return nil
		}
		packages++
		used[name] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			to, ok := strings.CutPrefix(strings.Trim(imp.Path.Value, `"`), module+"/")
			if !ok {
				continue
			}
			if row, _ := layerOf(rows, to); row < from {
				t.Errorf("%s imports %s, which stands above %s", path, to, pkg)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if packages < 100 {
		t.Errorf("only %d files were read", packages)
	}
	for _, names := range rows {
		for _, n := range names {
			if !used[n] && !slices.Contains([]string{"docs"}, n) {
				t.Errorf("docs/architecture.md names %s, which is not there", n)
			}
		}
	}
}

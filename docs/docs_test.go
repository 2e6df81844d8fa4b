package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The library examples of the README are bodies of tests, so they compile and print what they say.
func TestReadmeExamplesAreTests(t *testing.T) {
	blanks := regexp.MustCompile(`\s+`)
	plain := func(s string) string { return blanks.ReplaceAllString(s, " ") }
	for marker, file := range map[string]string{
		"example":   "training/example_test.go",
		"predictor": "models/predictor_example_test.go",
		"gorgonia":  "graph/gorgonia_program_test.go",
	} {
		_, rest, ok := strings.Cut(read(t, "README.md"), "<!-- "+marker+" -->\n```go\n")
		code, _, ok2 := strings.Cut(rest, "```")
		if !ok || !ok2 {
			t.Fatalf("README.md has no example between the markers %q", marker)
		}
		source := plain(read(t, file))
		for _, line := range strings.Split(code, "\n") {
			if line = strings.TrimSpace(plain(line)); line != "" && !strings.Contains(source, line) {
				t.Errorf("the README's line %q is not in %s", line, file)
			}
		}
		if n := strings.Count(code, "\n"); n < 8 || n > 30 {
			t.Errorf("the example %q has %d lines", marker, n)
		}
	}
}

// Every snippet of Go in a document that names a file in front of it, <!-- file -->, stands in that file, line by line and in
// this order: what is shown is compiled and run.
func TestSnippetsAreTests(t *testing.T) {
	snippet := regexp.MustCompile("(?s)<!-- ([a-z/_.]+\\.go) -->\n```go\n(.*?)```")
	for _, doc := range []string{"extending.md", "library.md"} {
		text := read(t, "docs/"+doc)
		all := snippet.FindAllStringSubmatch(text, -1)
		if n := strings.Count(text, "```go"); n != len(all) || n == 0 {
			t.Errorf("docs/%s: %d of %d snippets say which file they are of", doc, len(all), n)
		}
		for _, m := range all {
			source := read(t, "docs/"+m[1])
			if !strings.Contains(source, m[2]) {
				for _, line := range strings.Split(m[2], "\n") {
					if !strings.Contains(source, line) {
						t.Errorf("docs/%s: the line %q is not in docs/%s", doc, line, m[1])
					}
				}
				t.Errorf("docs/%s: a snippet is not in docs/%s as it stands", doc, m[1])
			}
		}
	}
}

// What docs/extending shows can be written in another module: it imports nothing internal.
func TestExtendingIsFromOutside(t *testing.T) {
	files, err := filepath.Glob("[el]*/*.go") // extending, library
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if strings.Contains(read(t, "docs/"+f), "gtrain/internal/") {
			t.Errorf("%s imports an internal package", f)
		}
	}
}

// The README's model, layer by layer, is one that can be built.
func TestReadmeModel(t *testing.T) {
	_, rest, ok := strings.Cut(read(t, "README.md"), "```yaml\n")
	text, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("README.md has no model")
	}
	c := config.Default()
	if err := c.Merge([]byte(text), "README.md"); err != nil {
		t.Fatal(err)
	}
	spec, err := models.Graph(c.Model.Layers).For([]int{1, 8, 8}, data.Classification, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spec.Build(models.Options{}); err != nil {
		t.Error(err)
	}
}

var (
	link = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	code = regexp.MustCompile("(?s)```.*?```")
)

// sources are the Go files of the module, by their path from its root.
func sources(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			out = append(out, filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator))))
		}
		return err
	})
	if err != nil || len(out) < 100 {
		t.Fatal(len(out), err)
	}
	return out
}

// What documents name is there: tests that they give as proofs, Go files, and functions given with their file
// (`root.go: execute`).
func TestDocumentsNameWhatIsThere(t *testing.T) {
	files := sources(t)
	text := map[string]string{}
	functions := map[string]bool{}
	for _, f := range files {
		text[f] = read(t, f)
		for _, m := range regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?(\w+)[(\[]`).FindAllStringSubmatch(text[f], -1) {
			functions[m[1]] = true
		}
	}
	docs, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, named := 0, 0
	for _, doc := range append(docs, "../README.md") {
		body := code.ReplaceAllString(read(t, "docs/"+doc), "")
		for _, m := range regexp.MustCompile(`\b((?:Test|Fuzz|Benchmark)[A-Z]\w*)\b`).FindAllStringSubmatch(body, -1) {
			if tests++; !functions[m[1]] {
				t.Errorf("%s names %s, which is not there", doc, m[1])
			}
		}
		for _, m := range regexp.MustCompile("`([a-z0-9_/]+\\.go)(?:: (\\w+))?").FindAllStringSubmatch(body, -1) {
			named++
			var at []string
			for _, f := range files {
				if f == m[1] || strings.HasSuffix(f, "/"+m[1]) {
					at = append(at, f)
				}
			}
			if len(at) == 0 {
				t.Errorf("%s names the file %s, which is not there", doc, m[1])
			} else if name := m[2]; name != "" && !slices.ContainsFunc(at, func(f string) bool {
				return regexp.MustCompile(`\b` + name + `\b`).MatchString(text[f])
			}) {
				t.Errorf("%s says that %s has %s, and it has not", doc, m[1], name)
			}
		}
	}
	if tests < 50 || named < 50 {
		t.Errorf("only %d tests and %d files are named", tests, named)
	}
}

// Every file that a document links to is there.
func TestLinks(t *testing.T) {
	files, err := filepath.Glob("*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no documents", err)
	}
	docs := []string{"README.md"}
	for _, f := range files {
		docs = append(docs, "docs/"+f)
	}
	for _, doc := range docs {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, doc), ""), -1) {
			if m[1] == "" || strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			}
		}
	}
}

// The files and functions that the architecture names exist.
func TestArchitectureNamesFiles(t *testing.T) {
	name := regexp.MustCompile("`((?:cmd|jobs|settings|pruning|training|models|optimizers|onnx|data|graph|internal)/[a-z0-9_/]+\\.go)")
	found := name.FindAllStringSubmatch(read(t, "docs/architecture.md"), -1)
	if len(found) < 5 {
		t.Fatalf("only %d files are named", len(found))
	}
	for _, m := range found {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Errorf("docs/architecture.md names %s, which is not there", m[1])
		}
	}
}

// What the architecture names with its package, `surgery.Analyze` or `network.Runner.Freeze`, is declared there.
func TestArchitectureNamesDeclarations(t *testing.T) {
	packages := map[string]string{} // name of the package -> its text
	for _, f := range sources(t) {
		if !strings.HasSuffix(f, "_test.go") && !strings.Contains(f, "testdata/") {
			dir := filepath.ToSlash(filepath.Dir(f))
			packages[dir[strings.LastIndex(dir, "/")+1:]] += read(t, f)
		}
	}
	named := 0
	for _, m := range regexp.MustCompile("`([a-z]+)\\.([A-Z]\\w*)(?:\\.([A-Z]\\w*))?").FindAllStringSubmatch(read(t, "docs/architecture.md"), -1) {
		text, ok := packages[m[1]]
		if !ok {
			continue // of Gorgonia, or of the standard library
		}
		for _, name := range m[2:] {
			if named++; name != "" && !regexp.MustCompile(`(?m)(^(func|type|var|const) (\([^)]*\) )?|^\t)`+name+`\b`).MatchString(text) {
				t.Errorf("docs/architecture.md names %s, and package %s does not declare %s", strings.Trim(m[0], "`"), m[1], name)
			}
		}
	}
	if named < 40 {
		t.Errorf("only %d names", named)
	}
}

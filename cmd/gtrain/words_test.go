package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// No line of the library names a flag: it is used by programs that have others, or none.
func TestLibraryNamesNoFlags(t *testing.T) {
	flag := regexp.MustCompile(`--[a-z]`)
	files := token.NewFileSet()
	read, literals := 0, 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			skip := []string{"cmd", "testdata", "ortcheck"} // ortcheck says what to type for npm
			for _, name := range skip {
				if d.Name() == name {
					return filepath.SkipDir
				}
			}
			if strings.HasPrefix(d.Name(), ".") && path != "../.." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		read++
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				literals++
				if flag.MatchString(lit.Value) {
					t.Errorf("%s: %s names a flag: name the setting, data.task, and what to set as data.task=regression",
						files.Position(lit.Pos()), lit.Value)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || read < 100 || literals < 1000 {
		t.Errorf("%d files and %d texts were read, %v", read, literals, err)
	}
}

func TestFlagsForSettings(t *testing.T) {
	in := &inputs{values: map[string]*flagValue{"split": {}}}
	for _, one := range []struct{ line, remedies, flags string }{
		{"more train.epochs or a higher train.lr", "more train.epochs or a higher train.lr", "more --epochs or a higher --lr"},
		{"say data.task=regression: or", "say --task regression: or", "say --task regression: or"},
		{"with (split=val and split=all take more)", "with (--split val and --split all take more)",
			"with (--split val and --split all take more)"},
		{`out=DIR and "data.task=x" and seed 7 of train.csv`, `--out DIR and "data.task=x" and seed 7 of train.csv`,
			`--out DIR and "data.task=x" and seed 7 of train.csv`},
		{"accuracy>=0.97 format=csv split", "accuracy>=0.97 format=csv split", "accuracy>=0.97 format=csv split"},
		{"train.min_delta=0.1 has no flag", "train.min_delta=0.1 has no flag", "train.min_delta=0.1 has no flag"},
	} {
		if got := in.remedies(one.line); got != one.remedies {
			t.Errorf("%q became %q, want %q", one.line, got, one.remedies)
		}
		if got := in.flags(one.line); got != one.flags {
			t.Errorf("%q became %q, want %q", one.line, got, one.flags)
		}
	}
}

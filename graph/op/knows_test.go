package op_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is what the files of package op declare.
type source struct {
	methods  map[string][]string // of each struct type
	embeds   map[string][]string // types in each struct, or interfaces in each interface
	file     map[string]string   // where a type is declared
	wants    map[string][]string // methods of each interface, those of embedded ones left out
	asserted map[string][]string // interfaces that a type is asserted to implement
	where    map[string]string   // file of the assertion
}

func parseOp(t *testing.T) *source {
	t.Helper()
	s := &source{map[string][]string{}, map[string][]string{}, map[string]string{}, map[string][]string{}, map[string][]string{}, map[string]string{}}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, d := range parseFile(t, name).Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil {
					r := typeName(d.Recv.List[0].Type)
					s.methods[r] = append(s.methods[r], d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					s.declare(name, spec)
				}
			}
		}
	}
	return s
}

func parseFile(t *testing.T, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (s *source) declare(file string, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		name := spec.Name.Name
		switch x := spec.Type.(type) {
		case *ast.StructType:
			s.file[name] = file
			for _, f := range x.Fields.List {
				if len(f.Names) == 0 {
					s.embeds[name] = append(s.embeds[name], typeName(f.Type))
				}
			}
		case *ast.InterfaceType:
			s.wants[name] = nil
			for _, f := range x.Methods.List {
				if len(f.Names) == 0 {
					s.embeds[name] = append(s.embeds[name], typeName(f.Type))
				}
				for _, n := range f.Names {
					s.wants[name] = append(s.wants[name], n.Name)
				}
			}
		}
	case *ast.ValueSpec:
		if spec.Names[0].Name != "_" || len(spec.Values) != 1 {
			return
		}
		lit, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok {
			return
		}
		of := typeName(lit.Type)
		s.where[of] = file
		if x, ok := spec.Type.(*ast.InterfaceType); ok {
			for _, f := range x.Methods.List {
				s.asserted[of] = append(s.asserted[of], typeName(f.Type))
			}
		} else {
			s.asserted[of] = append(s.asserted[of], typeName(spec.Type))
		}
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return ""
}

// has is the method set of a struct, promoted methods with it.
func (s *source) has(name string) map[string]bool {
	all := map[string]bool{}
	for _, m := range s.methods[name] {
		all[m] = true
	}
	for _, e := range s.embeds[name] {
		if s.file[e] != "" {
			for m := range s.has(e) {
				all[m] = true
			}
		}
	}
	return all
}

// needs are the methods of an interface.
func (s *source) needs(name string) []string {
	all := slices.Clone(s.wants[name])
	for _, e := range s.embeds[name] {
		all = append(all, s.needs(e)...)
	}
	return all
}

// implied tells whether interface a is embedded in b.
func (s *source) implied(a, b string) bool {
	return slices.ContainsFunc(s.embeds[b], func(e string) bool { return e == a || s.implied(a, e) })
}

// definitions are the types that describe an operation: they have a Bind.
func (s *source) definitions() (names []string) {
	for name := range s.file {
		if s.has(name)["Bind"] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// implements lists the interfaces that a type has all methods of, without those that are part of another one of them.
func (s *source) implements(name string) (list []string) {
	has := s.has(name)
	for i := range s.wants {
		needs := s.needs(i)
		if len(needs) > 0 && !slices.ContainsFunc(needs, func(m string) bool { return !has[m] }) {
			list = append(list, i)
		}
	}
	if has["Signature"] {
		list = slices.DeleteFunc(list, func(i string) bool { return i == "Binder" }) // a Definition is one
	}
	all := slices.Clone(list)
	list = slices.DeleteFunc(list, func(a string) bool {
		return slices.ContainsFunc(all, func(b string) bool { return s.implied(a, b) })
	})
	slices.Sort(list)
	return list
}

// Every type that describes an operation says in its file which optional interfaces it implements, and implements no other:
// the compiler checks that it does, this that nothing is left out and that nothing is implemented by accident, as by
// embedding.
func TestAssertions(t *testing.T) {
	s := parseOp(t)
	names := s.definitions()
	if len(names) < 60 {
		t.Fatalf("only %d operations found: %v", len(names), names)
	}
	for _, name := range names {
		want, got := s.implements(name), slices.Sorted(slices.Values(s.asserted[name]))
		if !slices.Equal(got, want) {
			text := "interface {\n\t" + strings.Join(want, "\n\t") + "\n}"
			if len(want) == 1 {
				text = want[0]
			}
			t.Errorf("%s: %s implements %v and says %v: write there\n\nvar _ %s = %s{}", s.file[name], name, want, got, text, name)
		} else if s.where[name] != s.file[name] {
			t.Errorf("%s: the assertion of %s stands in %s", s.file[name], name, s.where[name])
		}
	}
}

// knownElsewhere are type assertions on an operation outside of its own file that have to be, and why.
var knownElsewhere = map[string]string{}

// What an operation is, it says by interfaces and kinds: nobody outside of its file asks for its type.
func TestNoTypeSwitches(t *testing.T) {
	s := parseOp(t)
	defs := map[string]bool{}
	for _, d := range s.definitions() {
		defs[d] = true
	}
	used := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		in := filepath.Dir(path) == filepath.Join("..", "..", "graph", "op")
		for _, name := range assertedTypes(parseFile(t, path)) {
			name, outside := strings.CutPrefix(name, "op.")
			if outside == in || !defs[name] || in && s.file[name] == filepath.Base(path) {
				continue
			}
			at := strings.TrimPrefix(filepath.ToSlash(path), "../../") + ": " + name
			used[at] = true
			if knownElsewhere[at] == "" {
				t.Errorf("%s: an assertion on the type; ask for an interface or a kind", at)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for at := range knownElsewhere {
		if !used[at] {
			t.Errorf("%s is excepted and not there", at)
		}
	}
}

// assertedTypes are the types in type assertions, type switches and instances of functions: x.(T), case T, As[T].
func assertedTypes(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			if n.Type != nil {
				names = append(names, typeName(n.Type))
			}
		case *ast.TypeSwitchStmt:
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					names = append(names, typeName(e))
				}
			}
		case *ast.CallExpr:
			if i, ok := n.Fun.(*ast.IndexExpr); ok {
				names = append(names, typeName(i.Index))
			}
		}
		return true
	})
	return names
}

// The test finds what it is for.
func TestFindsTypeSwitches(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "", `package p
func f(x any) {
	_, _ = x.(op.A)
	switch x.(type) { case *B, op.C: }
	g[op.D](x)
}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(assertedTypes(f)); got != "[op.A B op.C op.D]" {
		t.Errorf("found %s", got)
	}
}

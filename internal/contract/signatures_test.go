package contract

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// public are the module's packages that other modules can import, commands aside.
func public(t *testing.T) []*types.Package {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./...")
	list.Dir = filepath.Join("..", "..")
	list.Stderr = os.Stderr
	text, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	export, paths := map[string]string{}, []string(nil)
	for line := range strings.Lines(string(text)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		export[path] = file
		if rest, ours := strings.CutPrefix(path, module+"/"); ours && !isInternal(path) &&
			!strings.HasPrefix(rest, "cmd/") && !strings.HasPrefix(rest, "benchmarks") {
			paths = append(paths, path)
		}
	}
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if export[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(export[path])
	})
	var out []*types.Package
	for _, path := range paths {
		if export[path] == "" { // tests alone
			continue
		}
		p, err := load.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func isInternal(path string) bool { return slices.Contains(strings.Split(path, "/"), "internal") }

// walk visits the named types that a user of a type can see: in signatures, exported fields and methods, constraints.
type walk struct {
	seen  map[types.Type]bool
	visit func(*types.TypeName)
}

func (w walk) object(o types.Object) {
	if name, ok := o.(*types.TypeName); ok {
		if alias, ok := name.Type().(*types.Alias); ok {
			w.typ(alias.Rhs(), o.Pkg())
			return
		}
		if named, ok := name.Type().(*types.Named); ok {
			w.inside(named)
		}
		return
	}
	w.typ(o.Type(), o.Pkg())
}

// inside goes through what a named type's users can reach.
func (w walk) inside(n *types.Named) {
	if w.seen[n] {
		return
	}
	w.seen[n] = true
	pkg := n.Obj().Pkg()
	w.params(n.TypeParams(), pkg)
	w.typ(n.Underlying(), pkg)
	methods := types.NewMethodSet(types.NewPointer(n))
	for i := range methods.Len() {
		if m := methods.At(i).Obj(); m.Exported() {
			w.typ(m.Type(), pkg)
		}
	}
}

func (w walk) params(list *types.TypeParamList, pkg *types.Package) {
	for i := range list.Len() {
		w.typ(list.At(i).Constraint(), pkg)
	}
}

func (w walk) tuple(list *types.Tuple, pkg *types.Package) {
	for i := range list.Len() {
		w.typ(list.At(i).Type(), pkg)
	}
}

func (w walk) typ(t types.Type, pkg *types.Package) {
	switch t := t.(type) {
	case *types.Named:
		if o := t.Obj(); o.Pkg() != nil {
			w.visit(o)
			if o.Pkg() == pkg && !o.Exported() { // what it shows is shown
				w.inside(t)
			}
		}
		for i := range t.TypeArgs().Len() {
			w.typ(t.TypeArgs().At(i), pkg)
		}
	case *types.Alias: // what it stands for is asked where it is declared
		if t.Obj().Pkg() != nil {
			w.visit(t.Obj())
		}
	case *types.Pointer:
		w.typ(t.Elem(), pkg)
	case *types.Slice:
		w.typ(t.Elem(), pkg)
	case *types.Array:
		w.typ(t.Elem(), pkg)
	case *types.Chan:
		w.typ(t.Elem(), pkg)
	case *types.Map:
		w.typ(t.Key(), pkg)
		w.typ(t.Elem(), pkg)
	case *types.Signature:
		w.params(t.TypeParams(), pkg)
		w.tuple(t.Params(), pkg)
		w.tuple(t.Results(), pkg)
	case *types.Struct:
		for i := range t.NumFields() {
			if f := t.Field(i); f.Exported() {
				w.typ(f.Type(), pkg)
			}
		}
	case *types.Interface:
		for i := range t.NumExplicitMethods() {
			if m := t.ExplicitMethod(i); m.Exported() {
				w.typ(m.Type(), pkg)
			}
		}
		for i := range t.NumEmbeddeds() {
			w.typ(t.EmbeddedType(i), pkg)
		}
	case *types.Union:
		for i := range t.Len() {
			w.typ(t.Term(i).Type(), pkg)
		}
	}
}

// Whoever imports this module cannot name a type of a package below internal/: none stands in a public signature, in a
// field or in a constraint.
func TestSignaturesNameNothingInternal(t *testing.T) {
	packages := public(t)
	if len(packages) < 10 {
		t.Fatalf("only %d packages", len(packages))
	}
	said := map[string]bool{}
	for _, p := range packages {
		for _, name := range p.Scope().Names() {
			o := p.Scope().Lookup(name)
			if !o.Exported() {
				continue
			}
			w := walk{map[types.Type]bool{}, func(n *types.TypeName) {
				line := fmt.Sprintf("%s.%s shows %s.%s, which nobody outside can name", p.Path(), name, n.Pkg().Path(), n.Name())
				if isInternal(n.Pkg().Path()) && strings.HasPrefix(n.Pkg().Path(), module) && !said[line] {
					said[line] = true
					t.Error(line)
				}
			}}
			w.object(o)
		}
	}
}

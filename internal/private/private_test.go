package private

import (
	"reflect"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// all are the layouts that a program has.
func all() map[string]*layout {
	out := map[string]*layout{}
	for _, r := range table {
		out[r.typ] = layoutOf(r.typ)
	}
	return out
}

// Gorgonia has what the table says.
func TestTableFits(t *testing.T) {
	for typ, l := range all() {
		if l.err != nil {
			t.Errorf("%s: %v", typ, l.err)
		}
	}
	if err := flagsErr(); err != nil {
		t.Error(err)
	}
}

// A field that has another name, a field of another kind and a type that is not there are each an error that names the
// version and what is missing, and errors of no other type.
func TestEveryRowIsChecked(t *testing.T) {
	types := map[string]reflect.Type{}
	for typ, l := range all() {
		types[typ] = l.typ
	}
	for i, r := range table {
		for what, broken := range map[string]row{
			"field no ": {r.typ, "no " + r.field, r.kind},
			"(chan)":    {r.typ, r.field, "chan"},
		} {
			rows := append([]row(nil), table...)
			rows[i] = broken
			for typ, l := range lookUp(rows, types) {
				if typ != r.typ {
					if l.err != nil {
						t.Errorf("%s.%s: %s: %v", r.typ, r.field, typ, l.err)
					}
					continue
				}
				for _, part := range []string{"gorgonia.org/gorgonia " + Version, what, "field", r.field, "gorgonia." + r.typ} {
					if l.err == nil || !strings.Contains(l.err.Error(), part) {
						t.Errorf("%s.%s: error %v, want one with %q", r.typ, r.field, l.err, part)
					}
				}
			}
		}
		fewer := map[string]reflect.Type{}
		for typ, to := range types {
			if typ != r.typ {
				fewer[typ] = to
			}
		}
		if err := lookUp(table, fewer)[r.typ].err; err == nil || !strings.Contains(err.Error(), "no type gorgonia."+r.typ) {
			t.Errorf("without type %s: %v", r.typ, err)
		}
	}
}

// What needs a field reports that it is missing, in place of a wrong answer.
func TestWhatNeedsAFieldSaysSo(t *testing.T) {
	ops := map[string]gorgonia.Op{}
	for _, n := range sample() {
		if typ, _, err := Of(n.Op()); err != nil {
			t.Error(err)
		} else {
			ops[typ] = n.Op()
		}
	}
	n := gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithName("x"), gorgonia.WithValue(1.0))
	gorgonia.WithGrad(0.0)(n)
	solvers := map[string]gorgonia.Solver{"RMSPropSolver": gorgonia.NewRMSPropSolver(), "AdamSolver": gorgonia.NewAdamSolver(),
		"VanillaSolver": gorgonia.NewVanillaSolver(), "Momentum": gorgonia.NewMomentum(), "AdamW": gorgonia.NewAdamW()}
	bn := func() gorgonia.Op {
		x := gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float64, 4, gorgonia.WithShape(2, 1, 2, 2), gorgonia.WithName("x"))
		_, _, _, o, err := gorgonia.BatchNorm(x, nil, nil, 0.9, 1e-5)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}()
	for _, r := range table {
		use := func() (err error) {
			switch {
			case r.typ == "Node" || r.typ == "dualValue":
				if r.field == "boundTo" || r.typ == "dualValue" {
					return Bind(n, n.Value())
				}
				return Err("Node")
			case r.typ == "tapeMachine" || r.typ == "program":
				_, err = Tape(NewTape())
			case solvers[r.typ] != nil:
				_, _, err = Rate(solvers[r.typ])
			case r.typ == "readOp":
				_, err = ReadTarget(ops[r.typ])
			case r.typ == "BatchNormOp":
				_, _, err = Of(bn)
			default:
				if ops[r.typ] == nil {
					t.Errorf("no operation of type %s was made", r.typ)
				}
				_, _, err = Of(ops[r.typ])
			}
			return err
		}
		if err := use(); err != nil {
			t.Errorf("%s.%s as it is: %v", r.typ, r.field, err)
		}
		restore := Break(r.typ, r.field)
		if err := use(); err == nil || !strings.Contains(err.Error(), r.field) {
			t.Errorf("%s.%s is missing: error %v", r.typ, r.field, err)
		}
		restore()
	}
}

// A missing field gives nothing rather than what lies in its place.
func TestNodesWithoutAField(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("x"))
	y := gorgonia.Must(gorgonia.Tanh(x))
	if len(Children(y)) != 1 || Children(y)[0] != x || Name(x) != "x" || Group(x) != "" || HasDual(x) {
		t.Errorf("%v %q %q", Children(y), Name(x), Group(x))
	}
	defer Break("Node", "children")()
	if Children(y) != nil || Name(x) != "x" {
		t.Error("children that are not there")
	}
}

func BenchmarkLookUp(b *testing.B) {
	for b.Loop() {
		lookUp(table, typesOf())
	}
}

package graphtest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func Grad(t testing.TB, n *gorgonia.Node) []float64 {
	t.Helper()
	g, err := n.Grad()
	if err != nil {
		t.Fatal(err)
	}
	return Numbers(t, g)
}

func Step(t testing.TB, s gorgonia.Solver, params ...*gorgonia.Node) {
	t.Helper()
	if err := s.Step(gorgonia.NodesToValueGrads(params)); err != nil {
		t.Fatal(err)
	}
}

func Second[A, B any](_ A, b B) B { return b }

func EqualOutputs(t testing.TB, what string, got, want [][]float64, tol float64) {
	t.Helper()
	for i := range want {
		Equal(t, fmt.Sprintf("%s, output %d", what, i), got[i], want[i], tol)
	}
}

func Narrow(f []float64) []float32 {
	r := make([]float32, len(f))
	for i, v := range f {
		r[i] = float32(v)
	}
	return r
}

func Widened(f []float32) []float64 {
	r := make([]float64, len(f))
	for i, v := range f {
		r[i] = float64(v)
	}
	return r
}

// SetBatch binds seeded data to the inputs of a network with a loss and to its target.
func SetBatch(t testing.TB, o *Net, target *gorgonia.Node, purpose string) {
	t.Helper()
	Let(t, o, RowsFor(o, purpose)...)
	rng := random.New(4, purpose)
	v := tensor.New(tensor.Of(target.Dtype()), tensor.WithShape(target.Shape()...))
	if v.Dtype() == tensor.Int {
		classes := o.Outputs[0].Shape()[1]
		for i := range v.Ints() {
			v.Ints()[i] = rng.IntN(classes)
		}
	} else {
		f := make([]float64, v.DataSize())
		for i := range f {
			f[i] = rng.Float64()
		}
		Fill(v, f)
	}
	if err := gorgonia.Let(target, v); err != nil {
		t.Fatal(err)
	}
}

func Run(t testing.TB, vm gorgonia.VM) {
	t.Helper()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// Numbers copies a value's elements.
func Numbers(t testing.TB, v gorgonia.Value) []float64 {
	t.Helper()
	switch d := v.(type) {
	case nil:
		t.Fatal("no value")
	case *tensor.Dense:
		c, err := op.Materialize(d)
		if err != nil {
			t.Fatal(err)
		}
		v = c
	}
	var r []float64
	switch d := v.Data().(type) {
	case float32:
		return []float64{float64(d)}
	case float64:
		return []float64{d}
	case bool:
		return numbersOf([]bool{d})
	case []float32:
		for _, x := range d {
			r = append(r, float64(x))
		}
	case []float64:
		return append(r, d...)
	case []int:
		for _, x := range d {
			r = append(r, float64(x))
		}
	case []bool:
		return numbersOf(d)
	default:
		t.Fatalf("value of %T", d)
	}
	return r
}

func numbersOf(b []bool) []float64 {
	r := make([]float64, len(b))
	for i, v := range b {
		if v {
			r[i] = 1
		}
	}
	return r
}

func Tolerance(dt tensor.Dtype) float64 {
	if dt == tensor.Float64 {
		return 1e-12
	}
	return 1e-5
}

// Equal fails the test where two lists differ by more than tol, relative to numbers above 1.
func Equal(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*math.Max(1, math.Abs(want[i]))) && got[i] != want[i] {
			t.Fatalf("%s, element %d: %.17g, want %.17g", what, i, got[i], want[i])
		}
	}
}

// RowsFor makes inputs for every input of a Pattern.
func RowsFor(net *Net, purpose ...string) [][]float64 {
	rng := random.New(3, purpose...)
	var rows [][]float64
	for _, in := range net.Inputs {
		f := make([]float64, in.Shape().TotalSize())
		for i := range f {
			f[i] = float64(float32(rng.NormFloat64()))
		}
		rows = append(rows, f)
	}
	return rows
}

// ReferenceOf is what the operations give one by one, each by its own Do.
func ReferenceOf(t testing.TB, net *Net, rows ...[]float64) (out [][]float64) {
	t.Helper()
	Let(t, net, rows...)
	all, err := Reference(net.Graph, net.Outputs)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range net.Outputs {
		out = append(out, Numbers(t, all[o]))
	}
	return out
}

// Let binds rows, row-major, to the inputs of a network.
func Let(t testing.TB, net *Net, rows ...[]float64) {
	t.Helper()
	for i, in := range net.Inputs {
		if err := gorgonia.Let(in, NewDense(in.Dtype(), rows[i], in.Shape()...)); err != nil {
			t.Fatal(err)
		}
	}
}

// WantError fails the test where an error does not hold all parts.
func WantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("error %v, want one that contains %q", err, p)
		}
	}
}

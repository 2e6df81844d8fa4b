package op_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Of every row of the table: what the kernels compute is Value, the derivative is that of Value, and the sentences are
// there.
func TestActivationTable(t *testing.T) {
	seen := map[string]bool{}
	for _, act := range op.Activations() {
		name := act.String()
		if seen[name] || name != strings.ToLower(name) || act.Formula() == "" {
			t.Errorf("%q: a name of its own in lower case, and a formula", name)
		}
		seen[name] = true
		slope, _ := act.HasSlope()
		if err := act.CheckSlope(slope); err != nil {
			t.Error(err)
		}
		for _, x := range []float64{-20, -3.5, -3.01, -2, -1, -0.3, -1e-3, 1e-3, 0.7, 1, 2.5, 2.99, 4, 19} {
			const h = 1e-4
			f := func(x float64) float64 { return act.Value(x, slope) }
			want := (8*(f(x+h)-f(x-h)) - (f(x+2*h) - f(x-2*h))) / (12 * h)
			if got := act.Derivative(x, slope); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: derivative at %g is %.12g, finite differences say %.12g", name, x, got, want)
			}
		}
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			checkLoops(t, act, slope, dt)
		}
	}
}

// checkLoops holds a program of the activation and its gradient against Value and Derivative; 40,000 elements are shared
// over the workers.
func checkLoops(t *testing.T, act op.Activation, slope float64, dt tensor.Dtype) {
	t.Helper()
	const n = 40_000
	g := gorgonia.NewGraph()
	at := make([]float64, n)
	for i := range at {
		at[i] = -9 + 18*float64(i)/n
	}
	v := tensor.New(tensor.Of(dt), tensor.WithShape(n))
	tol := 1e-14
	if dt == tensor.Float32 {
		tol = 3e-6
		for i := range at {
			at[i] = float64(float32(at[i]))
			v.Float32s()[i] = float32(at[i])
		}
	} else {
		copy(v.Float64s(), at)
	}
	x := gorgonia.NewVector(g, dt, gorgonia.WithName("x"), gorgonia.WithShape(n), gorgonia.WithValue(v))
	y := must(op.Activate(x, act, slope))
	cost := must(gorgonia.Sum(y))
	if _, err := gorgonia.Grad(cost, x); err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	grad, err := x.Grad()
	if err != nil {
		t.Fatal(err)
	}
	got, dx := floats64(t, y.Value()), floats64(t, grad)
	for i, x := range at {
		if want := act.Value(x, slope); math.Abs(got[i]-want) > tol*max(1, math.Abs(want)) {
			t.Fatalf("%v of %v: act(%g) = %.9g, want %.9g", act, dt, x, got[i], want)
		}
		if want := act.Derivative(x, slope); math.Abs(dx[i]-want) > 4*tol {
			t.Fatalf("%v of %v: derivative at %g is %.9g, want %.9g", act, dt, x, dx[i], want)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		if err := p.RunAll(); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v of %v: a run allocates %v times", act, dt, n)
	}
}

func floats64(t *testing.T, v gorgonia.Value) []float64 {
	t.Helper()
	if f, err := op.Floats[float64](v); err == nil {
		return f
	}
	f, err := op.Floats[float32](v)
	if err != nil {
		t.Fatal(err)
	}
	wide := make([]float64, len(f))
	for i, x := range f {
		wide[i] = float64(x)
	}
	return wide
}

// One's own activation does what one of ours does: alone, in a layer, in a program that differentiates it.
func TestOwnActivation(t *testing.T) {
	swish, err := op.NewActivation(op.Nonlinearity{
		Name:       "swish",
		Value:      func(x, b float64) float64 { return x / (1 + math.Exp(-b*x)) },
		Derivative: func(x, b float64) float64 { s := 1 / (1 + math.Exp(-b*x)); return s * (1 + b*x*(1-s)) },
		Slope:      &op.SlopeRange{Default: 1, Min: 0.1, Below: 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		checkLoops(t, swish, 1, dt)
	}
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(3, 2))
	if _, err := op.Activate(x, swish, 11); err == nil || !strings.Contains(err.Error(), "swish: slope 11 is outside [0.1, 10)") {
		t.Errorf("a slope outside its range: %v", err)
	}
	if other, _ := op.NewActivation(*swish.Def()); other == swish {
		t.Error("two activations are one")
	}
}

func TestNewActivationErrors(t *testing.T) {
	f := func(x, _ float64) float64 { return x }
	for want, n := range map[string]op.Nonlinearity{
		"it has no name":                       {Value: f, Derivative: f},
		"Value is missing":                     {Name: "own", Derivative: f},
		"give Derivative or FromOutput":        {Name: "own", Value: f},
		"one of the two":                       {Name: "own", Value: f, Derivative: f, FromOutput: f},
		`"relu": there is one of that name`:    {Name: "relu", Value: f, Derivative: f},
		`"rectify": there is one of that name`: {Name: "rectify", Value: f, Derivative: f},
		"the default slope 2 is outside":       {Name: "own", Value: f, Derivative: f, Slope: &op.SlopeRange{Default: 2, Below: 1}},
	} {
		if _, err := op.NewActivation(n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that contains %q", err, want)
		}
	}
}

package graph

import (
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A program that is fed reads what it was fed, whatever else is bound anew meanwhile, and goes back to the node's value.
func TestFeed(t *testing.T) {
	m, cost := plainClassifier(t, tensor.Float64)
	if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph, Outputs(cost))
	x, w := m.Net.Inputs[0], m.Net.Params[0]
	own := x.Value()
	roots := gorgonia.Nodes{cost, w.Deriv()}
	var fed []gorgonia.Value
	for range 3 {
		fed = append(fed, newDense(tensor.Float64, m.Floats(x.Shape().TotalSize()), x.Shape()...))
	}
	// check runs the program, and the reference with the same value bound.
	check := func(what string, v gorgonia.Value) {
		t.Helper()
		if v != nil {
			if err := gorgonia.Let(x, v); err != nil {
				t.Fatal(err)
			}
		}
		want, err := reference(m.Net.Graph, roots)
		if err != nil {
			t.Fatal(err)
		}
		if err := gorgonia.Let(x, own); err != nil {
			t.Fatal(err)
		}
		if err := p.Feed(x, v); err != nil {
			t.Fatal(err)
		}
		run(t, p)
		equal(t, what+": cost", numbers(t, cost.Value()), numbers(t, want[cost]), 1e-13)
		equal(t, what+": gradient", grad(t, w), numbers(t, want[w.Deriv()]), 1e-13)
	}
	check("own", nil)
	for range 3 {
		check("first", fed[0])
		check("second", fed[1])
	}
	check("third", fed[2])
	for k := range 4 { // another weight between turns
		if err := gorgonia.Let(w, newDense(tensor.Float64, m.Floats(w.Shape().TotalSize()), w.Shape()...)); err != nil {
			t.Fatal(err)
		}
		check("after a new weight", fed[k%2])
		check("in turn after a new weight", fed[1-k%2])
	}
	check("own again", nil)
}

func TestFeedAllocatesNothing(t *testing.T) {
	m, cost := plainClassifier(t, tensor.Float32)
	if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
		t.Fatal(err)
	}
	p := compile(t, m.Net.Graph, Outputs(cost))
	x := m.Net.Inputs[0]
	other := newDense(tensor.Float32, m.Floats(x.Shape().TotalSize()), x.Shape()...)
	step := func() {
		for _, v := range []gorgonia.Value{other, nil} {
			if err := p.Feed(x, v); err != nil {
				t.Fatal(err)
			}
			run(t, p)
		}
	}
	step()
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("two steps in turn allocate %v times", n)
	}
}

func TestFeedErrors(t *testing.T) {
	m, cost := plainClassifier(t, tensor.Float64)
	p := compile(t, m.Net.Graph, Outputs(cost))
	x := m.Net.Inputs[0]
	if err := p.Feed(cost, x.Value()); err == nil || !strings.Contains(err.Error(), "is not an input of the program") {
		t.Errorf("a computed node: %v", err)
	}
	for what, v := range map[string]gorgonia.Value{
		"rows":  newDense(tensor.Float64, m.Floats(12), 1, 12),
		"dtype": newDense(tensor.Float32, m.Floats(16*12), 16, 12),
	} {
		if err := p.Feed(x, v); err != nil {
			t.Fatal(err)
		}
		if err := p.RunAll(); err == nil || !strings.Contains(err.Error(), `input "x" is bound to`) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := p.Feed(x, nil); err != nil {
		t.Fatal(err)
	}
	run(t, p)
}

// What a given node is computed from is neither needed nor computed.
func TestGiven(t *testing.T) {
	m := newMaker(t, tensor.Float64, "given")
	x := m.Input("x", 5, 4)
	h := must(gorgonia.Tanh(m.Plain(x, "one", 3)))
	y := m.Plain(h, "two", 2)
	cost := must(gorgonia.Mean(must(gorgonia.Square(y))))
	w := m.Net.Params[2] // of the second layer
	if _, err := gorgonia.Grad(cost, w); err != nil {
		t.Fatal(err)
	}
	want, err := reference(m.Net.Graph, gorgonia.Nodes{cost, w.Deriv(), h})
	if err != nil {
		t.Fatal(err)
	}
	hidden := newDense(tensor.Float64, numbers(t, want[h]), h.Shape()...)
	p := compile(t, m.Net.Graph, Outputs(cost), Given(h))
	if s := ops(p); strings.Contains(s, "anh") {
		t.Errorf("the given node is computed: %s", s)
	}
	if err := p.Feed(x, hidden); err == nil {
		t.Error("what a given node is computed from is an input still")
	}
	if err := p.Feed(h, hidden); err != nil {
		t.Fatal(err)
	}
	run(t, p)
	equal(t, "cost", numbers(t, cost.Value()), numbers(t, want[cost]), 1e-13)
	equal(t, "gradient", grad(t, w), numbers(t, want[w.Deriv()]), 1e-13)
}

// A given node that nobody fed is named, with what to do.
func TestGivenIsNotFed(t *testing.T) {
	m := newMaker(t, tensor.Float64, "not fed")
	h := must(gorgonia.Tanh(m.Plain(m.Input("x", 5, 4), "one", 3)))
	cost := must(gorgonia.Mean(must(gorgonia.Square(h))))
	err := compile(t, m.Net.Graph, Outputs(cost), Given(h)).RunAll()
	if !errors.Is(err, ErrNoValue) || !strings.Contains(err.Error(), "Program.Feed") {
		t.Errorf("error %v", err)
	}
}

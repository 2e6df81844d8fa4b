package models

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gtrain/gtrain/graph"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A graph of every way to branch computes what its layers say: two inputs, a split, a residual sum, a product, a
// concatenation, two outputs.
func TestGraph(t *testing.T) {
	ones := WithInit(constant(t, 1))
	spec := Graph([]Layer{
		Input(4), // a b c d
		{Kind: KindInput, Units: 2, Name: "side"}, // e f
		Split([]int{1, 3}, From("input"), Named("cut")),
		Dense(2, ones, From("cut.1"), Named("sum")), // b+c+d twice
		Add([]string{"sum", "side", "sum"}, ReLU),   // max(2(b+c+d)+e, 0), max(2(b+c+d)+f, 0)
		Multiply([]string{"add1", "side"}),          // ·e, ·f
		Concat([]string{"multiply1", "cut.0"}),      // …, a
		Dense(1, ones, Named("total")),
	}, "total", "add1")
	net := build(t, spec, Options{Seed: 1, Dtype: tensor.Float64})
	if len(net.Inputs) != 2 || net.Inputs[1].Name() != "side" || len(net.Outputs) != 2 {
		t.Fatalf("inputs %v, outputs %v", net.Inputs, net.Outputs)
	}
	for i, x := range [][]float64{{1, 2, 3, 4}, {-1, -20}} {
		if err := gorgonia.Let(net.Inputs[i], tensor.New(tensor.WithShape(1, len(x)), tensor.WithBacking(x))); err != nil {
			t.Fatal(err)
		}
	}
	vm := graph.NewMachine(net.Graph)
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{-17 + 1}, {17, 0}} {
		if diff := cmp.Diff(want, net.Outputs[i].Value().Data(), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("output %d: %s", i, diff)
		}
	}
}

// A list without names is the graph in which each layer reads the one before.
func TestSequentialIsAGraph(t *testing.T) {
	stack := Sequential(Input(4), Dense(3, ReLU), Dense(2))
	same := Graph([]Layer{Input(4), Dense(3, ReLU, From("input")), Dense(2, From("dense1"))}, "dense2")
	if diff := cmp.Diff(weights(t, build(t, stack, Options{Seed: 2})), weights(t, build(t, same, Options{Seed: 2}))); diff != "" {
		t.Error(diff)
	}
}

func TestWrongNames(t *testing.T) {
	for _, c := range []struct {
		want string
		spec Spec
	}{
		{`layer 3 (dense dense1): two layers are called "dense1"`, Sequential(Input(3), Dense(2), Dense(2, Named("dense1")))},
		{`layer 2 (dense input): two layers are called "input"`, Sequential(Input(3), Dense(2, Named("input")))},
		{`layer 3 (dense): inputs: unknown earlier layer "dens1": did you mean "dense1"`,
			Sequential(Input(3), Dense(2), Dense(2, From("dens1")))},
		{`inputs: unknown earlier layer "dense2"`, Sequential(Input(3), Dense(2, From("dense2")), Dense(2))},
		{`inputs: unknown earlier layer "dense1"`, Sequential(Input(3), Dense(2, From("dense1")))},
		{`unknown earlier layer "split1.2"`, Sequential(Input(3), Split([]int{1, 2}), Dense(2, From("split1.2")))},
		{`inputs: "split1" has 2 parts; name one of them: split1.0`, Sequential(Input(3), Split([]int{1, 2}), Dense(2))},
		{`outputs: "split1" has 2 parts`, Sequential(Input(3), Split([]int{1, 2}))},
		{`two layers are called "a.0"`, Sequential(Input(3), Dense(3, Named("a.0")), Split([]int{1, 2}, Named("a")))},
		{`layer 3 (add): 1 inputs: name two layers or more`, Sequential(Input(3), Dense(3), Add([]string{"input"}))},
		{`0 inputs: name two`, Sequential(Input(3), Layer{Kind: KindConcat})},
		{`2 inputs: a layer of this kind reads 1`, Sequential(Input(3), Dense(3, From("input", "input")))},
		{`has no inputs`, Sequential(Layer{Kind: KindInput, Units: 3, Inputs: []string{"a"}}, Dense(3))},
		{`its inputs are (N, 2) and (N, 3): their shapes must be the same`,
			Sequential(Input(3), Dense(2), Add([]string{"dense1", "input"}))},
		{`its inputs are (N, 2, 3) and (N, 6): they may differ in axis 1 alone`,
			Sequential(Input(6), Reshape(2, 3), Concat([]string{"reshape1", "input"}))},
		{`outputs: unknown earlier layer "dense9"`, Graph([]Layer{Input(3), Dense(2)}, "dense9")},
		{`outputs: "dense1" is named twice`, Graph([]Layer{Input(3), Dense(2)}, "dense1", "dense1")},
	} {
		_, err := c.spec.Build(Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that contains %q", err, c.want)
		}
	}
}

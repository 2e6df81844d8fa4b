package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// let binds a slice, or a value, to a node.
func let(t *testing.T, n *gorgonia.Node, v any) {
	t.Helper()
	if err := gorgonia.UnsafeLet(n, v); err != nil {
		t.Fatal(err)
	}
}

// A slice that gorgonia.UnsafeLet binds to other bounds between runs is followed.
func TestSliceBoundAnew(t *testing.T) {
	for name, program := range map[string]func(w *witness){
		"a row": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			row := must(gorgonia.Slice(m.Node("x", 3, 2), gorgonia.S(0)))
			vm := w.on(m.Net.Graph)
			for i := range 3 {
				let(w.t, row, gorgonia.S(i))
				w.run(vm)
				w.value(row)
			}
		},
		"a batch of rows, and what depends on it": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			batch := must(gorgonia.Slice(m.Node("x", 8, 3), gorgonia.S(0, 2)))
			y := must(gorgonia.Tanh(must(gorgonia.Mul(batch, m.Node("w", 3, 4)))))
			vm := w.on(m.Net.Graph)
			for _, from := range []int{0, 2, 6, 4, 0} {
				let(w.t, batch, gorgonia.S(from, from+2))
				w.run(vm)
				w.value(y)
			}
		},
		"before the first run": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			row := must(gorgonia.Slice(m.Node("x", 3, 2), gorgonia.S(0)))
			let(w.t, row, gorgonia.S(2))
			w.run(w.on(m.Net.Graph))
			w.value(row)
		},
		"a column": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			col := must(gorgonia.Slice(m.Node("x", 4, 5), nil, gorgonia.S(1)))
			s := must(gorgonia.Sum(must(gorgonia.Square(col))))
			vm := w.on(m.Net.Graph)
			for i := range 5 {
				let(w.t, col, gorgonia.S(i))
				w.run(vm)
				w.value(col)
				w.value(s)
			}
		},
		"one label's probability, with its gradient": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			p := must(gorgonia.SoftMax(must(gorgonia.Mul(m.Node("x", 3), m.Param("w", 3, 4)))))
			loss := must(gorgonia.Neg(must(gorgonia.Log(must(gorgonia.Slice(p, gorgonia.S(0)))))))
			target := op.Children(op.Children(loss)[0])[0]
			if _, err := gorgonia.Grad(loss, m.Net.Params...); err != nil {
				w.t.Fatal(err)
			}
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(m.Net.Params...))
			for _, label := range []int{0, 3, 1, 1, 2} {
				let(w.t, target, gorgonia.S(label))
				w.run(vm)
				w.value(loss)
				w.grad(m.Net.Params[0])
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1)), m.Net.Params...)
			}
			w.value(m.Net.Params[0])
		},
		"slices that were equal and are not": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, y := m.Node("x", 4, 2), m.Node("y", 4, 2)
			a, b := must(gorgonia.Slice(x, gorgonia.S(1))), must(gorgonia.Slice(y, gorgonia.S(1)))
			d := must(gorgonia.Sub(a, b))
			vm := w.on(m.Net.Graph)
			w.run(vm)
			w.value(d)
			let(w.t, b, gorgonia.S(3))
			w.run(vm)
			w.value(d)
			let(w.t, a, gorgonia.S(0))
			w.run(vm)
			w.value(d)
		},
		"two slices of one tensor whose gradients are joined": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 6, 2)
			a, b := must(gorgonia.Slice(x, gorgonia.S(0, 2))), must(gorgonia.Slice(x, gorgonia.S(4, 6)))
			cost := must(gorgonia.Sum(must(gorgonia.HadamardProd(must(gorgonia.Square(a)), b))))
			if _, err := gorgonia.Grad(cost, x); err != nil {
				w.t.Fatal(err)
			}
			vm := w.on(m.Net.Graph)
			for _, at := range []int{0, 1, 2, 4} {
				let(w.t, a, gorgonia.S(at, at+2))
				w.run(vm)
				w.value(cost)
				w.grad(x)
			}
		},
		"a slice of a constant": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			table := m.Net.Graph.Constant(newDense(tensor.Float64, m.Floats(8), 4, 2))
			y := must(gorgonia.Add(must(gorgonia.Slice(table, gorgonia.S(0))), m.Node("x", 2)))
			row := op.Children(y)[0]
			vm := w.on(y.Graph())
			for i := range 4 {
				let(w.t, row, gorgonia.S(i))
				w.run(vm)
				w.value(y)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

// A Program with outputs follows slices too, without compiling again for a slice that moved before.
func TestProgramFollowsSlices(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Node("x", 4, 3)
	row := must(gorgonia.Slice(x, gorgonia.S(0)))
	y := must(gorgonia.Neg(row))
	p := compile(t, m.Net.Graph, Outputs(y))
	all := numbers(t, x.Value())
	for _, i := range []int{2, 0, 3, 3, 1} {
		let(t, row, gorgonia.S(i))
		run(t, p)
		for k, v := range numbers(t, y.Value()) {
			if v != -all[3*i+k] {
				t.Errorf("row %d: element %d is %v, want %v", i, k, v, -all[3*i+k])
			}
		}
	}
	first := p.instrs[0]
	let(t, row, gorgonia.S(2))
	run(t, p)
	if p.instrs[0] != first {
		t.Error("a slice that moved before made the program be compiled again")
	}
}

// Bounds of another length do not fit the graph.
func TestSliceOfAnotherLength(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	part := must(gorgonia.Slice(m.Node("x", 6, 2), gorgonia.S(0, 2)))
	gorgonia.WithName("part")(part)
	vm := NewMachine(m.Net.Graph)
	run(t, vm)
	let(t, part, gorgonia.S(0, 3))
	err := vm.RunAll()
	for _, want := range []string{`node "part"`, "[0:3]", "(2, 2)", "keep the length"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	let(t, part, gorgonia.S(4, 6))
	run(t, vm)
	if got := fmt.Sprint(part.Value().Shape()); got != "(2, 2)" {
		t.Errorf("shape %s after the error", got)
	}
}
